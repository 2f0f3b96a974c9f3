//! JSON values and Python objects, by way of Python's own `json` module.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::errors::{Failure, bad_argument};

/// Anything serialisable as dicts, lists and scalars.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    let text = serde_json::to_string(value)
        .map_err(|e| crate::errors::exception(py, &dropoff::Error::internal(&e.to_string())))?;
    py.import("json")?.call_method1("loads", (text,))
}

/// A mapping as a JSON object; `what` names the argument in the message.
pub(crate) fn object(value: &Bound<'_, PyAny>, what: &str) -> Result<Map<String, Value>, Failure> {
    let py = value.py();
    let wrong = |why: String| bad_argument(&format!("{what} must be a mapping that JSON can hold: {why}"));
    let strict = PyDict::new(py);
    strict.set_item("allow_nan", false)?;
    let text = py.import("json")?.call_method("dumps", (value,), Some(&strict));
    let text: String = text.map_err(|e| wrong(e.value(py).to_string()))?.extract()?;
    serde_json::from_str(&text).map_err(|_| wrong(format!("{} is none", value.get_type())))
}

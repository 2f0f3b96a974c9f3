//! JSON values and Python objects. Not by way of Python's `json` module: its code would run above Rust's,
//! on a thread that Python may be about to end (see `reader`).

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple};
use serde::Serialize;
use serde_json::{Map, Number, Value};

use crate::errors::{Failure, bad_argument};
use crate::inputs::{self, type_name};

/// Deeper than any real data, and far from the end of the stack.
const DEEPEST: usize = 100;

/// Anything serialisable as dicts, lists and scalars.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    let value = serde_json::to_value(value)
        .map_err(|e| crate::errors::exception(py, &dropoff::Error::internal(&e.to_string())))?;
    build(py, &value)
}

fn build<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Null => Ok(py.None().into_bound(py)),
        Value::Bool(b) => b.into_bound_py_any(py),
        Value::String(text) => text.into_bound_py_any(py),
        Value::Number(n) => match (n.as_u64(), n.as_i64()) {
            (Some(n), _) => n.into_bound_py_any(py),
            (_, Some(n)) => n.into_bound_py_any(py),
            _ => n.as_f64().into_bound_py_any(py),
        },
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(build(py, item)?)?;
            }
            Ok(list.into_any())
        }
        Value::Object(map) => {
            let dict = PyDict::new(py);
            for (name, item) in map {
                dict.set_item(name, build(py, item)?)?;
            }
            Ok(dict.into_any())
        }
    }
}

/// A mapping as a JSON object; `what` names the argument in the message.
pub(crate) fn object(value: &Bound<'_, PyAny>, what: &str) -> Result<Map<String, Value>, Failure> {
    let wrong = |why: String| bad_argument(&format!("{what} must be a mapping that JSON can hold: {why}"));
    match read(value, 0) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(wrong(format!("{} is none", type_name(value)))),
        Err(why) => Err(wrong(why)),
    }
}

/// Text as it is, and a mapping as the text of a JSON object; `what` names the argument in the message.
pub(crate) fn text(value: &Bound<'_, PyAny>, what: &str) -> Result<String, Failure> {
    if value.is_instance_of::<PyString>() {
        return inputs::text(value, what).map(str::to_owned);
    }
    object(value, what).map(|map| Value::Object(map).to_string())
}

fn read(value: &Bound<'_, PyAny>, depth: usize) -> Result<Value, String> {
    if depth > DEEPEST {
        return Err(format!("it is more than {DEEPEST} levels deep"));
    }
    let text = |value: &Bound<'_, PyAny>| {
        value.extract::<String>().map_err(|_| "a text holds characters UTF-8 cannot hold".to_owned())
    };
    if value.is_none() {
        Ok(Value::Null)
    } else if let Ok(truth) = value.cast::<PyBool>() {
        Ok(Value::Bool(truth.is_true()))
    } else if value.is_instance_of::<PyString>() {
        text(value).map(Value::String)
    } else if value.is_instance_of::<PyInt>() {
        let number =
            value.extract::<i64>().map(Number::from).or_else(|_| value.extract::<u64>().map(Number::from));
        number.map(Value::Number).map_err(|_| "a number has more than 64 bits".to_owned())
    } else if value.is_instance_of::<PyFloat>() {
        let number = value.extract::<f64>().ok().and_then(Number::from_f64);
        number.map(Value::Number).ok_or_else(|| "a number is not finite".to_owned())
    } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let items = value.try_iter().map_err(|e| e.to_string())?;
        items
            .map(|item| read(&item.map_err(|e| e.to_string())?, depth + 1))
            .collect::<Result<_, _>>()
            .map(Value::Array)
    } else if let Ok(mapping) = value.cast::<PyMapping>() {
        let mut map = Map::new();
        for pair in mapping.items().map_err(|e| e.to_string())? {
            let (name, item) =
                pair.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>().map_err(|e| e.to_string())?;
            if !name.is_instance_of::<PyString>() {
                return Err(format!("a name is {}, not str", type_name(&name)));
            }
            map.insert(text(&name)?, read(&item, depth + 1)?);
        }
        Ok(Value::Object(map))
    } else {
        Err(format!("Object of type {} is not JSON serializable", type_name(value)))
    }
}

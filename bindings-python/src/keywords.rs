//! The keyword arguments of a call that has many, read by name. It refuses what Python itself would refuse,
//! in Python's words, and knows no call and no type.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// What a caller gave, each by its name.
pub(crate) struct Keywords<'py>(Option<Bound<'py, PyDict>>);

impl<'py> Keywords<'py> {
    /// # Errors
    /// `TypeError`: one of the `required` is missing, or one that was given is not among the `known`.
    pub(crate) fn of(
        call: &str,
        given: Option<Bound<'py, PyDict>>,
        required: &[&str],
        known: &[&str],
    ) -> PyResult<Self> {
        for name in given.iter().flatten().map(|(name, _)| name) {
            let name = name.cast::<PyString>()?.to_str()?;
            if !known.contains(&name) && !required.contains(&name) {
                let text = format!("{call}() got an unexpected keyword argument '{name}'");
                return Err(PyTypeError::new_err(text));
            }
        }
        let keywords = Self(given);
        let mut missing = Vec::new();
        for name in required {
            if keywords.given(name)?.is_none() {
                missing.push(*name);
            }
        }
        if missing.is_empty() { Ok(keywords) } else { Err(PyTypeError::new_err(all_missing(call, &missing))) }
    }

    /// The value as it was given, `None` included.
    pub(crate) fn given(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.as_ref().map_or(Ok(None), |given| given.get_item(name))
    }

    /// The value; `None` is "not given".
    pub(crate) fn get(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.given(name)?.filter(|value| !value.is_none()))
    }
}

fn all_missing(call: &str, names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    let (listed, plural) = match quoted.as_slice() {
        [one] => (one.clone(), ""),
        [most @ .., last] => (format!("{} and {last}", most.join(", ")), "s"),
        [] => (String::new(), "s"),
    };
    format!("{call}() missing {} required keyword-only argument{plural}: {listed}", names.len())
}

//! What tools for agents share with those of other languages. The tools themselves are Python
//! (`dropoff/tools/`).

use std::ffi::OsString;
use std::path::PathBuf;

use dropoff::tools;
use pyo3::prelude::*;

use crate::errors::guarded;

/// The description of all tools, as JSON text.
#[pyfunction]
pub(crate) fn _tools_description() -> &'static str {
    tools::DESCRIPTION
}

/// A model's arguments as JSON text, compared with the schema.
#[pyfunction]
pub(crate) fn _tool_arguments(tool: &str, schema: &str, given: &str) -> PyResult<String> {
    guarded(|| Ok(tools::checked_arguments(tool, schema, given)?))
}

/// One of the description's sentences.
#[pyfunction]
pub(crate) fn _tool_sentence(which: &str, values: Vec<(String, String)>) -> String {
    let values: Vec<_> = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    tools::sentence(which, &values)
}

/// The folders and files that a model may name.
#[pyclass(frozen, module = "dropoff._native")]
pub(crate) struct _ToolRoots(tools::Roots);

#[pymethods]
impl _ToolRoots {
    #[new]
    fn new(roots: Vec<PathBuf>) -> PyResult<Self> {
        guarded(|| Ok(Self(tools::Roots::new(roots)?)))
    }

    /// The name that a recipient sees, and the path.
    fn find(&self, given: &str) -> PyResult<(String, OsString)> {
        guarded(|| {
            let found = self.0.find(given)?;
            Ok((found.name, found.path.into_os_string()))
        })
    }
}

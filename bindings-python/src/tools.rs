//! What tools for agents share with those of other languages. The tools themselves are Python
//! (`dropoff/tools/`).

use std::path::PathBuf;

use dropoff::tools;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

use crate::errors::guarded;
use crate::job::Job;
use crate::results::ToPython;

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

    /// Looks for files, which a mount may keep waiting: of each the name that a recipient sees, and the path.
    fn start_find(&self, py: Python<'_>, given: Vec<String>) -> PyResult<Job> {
        Job::start(py, None, |_| Ok(self.0.start_find(given)?))
    }
}

impl ToPython for tools::AllowedFile {
    fn to_python(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        (&self.name, self.path.as_os_str()).into_py_any(py)
    }
}

//! `Storage`: presigned targets that some other program asked for.

use dropoff::{PostForm, Put};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::guarded;
use crate::job::Job;
use crate::{inputs, options};

/// Uploads to presigned targets that some other program asked for.
#[pyclass(frozen, module = "dropoff")]
pub(crate) struct Storage(dropoff::Storage);

#[pymethods]
impl Storage {
    #[new]
    #[pyo3(signature = (**options))]
    fn new(options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        guarded(|| Ok(Self(dropoff::Storage::new(options::options(options)?))))
    }

    /// Sends a source with a presigned PUT. put() waits until storage has it.
    #[pyo3(signature = (url, source, *, headers=None, timeout=None, on_progress=None))]
    fn start_put(
        &self,
        py: Python<'_>,
        url: inputs::Text,
        source: &Bound<'_, PyAny>,
        headers: Option<&Bound<'_, PyAny>>,
        timeout: Option<&Bound<'_, PyAny>>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Job> {
        Job::start(py, on_progress, |streams| {
            let mut request = Put::new(url.0, inputs::source(source, streams)?);
            for (name, value) in headers.map_or(Ok(Vec::new()), |h| inputs::pairs(h, "headers"))? {
                request = request.header(name, value);
            }
            if let Some(limit) = inputs::timeout(timeout)? {
                request = request.timeout(limit);
            }
            Ok(self.0.start_put(request)?)
        })
    }

    /// Sends a source with a presigned POST form. post_form() waits until storage has it.
    #[pyo3(signature = (url, fields, source, *, file_name="file", timeout=None, on_progress=None))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python call")]
    fn start_post_form(
        &self,
        py: Python<'_>,
        url: inputs::Text,
        fields: &Bound<'_, PyAny>,
        source: &Bound<'_, PyAny>,
        file_name: &str,
        timeout: Option<&Bound<'_, PyAny>>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Job> {
        Job::start(py, on_progress, |streams| {
            let fields = inputs::pairs(fields, "fields")?;
            let mut request =
                PostForm::new(url.0, fields, inputs::source(source, streams)?).file_name(file_name);
            if let Some(limit) = inputs::timeout(timeout)? {
                request = request.timeout(limit);
            }
            Ok(self.0.start_post_form(request)?)
        })
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

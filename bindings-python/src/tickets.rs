//! Tickets: the presigned targets of a call done step by step. They print no secret.

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::json;
use crate::results::ToPython;

/// Pickles end up in files and queues.
fn holds_secrets() -> PyErr {
    PyTypeError::new_err(
        "a ticket holds secrets, so it cannot be pickled or copied; keep using this one, or send what reveal() gives",
    )
}

/// A reserved profile and the presigned form to send its archive with.
#[pyclass(frozen, module = "dropoff")]
pub(crate) struct ProfileTicket(pub(crate) dropoff::ProfileTicket);

#[pymethods]
impl ProfileTicket {
    /// The reserved id; give it to HCompany.complete_upload.
    #[getter]
    fn profile_id(&self) -> &str {
        self.0.profile_id()
    }

    /// Seconds in which an upload may still start.
    #[getter]
    fn expires_in(&self) -> f64 {
        self.0.expires_in().as_secs_f64()
    }

    /// The service's reply, secrets included. Do not log it.
    fn reveal(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(json::to_python(py, &self.0.reveal())?.unbind())
    }
    fn __reduce__(&self) -> PyResult<()> {
        Err(holds_secrets())
    }
    fn __repr__(&self) -> String {
        format!("ProfileTicket(profile_id='{}', expires_in={:.0})", self.profile_id(), self.expires_in())
    }
}

/// A pending transfer and its presigned URLs.
#[pyclass(frozen, module = "dropoff")]
pub(crate) struct TransferTicket(pub(crate) dropoff::TransferTicket);

#[pymethods]
impl TransferTicket {
    /// The transfer's id; give it to AgentDrop.confirm.
    #[getter]
    fn id(&self) -> &str {
        self.0.id()
    }

    /// When the service says its URLs expire, RFC 3339.
    #[getter]
    fn expires_at(&self) -> Option<&str> {
        self.0.expires_at()
    }

    /// The service's reply, secrets included. Do not log it.
    fn reveal(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(json::to_python(py, &self.0.reveal())?.unbind())
    }
    fn __reduce__(&self) -> PyResult<()> {
        Err(holds_secrets())
    }
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (id, expires_at) = (self.id().into_py_any(py)?, self.expires_at().into_py_any(py)?);
        Ok(format!("TransferTicket(id={}, expires_at={})", id.bind(py).repr()?, expires_at.bind(py).repr()?))
    }
}

impl ToPython for dropoff::ProfileTicket {
    fn to_python(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        ProfileTicket(self.clone()).into_py_any(py)
    }
}

impl ToPython for dropoff::TransferTicket {
    fn to_python(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        TransferTicket(self.clone()).into_py_any(py)
    }
}

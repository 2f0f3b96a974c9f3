//! Core errors, and panics of ours, as Python exceptions. The classes are written in
//! `dropoff/_errors.py`; this file hands the facts over.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dropoff::{Error, ErrorKind, RESOURCE_KINDS};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString, PyType};

/// What a call can end with: an error of the core, or an exception that Python code raised.
pub(crate) enum Failure {
    Core(Error),
    Python(PyErr),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Core(error) => Python::attach(|py| exception(py, &error)),
            Failure::Python(error) => error,
        }
    }
}

/// An argument that could not be converted; `message` names it and says what it may be.
pub(crate) fn bad_argument(message: &str) -> Failure {
    Failure::Core(Error::bad_argument(message))
}

/// The exception for a core error.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    // Failing to build it is an exception too, such as a missing module.
    build(py, error).unwrap_or_else(|e| e)
}

/// The error for a keyword argument that there is none of, which is a `TypeError` to Python too.
pub(crate) fn unknown_option(py: Python<'_>, error: &Error) -> Failure {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS.import(py, "dropoff._errors", "UnknownOptionError");
    Failure::Python(class.and_then(|class| build_as(class.clone(), py, error)).unwrap_or_else(|e| e))
}

fn build(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    build_as(class_of(py, error)?, py, error)
}

fn build_as(class: Bound<'_, PyType>, py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    // Calling the class would run its Python `__init__` above this frame, on a thread that Python may be
    // about to end (see `reader`); `__new__` and setting attributes run none.
    let made = class.call_method1("__new__", (&class, error.message()))?;
    made.setattr("args", (error.message(),))?;
    let details = PyList::empty(py);
    for detail in error.details() {
        let item = PyDict::new(py);
        item.set_item("field", &detail.field)?;
        item.set_item("message", &detail.message)?;
        details.append(item)?;
    }
    let facts = PyDict::new(py);
    facts.set_item("message", error.message())?;
    facts.set_item("operation", error.operation())?;
    facts.set_item("side", error.side().as_str())?;
    facts.set_item("retryable", error.retryable())?;
    facts.set_item("retry_after", error.retry_after().map(|d| d.as_secs_f64()))?;
    facts.set_item("http_status", error.http_status())?;
    facts.set_item("service_code", error.service_code())?;
    facts.set_item("request_id", error.request_id())?;
    facts.set_item("details", details)?;
    facts.set_item("outcome", error.outcome().as_str())?;
    facts.set_item("cause", error.cause_text())?;
    facts.set_item("cleanup", error.cleanup().as_str())?;
    facts.set_item("resource", resource(py, error)?)?;
    for kind in RESOURCE_KINDS {
        facts.set_item(kind.id_fact, error.resource_id(kind))?;
    }
    facts.set_item("path", error.path().map(std::path::Path::as_os_str))?;
    facts.set_item("errno", error.errno())?;
    facts.set_item("journal", error.journal().map(std::path::Path::as_os_str))?;
    facts.set_item("etag", error.etag())?;
    for (name, fact) in facts {
        made.setattr(name.cast_into::<PyString>()?, fact)?;
    }
    if class.is_subclass(&py.get_type::<PyOSError>())? {
        made.setattr("filename", error.path().map(std::path::Path::as_os_str))?;
        made.setattr("strerror", error.errno().map_or_else(|| error.message().to_owned(), words_of))?;
    }
    Ok(PyErr::from_value(made))
}

/// What the service reserved, as `kind` and `id`.
fn resource<'py>(py: Python<'py>, error: &Error) -> PyResult<Option<Bound<'py, PyDict>>> {
    let Some(resource) = error.resource() else { return Ok(None) };
    let dict = PyDict::new(py);
    dict.set_item("kind", resource.kind().name)?;
    dict.set_item("id", resource.id())?;
    Ok(Some(dict))
}

fn class_of<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyType>> {
    static BY_KIND: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static MISSING: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    // ENOENT: the built-in FileNotFoundError is about a missing path only.
    if error.kind() == ErrorKind::SourceUnreadable && error.errno() == Some(2) {
        return Ok(MISSING.import(py, "dropoff._errors", "SourceNotFoundError")?.clone());
    }
    let classes = BY_KIND.import(py, "dropoff._errors", "BY_KIND")?;
    Ok(classes.get_item(error.kind().as_str())?.cast_into()?)
}

/// The operating system's words for an error number, as `os.strerror` has them.
fn words_of(errno: i32) -> String {
    let text = std::io::Error::from_raw_os_error(errno).to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// Runs the body of a method. A panic in it is a defect of ours and becomes `InternalError`; left
/// alone it would be a `PanicException`, which `except Exception` does not catch.
pub(crate) fn guarded<T>(body: impl FnOnce() -> Result<T, Failure>) -> PyResult<T> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => result.map_err(PyErr::from),
        Err(panic) => Err(Failure::Core(Error::from_panic(&*panic)).into()),
    }
}

/// Every error kind and its number, so that a test can prove the table of classes complete.
#[pyfunction]
pub(crate) fn _error_kinds() -> Vec<(&'static str, u32)> {
    ErrorKind::ALL.iter().map(|kind| (kind.as_str(), kind.code())).collect()
}

//! Core errors, and panics of ours, as Python exceptions. The classes are written in
//! `dropoff/_errors.py`; this file hands the facts over.

use std::io;
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
    let number = error.errno().map(|number| OsNumber::of(py, number)).transpose()?;
    facts.set_item("errno", number.as_ref().map(|number| number.errno))?;
    facts.set_item("journal", error.journal().map(std::path::Path::as_os_str))?;
    facts.set_item("etag", error.etag())?;
    for (name, fact) in facts {
        made.setattr(name.cast_into::<PyString>()?, fact)?;
    }
    if class.is_subclass(&py.get_type::<PyOSError>())? {
        made.setattr("filename", error.path().map(std::path::Path::as_os_str))?;
        made.setattr("strerror", error.errno().map_or_else(|| error.message().to_owned(), words_of))?;
        if let Some(winerror) = number.and_then(|number| number.winerror) {
            made.setattr("winerror", winerror)?;
        }
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
    // The built-in FileNotFoundError is about a missing path only, for which Windows has several numbers.
    let is_missing = |number| io::Error::from_raw_os_error(number).kind() == io::ErrorKind::NotFound;
    if error.kind() == ErrorKind::SourceUnreadable && error.errno().is_some_and(is_missing) {
        return Ok(MISSING.import(py, "dropoff._errors", "SourceNotFoundError")?.clone());
    }
    let classes = BY_KIND.import(py, "dropoff._errors", "BY_KIND")?;
    Ok(classes.get_item(error.kind().as_str())?.cast_into()?)
}

/// The number of an error of the operating system, as Python's own errors tell it.
struct OsNumber {
    errno: i32,
    /// Windows' own, for which `errno` then is C's.
    winerror: Option<i32>,
}

impl OsNumber {
    fn of(py: Python<'_>, number: i32) -> PyResult<Self> {
        // Python takes the fourth argument for Windows' number, and elsewhere for nothing.
        let told = py.get_type::<PyOSError>().call1((0, "", py.None(), number))?;
        Ok(match told.getattr_opt("winerror")? {
            Some(_) => Self { errno: told.getattr("errno")?.extract()?, winerror: Some(number) },
            None => Self { errno: number, winerror: None },
        })
    }
}

/// The operating system's words for an error number, as Python's own errors have them.
fn words_of(number: i32) -> String {
    let text = io::Error::from_raw_os_error(number).to_string();
    // Windows' end with a full stop.
    text.split(" (os error").next().unwrap_or(&text).trim_end_matches('.').to_owned()
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

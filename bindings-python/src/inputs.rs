//! Python values as what the core takes: sources, files, pairs and lengths of time.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use dropoff::Source;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyBytes, PyDelta, PyDict, PyList, PyMapping, PyMemoryView, PyModule, PyString, PyTuple, PyType,
};

use crate::errors::{Failure, bad_argument};
use crate::file::File;
use crate::reader::Streams;
use crate::stream_inputs::{file_object, own_name};

const SOURCES: &str =
    "a path (str or os.PathLike), bytes-like, a file object opened in binary mode, or an iterator of bytes";

/// A path, bytes or a stream. File objects join `streams`.
pub(crate) fn source(value: &Bound<'_, PyAny>, streams: &Streams) -> Result<Source, Failure> {
    if let Some(path) = path(value)? {
        return Ok(Source::path(path));
    }
    if let Ok(bytes) = value.cast::<PyBytes>() {
        // Shared with Python, which never changes a bytes object.
        return Ok(Source::memory(Bytes::from_owner(PyBackedBytes::from(bytes.clone()))));
    }
    if let Ok(view) = PyMemoryView::from(value) {
        // Copied: the owner may change these while they are sent.
        let copy: Bound<'_, PyBytes> = view.call_method0("tobytes")?.cast_into().map_err(PyErr::from)?;
        return Ok(Source::memory(Bytes::from_owner(PyBackedBytes::from(copy))));
    }
    if let Some(file) = file_object(value)? {
        return Ok(Source::seekable(streams.reader(value, file)?));
    }
    Err(bad_argument(&format!("a source is {SOURCES}, not {}", type_name(value))))
}

/// Whether calling it makes a coroutine instead of doing its work.
pub(crate) fn is_async(callable: &Bound<'_, PyAny>) -> Result<bool, Failure> {
    /// `inspect.CO_COROUTINE` and `inspect.CO_ASYNC_GENERATOR`.
    const ASYNC: u32 = 0x80 | 0x200;
    let mut inner = callable.clone();
    // functools.partial, in as many layers as it has.
    while !inner.is_instance_of::<PyType>() && type_name(&inner) == "functools.partial" {
        inner = inner.getattr("func")?;
    }
    let code = match inner.getattr_opt("__code__")? {
        Some(code) => Some(code),
        None => match inner.get_type().getattr_opt("__call__")? {
            Some(call) => call.getattr_opt("__code__")?,
            None => None,
        },
    };
    let flags = code.map(|code| code.getattr("co_flags")).transpose()?;
    Ok(flags.and_then(|flags| flags.extract::<u32>().ok()).is_some_and(|flags| flags & ASYNC != 0))
}

/// Refuses what progress cannot be told to.
pub(crate) fn check_callback(callback: &Bound<'_, PyAny>) -> Result<(), Failure> {
    if !callback.is_callable() {
        return Err(bad_argument("on_progress must be callable with one argument, a Progress"));
    }
    if is_async(callback)? {
        return Err(bad_argument("on_progress must be a plain function, not async"));
    }
    Ok(())
}

/// Whether progress can be told to it, for the waiting and awaiting forms, which do so themselves.
#[pyfunction]
pub(crate) fn _is_callback(value: &Bound<'_, PyAny>) -> bool {
    check_callback(value).is_ok()
}

/// The path in a `str` or `os.PathLike`, byte for byte: file names need not be UTF-8.
pub(crate) fn path(value: &Bound<'_, PyAny>) -> Result<Option<PathBuf>, Failure> {
    if value.is_instance_of::<PyString>() {
        // Not as a PathBuf: that goes by way of os.fspath.
        return Ok(Some(value.extract::<OsString>()?.into()));
    }
    if !value.hasattr("__fspath__")? {
        return Ok(None);
    }
    let inner = value.call_method0("__fspath__")?;
    if inner.is_instance_of::<PyBytes>() {
        let path = value.py().import("os")?.call_method1("fsdecode", (inner,))?;
        return Ok(Some(path.extract::<OsString>()?.into()));
    }
    Ok(Some(inner.extract()?))
}

/// A path that is not a source.
pub(crate) fn needed_path(value: &Bound<'_, PyAny>, what: &str) -> Result<PathBuf, Failure> {
    path(value)?.ok_or_else(|| {
        bad_argument(&format!("{what} must be a path (str or os.PathLike), not {}", type_name(value)))
    })
}

/// The files of a transfer. One path alone would be taken for a list of letters, so it is refused.
pub(crate) fn files(value: &Bound<'_, PyAny>, streams: &Streams) -> Result<Vec<dropoff::File>, Failure> {
    // Plain lists first: asking whether something is a Mapping runs Python code.
    let plain = value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>();
    let lone = !plain && is_lone(value)?;
    let iterator = value.try_iter();
    let (false, Ok(iterator)) = (lone, iterator) else {
        return Err(bad_argument(&format!(
            "files must be a list of files, not {}; put a single one in brackets",
            type_name(value)
        )));
    };
    iterator.map(|item| file(&item?, streams)).collect()
}

fn is_lone(value: &Bound<'_, PyAny>) -> Result<bool, Failure> {
    Ok(value.is_instance_of::<PyString>()
        || value.is_instance_of::<File>()
        || value.cast::<PyMapping>().is_ok()
        || value.hasattr("__fspath__")?
        || value.hasattr("read")?
        || PyMemoryView::from(value).is_ok())
}

fn file(value: &Bound<'_, PyAny>, streams: &Streams) -> Result<dropoff::File, Failure> {
    if let Ok(given) = value.cast::<File>() {
        return given.get().to_core(value.py(), streams);
    }
    let Ok(pair) = value.cast::<PyTuple>() else {
        let file = dropoff::File::new(source(value, streams)?);
        return Ok(own_name(value).into_iter().fold(file, dropoff::File::name));
    };
    let Ok((name, inner)) = pair.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>() else {
        return Err(bad_argument("a tuple in files must be a pair (name, source)"));
    };
    let name = text(&name, "the name in a pair (name, source)")?;
    Ok(dropoff::File::new(source(&inner, streams)?).name(name))
}

/// Names and values in the order given, from a mapping or from pairs.
pub(crate) fn pairs(value: &Bound<'_, PyAny>, what: &str) -> Result<Vec<(String, String)>, Failure> {
    let wrong = |found: &Bound<'_, PyAny>| {
        bad_argument(&format!(
            "{what} must be a mapping of str to str or a list of (name, value) pairs of str; found {}",
            type_name(found)
        ))
    };
    let items = match value.cast::<PyMapping>() {
        Ok(mapping) => mapping.items()?.into_any(),
        Err(_) if value.is_instance_of::<PyString>() => return Err(wrong(value)),
        Err(_) => value.clone(),
    };
    let iterator = items.try_iter().map_err(|_| wrong(value))?;
    iterator
        .map(|item| {
            let item = item?;
            if item.is_instance_of::<PyString>() {
                return Err(wrong(&item));
            }
            let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) =
                item.extract().or_else(|_| as_pair(&item)).map_err(|_| wrong(&item))?;
            let held = |part: &Bound<'_, PyAny>| match part.is_instance_of::<PyString>() {
                true => text(part, what).map(str::to_owned),
                false => Err(wrong(part)),
            };
            Ok((held(&name)?, held(&value)?))
        })
        .collect()
}

/// A list of texts; `kind` says in the message of what. One alone would be taken for a list of letters, so it
/// is refused.
pub(crate) fn texts(value: &Bound<'_, PyAny>, what: &str, kind: &str) -> Result<Vec<String>, Failure> {
    let items = each(value, what, kind)?.into_iter().enumerate();
    items.map(|(at, item)| text(&item, &format!("{what}[{at}]")).map(str::to_owned)).collect()
}

/// The items of a list, which is neither text nor a mapping.
pub(crate) fn each<'py>(
    value: &Bound<'py, PyAny>,
    what: &str,
    kind: &str,
) -> Result<Vec<Bound<'py, PyAny>>, Failure> {
    let wrong = || {
        bad_argument(&format!(
            "{what} must be a list of {kind}, not {}; put a single one in brackets",
            type_name(value)
        ))
    };
    let lone = value.is_instance_of::<PyString>()
        || value.cast::<PyMapping>().is_ok()
        || PyMemoryView::from(value).is_ok();
    let iterator = value.try_iter();
    let (false, Ok(iterator)) = (lone, iterator) else { return Err(wrong()) };
    Ok(iterator.collect::<PyResult<Vec<_>>>()?)
}

/// A pair that is a list, as JSON has them.
fn as_pair<'py>(item: &Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let [name, value]: [Bound<'py, PyAny>; 2] = item.extract()?;
    Ok((name, value))
}

/// Seconds as a number, or a `timedelta`. `range` is for the message.
pub(crate) fn duration(value: &Bound<'_, PyAny>, what: &str, range: &str) -> Result<Duration, Failure> {
    let seconds = if value.is_instance_of::<PyBool>() {
        None // an int to Python, a slip to everybody else
    } else if value.is_instance_of::<PyDelta>() {
        value.extract().ok()
    } else {
        value.extract::<f64>().ok().and_then(|s| Duration::try_from_secs_f64(s).ok())
    };
    seconds
        .filter(|d| *d <= LONGEST)
        .ok_or_else(|| bad_argument(&format!("{what} must be {range}, in seconds or as a timedelta")))
}

/// A per-call limit; `None` is no limit.
pub(crate) fn timeout(value: Option<&Bound<'_, PyAny>>) -> Result<Option<Duration>, Failure> {
    value.map(|v| duration(v, "timeout", "0 to 10 000 000 s")).transpose()
}

/// About four months: longer waits are slips, and clocks overflow on the longest ones.
const LONGEST: Duration = Duration::from_secs(10_000_000);

/// A whole number that is not negative; the service knows its own limits.
pub(crate) fn count(value: &Bound<'_, PyAny>, what: &str) -> Result<u64, Failure> {
    let number = if value.is_instance_of::<PyBool>() { None } else { value.extract().ok() };
    number.ok_or_else(|| bad_argument(&format!("{what} must be a whole number of 0 or more")))
}

/// Text that is sent. It may be a secret, so no message holds it.
pub(crate) fn text<'a>(value: &'a Bound<'_, PyAny>, what: &str) -> Result<&'a str, Failure> {
    let Ok(text) = value.cast::<PyString>() else {
        return Err(bad_argument(&format!("{what} must be text (str), not {}", type_name(value))));
    };
    text.to_str().map_err(|_| {
        bad_argument(&format!(
            "{what} holds characters that UTF-8 cannot hold (lone surrogates); check how it was read"
        ))
    })
}

/// Text that may be left out.
pub(crate) fn optional<'a>(
    value: Option<&'a Bound<'_, PyAny>>,
    what: &str,
) -> Result<Option<&'a str>, Failure> {
    value.map(|value| text(value, what)).transpose()
}

/// True or False; a number is a slip.
pub(crate) fn truth(value: &Bound<'_, PyAny>, what: &str) -> Result<bool, Failure> {
    value
        .extract()
        .map_err(|_| bad_argument(&format!("{what} must be True or False, not {}", type_name(value))))
}

/// An object of this package; `kind` names it in the message, such as "a TransferTicket".
pub(crate) fn object<'a, 'py, T: pyo3::PyTypeInfo>(
    value: &'a Bound<'py, PyAny>,
    what: &str,
    kind: &str,
) -> Result<&'a Bound<'py, T>, Failure> {
    value.cast().map_err(|_| bad_argument(&format!("{what} must be {kind}, not {}", type_name(value))))
}

/// The type of a value, since the value itself may be a secret.
pub(crate) fn type_name(value: &Bound<'_, PyAny>) -> String {
    let name = value.get_type().fully_qualified_name();
    name.map_or_else(|_| "an object".to_owned(), |n| n.to_string())
}

/// `sys.modules`.
pub(crate) fn modules(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    static SYS: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let sys = SYS.get_or_try_init(py, || py.import("sys").map(Bound::unbind))?.bind(py);
    Ok(sys.getattr("modules")?.cast_into::<PyDict>()?)
}

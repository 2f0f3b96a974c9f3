//! Python values as what the core takes: sources, files, pairs and lengths of time.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use dropoff::Source;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBool, PyBytes, PyDelta, PyList, PyMapping, PyMemoryView, PyString, PyTuple};

use crate::errors::{Failure, bad_argument};
use crate::file::File;
use crate::reader::Streams;

const SOURCES: &str = "a path (str or os.PathLike), bytes-like, or a file object opened in binary mode";

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
    if value.hasattr("read")? {
        // A text file has both; a binary one, wrapped or not, has neither.
        if value.hasattr("encoding")? && value.hasattr("errors")? {
            return Err(bad_argument(
                "the file is opened in text mode; open it in binary mode, as in open(path, \"rb\")",
            ));
        }
        return Ok(Source::reader(streams.reader(value)?));
    }
    Err(bad_argument(&format!("a source is {SOURCES}, not {}", type_name(value))))
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
    if let Ok(bytes) = inner.cast::<PyBytes>() {
        return Ok(Some(OsString::from_vec(bytes.as_bytes().to_vec()).into()));
    }
    Ok(Some(inner.extract()?))
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
        return Ok(dropoff::File::new(source(value, streams)?));
    };
    match pair.extract::<(String, Bound<'_, PyAny>)>() {
        Ok((name, inner)) => Ok(dropoff::File::new(source(&inner, streams)?).name(name)),
        Err(_) => Err(bad_argument("a tuple in files must be a pair (name, source)")),
    }
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
            let name = name.extract().map_err(|_| wrong(&name))?;
            Ok((name, value.extract().map_err(|_| wrong(&value))?))
        })
        .collect()
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

/// Text that may be a secret: if it cannot be had, the exception must not hold it.
pub(crate) struct Text(pub(crate) String);

impl<'a, 'py> FromPyObject<'a, 'py> for Text {
    type Error = PyErr;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let text = value.cast::<PyString>()?;
        match text.to_str() {
            Ok(text) => Ok(Self(text.to_owned())),
            Err(_) => Err(bad_argument(
                "a key or URL holds characters that UTF-8 cannot hold; check how it is read",
            )
            .into()),
        }
    }
}

/// The type of a value, since the value itself may be a secret.
pub(crate) fn type_name(value: &Bound<'_, PyAny>) -> String {
    let name = value.get_type().fully_qualified_name();
    name.map_or_else(|_| "an object".to_owned(), |n| n.to_string())
}

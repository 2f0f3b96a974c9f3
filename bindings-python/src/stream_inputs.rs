//! Objects that are read as streams: file objects, iterators of bytes, and what only an asyncio loop can
//! read. It decides who reads them and knows nothing of the reading, which is `reader`'s and
//! `dropoff/_sources.py`'s.

use std::cell::RefCell;
use std::path::Path;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyString, PyType};

use crate::errors::{Failure, bad_argument};
use crate::inputs::{is_async, type_name};

thread_local! {
    /// The asyncio loop that the call that is being made will wait in.
    static LOOP: RefCell<Option<Py<PyAny>>> = const { RefCell::new(None) };
}

/// Runs `make`, which makes a call of an async client, with the loop that will read its sources.
pub(crate) fn in_loop<R>(running: Option<Py<PyAny>>, make: impl FnOnce() -> R) -> R {
    struct Before(Option<Py<PyAny>>);
    impl Drop for Before {
        fn drop(&mut self) {
            LOOP.set(self.0.take());
        }
    }
    // A source may make calls of its own while it is looked at.
    let _before = Before(LOOP.replace(running));
    make()
}

/// The file object that reads it; `None` if it is no stream.
pub(crate) fn file_object<'py>(value: &Bound<'py, PyAny>) -> Result<Option<Bound<'py, PyAny>>, Failure> {
    match value.getattr_opt("read")? {
        Some(read) if is_async(&read)? => asynchronous(value).map(Some),
        // A text file has both; a binary one, wrapped or not, has neither.
        Some(_) if value.hasattr("encoding")? && value.hasattr("errors")? => Err(bad_argument(
            "the file is opened in text mode; open it in binary mode, as in open(path, \"rb\")",
        )),
        Some(_) => Ok(Some(value.clone())),
        None if value.hasattr("__aiter__")? => asynchronous(value).map(Some),
        None if value.hasattr("__next__")? => {
            static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
            let class = CLASS.import(value.py(), "dropoff._sources", "IteratorFile")?;
            let file = made(class)?;
            file.setattr("_iterator", value)?;
            Ok(Some(file))
        }
        None => Ok(None),
    }
}

fn asynchronous<'py>(value: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let running = LOOP.with_borrow(|running| running.as_ref().map(|running| running.clone_ref(value.py())));
    let Some(running) = running else {
        return Err(bad_argument(&format!(
            "{} gives its bytes asynchronously, which only the async clients read, in the loop that awaits them; use one of those, or await the bytes and give them",
            type_name(value)
        )));
    };
    let file = made(CLASS.import(value.py(), "dropoff._sources", "AsyncFile")?)?;
    file.setattr("_source", value)?;
    file.setattr("_loop", running)?;
    Ok(file)
}

/// A new object, without a call of its `__init__`: that would be Python code above this frame, on a thread
/// that Python may be about to end (see `reader`).
fn made<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
    class.call_method1("__new__", (class,))
}

/// The name that a file object has by itself: that of the file it was opened from, or that a browser
/// uploaded.
pub(crate) fn own_name(value: &Bound<'_, PyAny>) -> Option<String> {
    // One that decodes reads other bytes than the file of that name holds.
    if is_path_or_memory(value) || decodes(value) {
        return None;
    }
    let text = |name: Bound<'_, PyAny>| match name.cast::<PyBytes>() {
        Ok(bytes) => String::from_utf8(bytes.as_bytes().to_vec()).ok(),
        // A file that was opened by its descriptor has a number.
        Err(_) if name.is_instance_of::<PyString>() => name.extract::<String>().ok(),
        Err(_) => None,
    };
    let attribute = |of: &str| value.getattr(of).ok().and_then(text).filter(|name| !name.is_empty());
    let name = attribute("filename").or_else(|| attribute("name"))?;
    // Python's own names for what has none, such as <stdin>.
    if name.starts_with('<') && name.ends_with('>') {
        return None;
    }
    Path::new(&name).file_name()?.to_str().map(str::to_owned)
}

/// Whether it is one of the standard library's files that decode, a subclass of one (as other packages have
/// them), or a buffer over such a file, which passes the name on.
fn decodes(value: &Bound<'_, PyAny>) -> bool {
    // So many buffers over one another are nobody's.
    const LAYERS: usize = 8;
    let modules = |of: &Bound<'_, PyAny>| -> Vec<String> {
        let module = |class: Bound<'_, PyAny>| class.getattr("__module__")?.extract();
        let names = of.get_type().mro().iter().map(module).filter_map(PyResult::ok);
        names.collect()
    };
    let mut layer = value.clone();
    for _ in 0..LAYERS {
        let modules = modules(&layer);
        let of_decoders = |name: &String| {
            ["gzip", "bz2", "lzma", "_compression"].contains(&name.as_str())
                || name.starts_with("compression.")
        };
        if modules.iter().any(of_decoders) {
            return true;
        }
        let is_buffer = modules.iter().any(|name| name == "_io");
        match layer.getattr("raw") {
            Ok(raw) if is_buffer => layer = raw,
            _ => return false,
        }
    }
    false
}

fn is_path_or_memory(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyString>()
        || value.hasattr("__fspath__").unwrap_or(true)
        || !value.hasattr("read").unwrap_or(false)
}

//! `File`: a source with a name and a media type.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::errors::{Failure, guarded};
use crate::inputs;
use crate::reader::Streams;
use crate::stream_inputs::own_name;

/// One file of a transfer: a source, the name the recipient sees, and its media type.
///
/// source: a path, bytes-like, a file object opened in binary mode, or an iterator of bytes.
/// name: without folders. Default: the last part of the path, or the name that a file object has by itself.
/// content_type: default, guessed from the name, and application/octet-stream for a sealed file.
/// encryption_iv: the nonce it was sealed with before it came here, base64 of 12 bytes; for
/// Encryption.presealed alone.
#[pyclass(frozen, get_all, module = "dropoff")]
pub(crate) struct File {
    /// As it was given.
    source: Py<PyAny>,
    /// As it was given.
    name: Option<String>,
    /// As it was given.
    content_type: Option<String>,
    /// As it was given.
    encryption_iv: Option<String>,
    /// The size, if that is all that is known of the bytes.
    size: Option<u64>,
}

#[pymethods]
impl File {
    #[new]
    #[pyo3(signature = (source, *, name=None, content_type=None, encryption_iv=None))]
    fn new(
        source: Py<PyAny>,
        name: Option<&Bound<'_, PyAny>>,
        content_type: Option<&Bound<'_, PyAny>>,
        encryption_iv: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        guarded(|| {
            let name = inputs::optional(name, "name")?.map(str::to_owned);
            let content_type = inputs::optional(content_type, "content_type")?.map(str::to_owned);
            let encryption_iv = inputs::optional(encryption_iv, "encryption_iv")?.map(str::to_owned);
            Ok(Self { source, name, content_type, encryption_iv, size: None })
        })
    }

    /// A file of which only the name and the size are known: for presign and plan, where somebody else has the bytes.
    #[staticmethod]
    #[pyo3(signature = (name, size, *, content_type=None, encryption_iv=None))]
    fn described(
        py: Python<'_>,
        name: &Bound<'_, PyAny>,
        size: &Bound<'_, PyAny>,
        content_type: Option<&Bound<'_, PyAny>>,
        encryption_iv: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let size = guarded(|| inputs::count(size, "size"))?;
        Ok(Self { size: Some(size), ..Self::new(py.None(), Some(name), content_type, encryption_iv)? })
    }

    /// How it is pickled and copied; whether the source can be is the source's affair.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let (py, file, class) = (slf.py(), slf.get(), slf.get_type());
        let named = PyDict::new(py);
        named.set_item("content_type", &file.content_type)?;
        named.set_item("encryption_iv", &file.encryption_iv)?;
        let (class, given) = match file.size {
            Some(size) => (class.getattr("described")?, (&file.name, size).into_pyobject(py)?),
            None => {
                named.set_item("name", &file.name)?;
                (class.into_any(), PyTuple::new(py, [&file.source])?)
            }
        };
        let call = py.import("functools")?.getattr("partial")?.call((class,), Some(&named))?;
        Ok((call, given))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let source = self.source.bind(py);
        // Contents are not for logs; a path is.
        let shown = match inputs::path(source) {
            _ if self.size.is_some() => format!("<{} bytes elsewhere>", self.size.unwrap_or_default()),
            // A URL is a slip, and may be a signed one.
            Ok(Some(path)) if path.to_string_lossy().contains("://") => "<a URL>".to_owned(),
            Ok(Some(_)) => source.repr()?.to_string(),
            _ => format!("<{}>", inputs::type_name(source)),
        };
        let name = self.name.as_ref().map(|n| format!(", name={n:?}")).unwrap_or_default();
        let media = self.content_type.as_ref().map(|t| format!(", content_type={t:?}")).unwrap_or_default();
        let iv = self.encryption_iv.as_ref().map(|iv| format!(", encryption_iv={iv:?}")).unwrap_or_default();
        Ok(format!("File({shown}{name}{media}{iv})"))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.source)
    }
}

impl File {
    pub(crate) fn to_core(&self, py: Python<'_>, streams: &Streams) -> Result<dropoff::File, Failure> {
        let source = self.source.bind(py);
        let mut file = dropoff::File::new(match self.size {
            Some(size) => dropoff::Source::described(size),
            None => inputs::source(source, streams)?,
        });
        if let Some(name) = self.name.clone().or_else(|| own_name(source)) {
            file = file.name(name);
        }
        if let Some(media_type) = &self.content_type {
            file = file.content_type(media_type);
        }
        if let Some(iv) = &self.encryption_iv {
            file = file.encryption_iv(iv);
        }
        Ok(file)
    }
}

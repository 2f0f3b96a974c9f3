//! `start_open_sealed`: what a recipient does with a sealed file, which needs no service.

use dropoff::SealedFile;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyType};

use crate::encryption::KeyPair;
use crate::errors::guarded;
use crate::inputs;
use crate::job::Job;
use crate::results::{ToPython, are_no_fields, cannot_be_read};

/// Opens a file that was downloaded sealed. open_sealed() gives an OpenedFile, start_open_sealed() a Job
/// at once.
///
/// path: the file as it was downloaded. to: where the opened one goes; nothing may be there yet. It appears
/// there whole, readable by its owner alone, after its tag was checked, or not at all.
/// key_pair: the recipient's. sender_public_key, encrypted_key, encryption_iv, encryption_salt: as the
/// transfer's download reply has them, in base64, None included. With sender_public_key only what that sender
/// sealed opens.
/// on_progress: a plain function that gets a Progress every 0.1 s at most, and once at the end. If it
/// raises, the call is cancelled.
/// Raises EncryptionError if it is not what the sender sealed for these keys, SourceUnreadableError,
/// InvalidInputError if there is something at `to`, DiskFullError, or another DropoffError.
#[pyfunction]
#[pyo3(signature = (path, *, to, key_pair, sender_public_key=None, encrypted_key=None, encryption_iv=None,
    encryption_salt=None, on_progress=None))]
#[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python call")]
pub(crate) fn start_open_sealed(
    py: Python<'_>,
    path: &Bound<'_, PyAny>,
    to: &Bound<'_, PyAny>,
    key_pair: &Bound<'_, PyAny>,
    sender_public_key: Option<&Bound<'_, PyAny>>,
    encrypted_key: Option<&Bound<'_, PyAny>>,
    encryption_iv: Option<&Bound<'_, PyAny>>,
    encryption_salt: Option<&Bound<'_, PyAny>>,
    on_progress: Option<Py<PyAny>>,
) -> PyResult<Job> {
    Job::start(py, on_progress, |_| {
        // A reply has null where a scheme has no such field, and to the core that is an empty one.
        let text = |given: Option<&Bound<'_, PyAny>>, name| {
            given.map_or(Ok(String::new()), |given| inputs::text(given, name).map(Into::into))
        };
        let sealed = SealedFile::new(inputs::needed_path(path, "path")?)
            .sender_public_key(text(sender_public_key, "sender_public_key")?)
            .encrypted_key(text(encrypted_key, "encrypted_key")?)
            .encryption_iv(text(encryption_iv, "encryption_iv")?)
            .encryption_salt(text(encryption_salt, "encryption_salt")?);
        let pair = inputs::object::<KeyPair>(key_pair, "key_pair", "a KeyPair")?.get();
        Ok(dropoff::start_open_sealed(&sealed, inputs::needed_path(to, "to")?, &pair.0)?)
    })
}

/// A file that was opened.
// Not a `record!`: a path need not be UTF-8, and JSON must be.
#[pyclass(frozen, eq, module = "dropoff")]
#[derive(PartialEq)]
pub(crate) struct OpenedFile(dropoff::OpenedFile);

#[pymethods]
impl OpenedFile {
    /// Where it is.
    #[getter]
    fn path<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.0.path.as_os_str().into_bound_py_any(py)
    }

    /// Its size.
    #[getter]
    fn bytes(&self) -> u64 {
        self.0.bytes
    }

    /// Every field as dicts, lists and scalars, fit for JSON.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let fields = PyDict::new(py);
        fields.set_item("path", self.path(py)?)?;
        fields.set_item("bytes", self.bytes())?;
        Ok(fields)
    }

    /// The object that to_dict() told, as a dict or as JSON has it.
    ///
    /// Raises InvalidInputError: the fields are not those of such an object.
    #[classmethod]
    fn from_dict(_cls: &Bound<'_, PyType>, fields: &Bound<'_, PyAny>) -> PyResult<Self> {
        guarded(|| Self::restored(fields)?.map_err(|why| are_no_fields("OpenedFile", why)))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyDict>,))> {
        Ok((py.get_type::<Self>().getattr("_restore")?, (self.to_dict(py)?,)))
    }
    #[classmethod]
    fn _restore(_cls: &Bound<'_, PyType>, fields: &Bound<'_, PyAny>) -> PyResult<Self> {
        guarded(|| Self::restored(fields)?.map_err(cannot_be_read))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("OpenedFile(path={}, bytes={})", self.path(py)?.repr()?, self.0.bytes))
    }
}

impl OpenedFile {
    /// Out of its fields, or why they are none.
    fn restored(fields: &Bound<'_, PyAny>) -> PyResult<Result<Self, &'static str>> {
        let Ok(given) = fields.cast::<PyMapping>() else { return Ok(Err("it is no mapping")) };
        let named = PyDict::new(fields.py());
        named.update(given)?;
        let path = named.get_item("path")?.map(|value| inputs::path(&value)).transpose();
        let Ok(Some(Some(path))) = path else { return Ok(Err("path: it is no path")) };
        let bytes = named.get_item("bytes")?.and_then(|value| inputs::count(&value, "bytes").ok());
        let Some(bytes) = bytes else { return Ok(Err("bytes: it is no number of bytes")) };
        Ok(Ok(Self(dropoff::OpenedFile { path, bytes })))
    }
}

impl ToPython for dropoff::OpenedFile {
    fn to_python(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        OpenedFile(self.clone()).into_py_any(py)
    }
}

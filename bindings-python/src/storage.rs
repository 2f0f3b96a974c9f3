//! `Storage`: presigned targets that some other program asked for.

use dropoff::{PostFormRequest, PutPartsRequest, PutRequest};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::guarded;
use crate::job::Job;
use crate::{inputs, options};

/// Uploads to presigned targets that some other program asked for. May be shared between threads.
///
/// options: see Options; lengths of time are seconds or timedeltas.
/// Raises InvalidInputError for a bad option.
#[pyclass(frozen, module = "dropoff")]
pub(crate) struct Storage(dropoff::Storage);

// It has a default other than None, so it is converted before the body runs.
fn file_name<'a>(value: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
    Ok(inputs::text(value, "file_name")?)
}

#[pymethods]
impl Storage {
    #[new]
    #[pyo3(signature = (**options))]
    fn new(options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        guarded(|| Ok(Self(dropoff::Storage::new(options::options(options)?))))
    }

    /// From now on all uploads of this client together send at most so many bytes a second, those under way
    /// too.
    ///
    /// bytes_per_second: 1024 to 1099511627776, or None for no limit.
    fn set_bandwidth_limit(&self, bytes_per_second: &Bound<'_, PyAny>) -> PyResult<()> {
        guarded(|| Ok(self.0.set_bandwidth_limit(options::bandwidth_limit(bytes_per_second)?)?))
    }

    /// Sends a source with a presigned PUT until storage has it. put() gives a StoredObject, start_put() a
    /// Job at once.
    ///
    /// url: as it was handed out. source: a path, bytes-like, or a file object opened in binary mode.
    /// headers: those that were signed into the URL, as a mapping or as pairs.
    /// timeout: seconds or a timedelta for the whole call, retries included; above 0, at most 10 000 000.
    /// Default: no limit.
    /// on_progress: a plain function that gets a Progress every 0.1 s at most, and once at the end. If it
    /// raises, the call is cancelled.
    /// Raises UnsafeTargetError for an address that is private or not https (see trusted_storage in
    /// Options), ExpiredError, StorageRefusedError, SourceUnreadableError, or another DropoffError. Safe to
    /// repeat: the object is replaced as a whole or not at all.
    #[pyo3(signature = (url, source, *, headers=None, timeout=None, on_progress=None))]
    fn start_put(
        &self,
        py: Python<'_>,
        url: &Bound<'_, PyAny>,
        source: &Bound<'_, PyAny>,
        headers: Option<&Bound<'_, PyAny>>,
        timeout: Option<&Bound<'_, PyAny>>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Job> {
        Job::start(py, on_progress, |streams| {
            let mut request = PutRequest::new(inputs::text(url, "url")?, inputs::source(source, streams)?);
            for (name, value) in headers.map_or(Ok(Vec::new()), |h| inputs::pairs(h, "headers"))? {
                request = request.header(name, value);
            }
            if let Some(limit) = inputs::timeout(timeout)? {
                request = request.timeout(limit);
            }
            Ok(self.0.start_put(request)?)
        })
    }

    /// Sends a source with a presigned POST form until storage has it. post_form() gives a StoredObject,
    /// start_post_form() a Job at once.
    ///
    /// fields: sent byte for byte in the order given, a mapping or pairs; the file follows as `file`.
    /// file_name: the file name told to storage.
    /// source, timeout, on_progress and errors: as in put().
    #[pyo3(signature = (url, fields, source, *, file_name="file", timeout=None, on_progress=None))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python call")]
    fn start_post_form(
        &self,
        py: Python<'_>,
        url: &Bound<'_, PyAny>,
        fields: &Bound<'_, PyAny>,
        source: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = file_name)] file_name: &str,
        timeout: Option<&Bound<'_, PyAny>>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Job> {
        Job::start(py, on_progress, |streams| {
            let fields = inputs::pairs(fields, "fields")?;
            let mut request =
                PostFormRequest::new(inputs::text(url, "url")?, fields, inputs::source(source, streams)?)
                    .file_name(file_name);
            if let Some(limit) = inputs::timeout(timeout)? {
                request = request.timeout(limit);
            }
            Ok(self.0.start_post_form(request)?)
        })
    }

    /// Sends a source in parts, a presigned PUT for each, several at once, until storage has them all.
    /// put_parts() gives a StoredParts, start_put_parts() a Job at once. Completing the upload with the parts'
    /// ETags, or aborting it, is left to whoever began it.
    ///
    /// urls: as they were handed out, in order of their part numbers, from 1.
    /// part_size: bytes of each part but the last, which the service that signed the URLs knows. Default: the
    /// option part_size, or 8 MiB, or what fits the number of URLs if those do not.
    /// source, timeout, on_progress and errors: as in put(). timeout is seconds or a timedelta.
    /// Raises InvalidInputError also where the source does not fit the number of URLs. Safe to repeat: a part
    /// that is sent again replaces itself.
    #[pyo3(signature = (urls, source, *, part_size=None, timeout=None, on_progress=None))]
    fn start_put_parts(
        &self,
        py: Python<'_>,
        urls: &Bound<'_, PyAny>,
        source: &Bound<'_, PyAny>,
        part_size: Option<&Bound<'_, PyAny>>,
        timeout: Option<&Bound<'_, PyAny>>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Job> {
        Job::start(py, on_progress, |streams| {
            let mut request = PutPartsRequest::new(
                inputs::texts(urls, "urls", "presigned URLs, one for each part")?,
                inputs::source(source, streams)?,
            );
            if let Some(bytes) = part_size {
                request = request.part_size(inputs::count(bytes, "part_size")?);
            }
            if let Some(limit) = inputs::timeout(timeout)? {
                request = request.timeout(limit);
            }
            Ok(self.0.start_put_parts(request)?)
        })
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

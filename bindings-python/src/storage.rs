//! `Storage`: presigned targets that some other program asked for.

use dropoff::{PostFormRequest, PostRequest, PutPartsRequest, PutRequest, SendRequest};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::client_state::{ClientState, Pickled, lasting};
use crate::errors::guarded;
use crate::job::Job;
use crate::{inputs, json, options};

/// Uploads to presigned targets that some other program asked for. May be shared between threads, and
/// pickled: it is made anew where it is unpickled.
///
/// Each call has a start_… twin that takes the same arguments, returns a Job at once, and calls on_progress
/// on a thread of its own instead of the caller's.
///
/// options: see Options.
/// Raises InvalidInputError: an option is not one.
#[pyclass(frozen, module = "dropoff")]
pub(crate) struct Storage(dropoff::Storage, pub(crate) ClientState);

// It has a default other than None, so it is converted before the body runs.
fn file_name<'a>(value: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
    Ok(inputs::text(value, "file_name")?)
}

#[pymethods]
impl Storage {
    #[new]
    #[pyo3(signature = (**options))]
    fn new(py: Python<'_>, options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        guarded(|| {
            let options = lasting(options)?;
            let core = dropoff::Storage::new(options::options(options.as_ref())?);
            Ok(Self(core, ClientState::new(py, options.as_ref(), &[], false)?))
        })
    }

    /// From now on all uploads of this client together send at most so many bytes a second, those under way
    /// too.
    ///
    /// bytes_per_second: 1024 to 1099511627776 (1 TiB), or None for no limit.
    /// Raises InvalidInputError: it is neither.
    fn set_bandwidth_limit(&self, bytes_per_second: &Bound<'_, PyAny>) -> PyResult<()> {
        guarded(|| Ok(self.0.set_bandwidth_limit(options::bandwidth_limit(bytes_per_second)?)?))
    }

    /// Sends a source with a presigned PUT and waits until storage has it.
    ///
    /// start_put() gives a Job of it at once.
    ///
    /// Safe to repeat: the object is replaced as a whole or not at all.
    ///
    /// url: the presigned URL, exactly as it was handed out.
    /// headers: the headers that were signed into the URL, sent as given.
    /// journal: a journal: a file that lets the same call go on where this one stopped, after its process was
    /// killed or it failed. It is for what goes in blocks (Azure) or in a session (Google), where storage
    /// keeps what it has; what goes whole begins anew, and makes no journal. The URL of the second call may
    /// have another signature. The file holds what opens a session, and is removed once the object is stored.
    /// No stream can be read again, so there is none with a journal. A leading ~/ is the home folder.
    /// timeout: bounds the whole call, retries included. Default: no limit. It is seconds or a timedelta,
    /// above 0 and at most 10 000 000 s.
    /// on_progress: a plain function, called on this thread with a Progress, every 0.1 s at most and once at
    /// the end. If it raises, the upload is cancelled and the exception passes through.
    /// Raises UnsafeTargetError: the address is private or not https, or a header is not one to send; see
    /// trusted_storage in Options.
    /// Raises ExpiredError, StorageRefusedError, TooLargeError: storage, or the ticket itself, says no.
    /// Raises SourceUnreadableError, SourceChangedError: the source fails. What a file object raised is the
    /// __cause__.
    /// Raises IntegrityError, NetworkError, TransferTimeoutError, TlsError, UnavailableError,
    /// RateLimitedError: as their names say.
    #[pyo3(signature = (url, source, *, headers=None, journal=None, timeout=None, on_progress=None))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python call")]
    fn start_put(
        &self,
        py: Python<'_>,
        url: &Bound<'_, PyAny>,
        source: &Bound<'_, PyAny>,
        headers: Option<&Bound<'_, PyAny>>,
        journal: Option<&Bound<'_, PyAny>>,
        timeout: Option<&Bound<'_, PyAny>>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Job> {
        Job::start(py, on_progress, |streams| {
            let mut request = PutRequest::new(inputs::text(url, "url")?, inputs::source(source, streams)?);
            for (name, value) in headers.map_or(Ok(Vec::new()), |h| inputs::pairs(h, "headers"))? {
                request = request.header(name, value);
            }
            if let Some(journal) = journal {
                request = request.journal(inputs::needed_path(journal, "journal")?);
            }
            if let Some(limit) = inputs::timeout(timeout)? {
                request = request.timeout(limit);
            }
            Ok(self.0.start_put(request)?)
        })
    }

    /// Sends a source with a presigned POST form and waits until storage has it.
    ///
    /// start_post_form() gives a Job of it at once.
    ///
    /// url: where the form goes, exactly as it was handed out.
    /// fields: sent byte for byte in the order given; the file follows as the last field, which file_field
    /// names.
    /// file_name: the file name told to storage. Default file.
    /// file_field: the name of the field that holds the file. Default file, as S3 and Google have it.
    /// timeout: bounds the whole call, retries included. Default: no limit. It is seconds or a timedelta,
    /// above 0 and at most 10 000 000 s.
    /// on_progress: as in put.
    /// Raises DropoffError: as put.
    #[pyo3(signature = (url, fields, source, *, file_name="file", file_field=None, timeout=None, on_progress=None))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python call")]
    fn start_post_form(
        &self,
        py: Python<'_>,
        url: &Bound<'_, PyAny>,
        fields: &Bound<'_, PyAny>,
        source: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = file_name)] file_name: &str,
        file_field: Option<&Bound<'_, PyAny>>,
        timeout: Option<&Bound<'_, PyAny>>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Job> {
        Job::start(py, on_progress, |streams| {
            let fields = inputs::pairs(fields, "fields")?;
            let mut request =
                PostFormRequest::new(inputs::text(url, "url")?, fields, inputs::source(source, streams)?)
                    .file_name(file_name);
            if let Some(name) = inputs::optional(file_field, "file_field")? {
                request = request.file_field(name);
            }
            if let Some(limit) = inputs::timeout(timeout)? {
                request = request.timeout(limit);
            }
            Ok(self.0.start_post_form(request)?)
        })
    }

    /// Sends a source in parts, with a presigned PUT for each, and waits until storage has them all.
    ///
    /// start_put_parts() gives a Job of it at once.
    ///
    /// Several are under way at once. Completing the upload with the parts' ETags, or aborting it, is left to
    /// whoever began it. Safe to repeat: a part that is sent again replaces itself.
    ///
    /// urls: the presigned URLs in order of their part numbers, from 1, exactly as they were handed out; 1 to
    /// 10,000 of them.
    /// part_size: bytes of each part but the last. Default: the option part_size, or 8 MiB, or what fits the
    /// number of URLs if those do not.
    /// part_sizes: bytes of each part, in the order of the URLs, where they are not equal.
    /// headers: the headers that were signed into every URL, sent as given.
    /// part_headers: the headers of each part, in the order of the URLs, beside those of all; one of a part's
    /// own stands in the place of that of all.
    /// timeout: bounds the whole call, retries included. Default: no limit. It is seconds or a timedelta,
    /// above 0 and at most 10 000 000 s.
    /// on_progress: as in put.
    /// Raises InvalidInputError: the source does not fit the number of URLs, or those are in another order.
    /// Raises DropoffError: as put, with the number of the part in the message.
    #[pyo3(signature = (
        urls, source, *, part_size=None, part_sizes=None, headers=None, part_headers=None, timeout=None,
        on_progress=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python call")]
    fn start_put_parts(
        &self,
        py: Python<'_>,
        urls: &Bound<'_, PyAny>,
        source: &Bound<'_, PyAny>,
        part_size: Option<&Bound<'_, PyAny>>,
        part_sizes: Option<&Bound<'_, PyAny>>,
        headers: Option<&Bound<'_, PyAny>>,
        part_headers: Option<&Bound<'_, PyAny>>,
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
            if let Some(sizes) = part_sizes {
                let sizes = inputs::each(sizes, "part_sizes", "numbers of bytes, one for each part");
                let sizes = sizes?.into_iter().map(|bytes| inputs::count(&bytes, "part_sizes"));
                request = request.part_sizes(sizes.collect::<Result<Vec<u64>, _>>()?);
            }
            for (name, value) in headers.map_or(Ok(Vec::new()), |h| inputs::pairs(h, "headers"))? {
                request = request.header(name, value);
            }
            if let Some(all) = part_headers {
                let all = inputs::each(all, "part_headers", "headers, some for each part");
                let all = all?.into_iter().map(|part| inputs::pairs(&part, "part_headers"));
                request = request.part_headers(all.collect::<Result<Vec<_>, _>>()?);
            }
            if let Some(limit) = inputs::timeout(timeout)? {
                request = request.timeout(limit);
            }
            Ok(self.0.start_put_parts(request)?)
        })
    }

    /// Sends a source with a raw POST, to a service that takes the body as something new, and waits for its
    /// answer, which is the result's reply.
    ///
    /// start_post() gives a Job of it at once.
    ///
    /// 200, 201, 202 and 204 are successes. A request that may have been handled is not sent again, since it
    /// might be taken twice; then the error's outcome is unknown.
    ///
    /// url: the presigned URL, exactly as it was handed out.
    /// headers: the headers that were signed into the URL, sent as given.
    /// timeout: bounds the whole call, retries included. Default: no limit. It is seconds or a timedelta,
    /// above 0 and at most 10 000 000 s.
    /// on_progress: as in put.
    /// Raises DropoffError: as put.
    #[pyo3(signature = (url, source, *, headers=None, timeout=None, on_progress=None))]
    fn start_post(
        &self,
        py: Python<'_>,
        url: &Bound<'_, PyAny>,
        source: &Bound<'_, PyAny>,
        headers: Option<&Bound<'_, PyAny>>,
        timeout: Option<&Bound<'_, PyAny>>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Job> {
        Job::start(py, on_progress, |streams| {
            let mut request = PostRequest::new(inputs::text(url, "url")?, inputs::source(source, streams)?);
            for (name, value) in headers.map_or(Ok(Vec::new()), |h| inputs::pairs(h, "headers"))? {
                request = request.header(name, value);
            }
            if let Some(limit) = inputs::timeout(timeout)? {
                request = request.timeout(limit);
            }
            Ok(self.0.start_post(request)?)
        })
    }

    /// Sends a source as a plan says, and waits until storage has it.
    ///
    /// start_send() gives a Job of it at once.
    ///
    /// A plan is what a backend hands out: a mapping or its JSON, in our own form, a bare presigned URL, the
    /// results of boto3's presigners, Uppy Companion's and OpenDAL's requests, or a Git LFS server's reply.
    /// Nothing is sent before all of it is understood, every URL of it has passed the guard, and its sizes
    /// are those of the source. Parts that a failed call leaves are removed where the plan says how.
    ///
    /// plan: what the backend handed out, as JSON or a bare URL.
    /// allow_authorization: whether requests of the plan may carry Authorization, each to its own URL alone:
    /// a Git LFS server hands out such tokens. Default: false, and such a plan is refused.
    /// timeout: bounds the whole call, retries included. Default: no limit. It is seconds or a timedelta,
    /// above 0 and at most 10 000 000 s.
    /// on_progress: as in put.
    /// Raises InvalidInputError: the plan cannot work. The field of the error's details is the JSON Pointer
    /// of what is wrong.
    /// Raises RejectedError: a Git LFS server refuses the object.
    /// Raises DropoffError: as put.
    #[pyo3(signature = (plan, source, *, allow_authorization=None, timeout=None, on_progress=None))]
    fn start_send(
        &self,
        py: Python<'_>,
        plan: &Bound<'_, PyAny>,
        source: &Bound<'_, PyAny>,
        allow_authorization: Option<&Bound<'_, PyAny>>,
        timeout: Option<&Bound<'_, PyAny>>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Job> {
        Job::start(py, on_progress, |streams| {
            let mut request = SendRequest::new(json::text(plan, "plan")?, inputs::source(source, streams)?);
            if let Some(allow) = allow_authorization {
                request = request.allow_authorization(inputs::truth(allow, "allow_authorization")?);
            }
            if let Some(limit) = inputs::timeout(timeout)? {
                request = request.timeout(limit);
            }
            Ok(self.0.start_send(request)?)
        })
    }

    // `close()`, `with` and their async forms: see `dropoff/_waiting.py` and `_async.py`.
    fn _close<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, Job>>> {
        self.1.close(py)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Pickled<'py>> {
        slf.get().1.pickled(slf.as_any())
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

//! `HCompany`: browser profiles.

use dropoff::{ProfileDetails, ProfileUpload};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::client_state::{ClientState, Pickled, lasting};
use crate::errors::{Failure, guarded};
use crate::job::Job;
use crate::results::StoredObject;
use crate::tickets::ProfileTicket;
use crate::{inputs, options, profile};

/// A client of H Company's browser profiles. May be shared between threads, and pickled if its key came from
/// the environment: it is made anew where it is unpickled.
///
/// Each call has a start_… twin that takes the same arguments, returns a Job at once, and calls on_progress
/// on a thread of its own instead of the caller's.
///
/// api_key: the API key. Default: the environment variable HAI_API_KEY, then the file that hai login writes
/// (~/.config/hai/.env).
/// region: the account's region, eu (default) or us. Regions are separate: a profile lives in one.
/// base_url: another place for the API; https, or http on loopback. Default: the environment variable
/// HAI_API_BASE_URL. Goes before region.
/// options: see Options.
/// Raises AuthenticationError: there is no key.
/// Raises InvalidInputError: a region, URL or option is not one.
#[pyclass(frozen, module = "dropoff")]
pub(crate) struct HCompany(dropoff::HCompany, pub(crate) ClientState);

/// The arguments that name a profile.
struct Details<'a, 'py> {
    name: &'a Bound<'py, PyAny>,
    browser_name: Option<&'a Bound<'py, PyAny>>,
    browser_version: Option<&'a Bound<'py, PyAny>>,
    description: Option<&'a Bound<'py, PyAny>>,
    labels: Option<&'a Bound<'py, PyAny>>,
}

impl Details<'_, '_> {
    fn to_core(&self) -> Result<ProfileDetails, Failure> {
        let mut details = ProfileDetails::new(inputs::text(self.name, "name")?);
        if let Some(name) = inputs::optional(self.browser_name, "browser_name")? {
            details = details.browser_name(name);
        }
        if let Some(version) = inputs::optional(self.browser_version, "browser_version")? {
            details = details.browser_version(version);
        }
        if let Some(text) = inputs::optional(self.description, "description")? {
            details = details.description(text);
        }
        for (name, value) in self.labels.map_or(Ok(Vec::new()), |l| inputs::pairs(l, "labels"))? {
            details = details.label(name, value);
        }
        Ok(details)
    }
}

// It has a default other than None, so it is converted before the body runs.
fn region<'a>(value: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
    Ok(inputs::text(value, "region")?)
}

#[pymethods]
impl HCompany {
    #[new]
    #[pyo3(signature = (api_key=None, *, region="eu", base_url=None, **options))]
    fn new(
        py: Python<'_>,
        api_key: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = region)] region: &str,
        base_url: Option<&Bound<'_, PyAny>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        guarded(|| {
            let options = lasting(options)?;
            let mut builder =
                dropoff::HCompany::builder().region(region).options(options::options(options.as_ref())?);
            if let Some(key) = inputs::optional(api_key, "api_key")? {
                builder = builder.api_key(key);
            }
            if let Some(url) = inputs::optional(base_url, "base_url")? {
                builder = builder.base_url(url);
            }
            let region = PyString::new(py, region).into_any();
            let more = [("region", Some(&region)), ("base_url", base_url)];
            let state = ClientState::new(py, options.as_ref(), &more, api_key.is_some())?;
            Ok(Self(builder.build()?, state))
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

    /// Uploads a profile and waits until the service has registered it and its checksum is compared.
    ///
    /// start_upload_profile() gives a Job of it at once.
    ///
    /// source: a browser's user-data folder, which is packed, or a zip of one, sent as it is.
    /// name: what the profile is called.
    /// browser_name: the browser it belongs to, such as chromium or firefox; the service decides which there
    /// are. Default, for a folder that is packed: what the folder tells, and PackReport.browser_guessed is
    /// then true.
    /// browser_version: that browser's version, such as 131. Default: as the browser's name.
    /// description: a text for people. Default: none.
    /// labels: the labels, a name and its value; their order is kept.
    /// pack: how a folder is packed. A zip is sent as it is, whatever this says.
    /// if_changed_from: the id of an earlier profile. If the archive equals that one's by the service's own
    /// checksum, nothing is sent, and the result is that profile with Profile.unchanged set. A profile that
    /// is not there any more equals nothing. Default: it is sent.
    /// timeout: bounds the whole call, retries included. Default: no limit. It is seconds or a timedelta,
    /// above 0 and at most 10 000 000 s.
    /// on_progress: a plain function, called on this thread with a Progress, every 0.1 s at most and once at
    /// the end. If it raises, the upload is cancelled and the exception passes through.
    /// Raises InvalidInputError: an argument is missing or wrong; nothing was sent.
    /// Raises BrowserRunningError: a browser is using the folder; close it, or see if_running of Pack.
    /// Raises TooLargeError: the archive is larger than the service takes; the message names the largest
    /// files.
    /// Raises SourceChangedError: a file changed while it was packed.
    /// Raises IntegrityError: the profile is registered, outcome is completed, and is not what was sent.
    /// Raises UnknownOutcomeError: ask get_profile for its profile_id later.
    /// Raises DropoffError: any other kind.
    #[pyo3(signature = (
        source, *, name, browser_name=None, browser_version=None, description=None, labels=None,
        pack=None, if_changed_from=None, timeout=None, on_progress=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python call")]
    fn start_upload_profile(
        &self,
        py: Python<'_>,
        source: &Bound<'_, PyAny>,
        name: &Bound<'_, PyAny>,
        browser_name: Option<&Bound<'_, PyAny>>,
        browser_version: Option<&Bound<'_, PyAny>>,
        description: Option<&Bound<'_, PyAny>>,
        labels: Option<&Bound<'_, PyAny>>,
        pack: Option<&Bound<'_, PyAny>>,
        if_changed_from: Option<&Bound<'_, PyAny>>,
        timeout: Option<&Bound<'_, PyAny>>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Job> {
        Job::start(py, on_progress, |streams| {
            let details = Details { name, browser_name, browser_version, description, labels }.to_core()?;
            let mut request =
                ProfileUpload::new(inputs::source(source, streams)?, details).pack(profile::pack(pack)?);
            if let Some(id) = inputs::optional(if_changed_from, "if_changed_from")? {
                request = request.if_changed_from(id);
            }
            if let Some(limit) = inputs::timeout(timeout)? {
                request = request.timeout(limit);
            }
            Ok(self.0.start_upload_profile(request)?)
        })
    }

    /// Step one: reserves a profile id and asks for a presigned form.
    ///
    /// start_initiate_upload() gives a Job of it at once.
    ///
    /// Safe to repeat; a reserved id that is not used is removed by the service within a day.
    ///
    /// Raises AuthenticationError, PermissionDeniedError, RateLimitedError, UnavailableError, NetworkError,
    /// TransferTimeoutError, TlsError: as their names say.
    fn start_initiate_upload(&self, py: Python<'_>) -> PyResult<Job> {
        Job::start(py, None, |_| Ok(self.0.start_initiate_upload()?))
    }

    /// Step two: sends the archive to storage with a ticket. Safe to repeat until the ticket expires.
    ///
    /// start_upload() gives a Job of it at once.
    ///
    /// source: as in upload_profile.
    /// pack: as in upload_profile.
    /// on_progress: as in upload_profile.
    /// Raises BrowserRunningError, SourceChangedError, TooLargeError: as upload_profile.
    /// Raises DropoffError: as Storage.post_form.
    #[pyo3(signature = (ticket, source, *, pack=None, on_progress=None))]
    fn start_upload(
        &self,
        py: Python<'_>,
        ticket: &Bound<'_, PyAny>,
        source: &Bound<'_, PyAny>,
        pack: Option<&Bound<'_, PyAny>>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Job> {
        Job::start(py, on_progress, |streams| {
            let ticket = inputs::object::<ProfileTicket>(ticket, "ticket", "a ProfileTicket")?;
            let source = inputs::source(source, streams)?;
            Ok(self.0.start_upload(&ticket.get().0, source, &profile::pack(pack)?)?)
        })
    }

    /// Step three: registers the uploaded archive as a profile, within a day of step one.
    ///
    /// start_complete_upload() gives a Job of it at once.
    ///
    /// profile_id: ProfileTicket.profile_id.
    /// name: what the profile is called.
    /// browser_name: the browser it belongs to; there is no folder here to tell it.
    /// browser_version: that browser's version.
    /// description: a text for people. Default: none.
    /// labels: the labels, a name and its value; their order is kept.
    /// uploaded: the result of HCompany.upload, to be compared with what the service stored.
    /// Raises RejectedError: details names the fields.
    /// Raises NotFoundError, IntegrityError, UnknownOutcomeError: and those of initiate_upload.
    #[pyo3(signature = (
        profile_id, *, name, browser_name=None, browser_version=None, description=None, labels=None,
        uploaded=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python call")]
    fn start_complete_upload(
        &self,
        py: Python<'_>,
        profile_id: &Bound<'_, PyAny>,
        name: &Bound<'_, PyAny>,
        browser_name: Option<&Bound<'_, PyAny>>,
        browser_version: Option<&Bound<'_, PyAny>>,
        description: Option<&Bound<'_, PyAny>>,
        labels: Option<&Bound<'_, PyAny>>,
        uploaded: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Job> {
        Job::start(py, None, |_| {
            let mut details =
                Details { name, browser_name, browser_version, description, labels }.to_core()?;
            if let Some(stored) = uploaded {
                let stored = inputs::object::<StoredObject>(stored, "uploaded", "a StoredObject")?;
                details = details.uploaded(stored.get().0.clone());
            }
            Ok(self.0.start_complete_upload(inputs::text(profile_id, "profile_id")?, details)?)
        })
    }

    /// The profile as the service has it now. verified is false: nothing was sent to compare with.
    ///
    /// start_get_profile() gives a Job of it at once.
    ///
    /// Raises NotFoundError: also for a profile that was never completed.
    fn start_get_profile(&self, py: Python<'_>, profile_id: &Bound<'_, PyAny>) -> PyResult<Job> {
        Job::start(py, None, |_| Ok(self.0.start_get_profile(inputs::text(profile_id, "profile_id")?)?))
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

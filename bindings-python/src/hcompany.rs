//! `HCompany`: browser profiles.

use dropoff::{ProfileDetails, ProfileUpload};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::{Failure, guarded};
use crate::job::Job;
use crate::results::StoredObject;
use crate::tickets::ProfileTicket;
use crate::{errors, inputs, options, profile};

/// A client of H Company's browser profiles. May be shared between threads.
///
/// api_key: default, the environment variable HAI_API_KEY, then the file that `hai login` writes.
/// region: "eu" or "us". base_url: another place for the API.
/// options: see Options; lengths of time are seconds or timedeltas.
/// Raises AuthenticationError without a key, InvalidInputError for a bad region, URL or option.
#[pyclass(frozen, module = "dropoff")]
pub(crate) struct HCompany(dropoff::HCompany);

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
        api_key: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = region)] region: &str,
        base_url: Option<&Bound<'_, PyAny>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        guarded(|| {
            let mut builder = dropoff::HCompany::builder().region(region).options(options::options(options)?);
            if let Some(key) = inputs::optional(api_key, "api_key")? {
                builder = builder.api_key(key);
            }
            if let Some(url) = inputs::optional(base_url, "base_url")? {
                builder = builder.base_url(url);
            }
            Ok(Self(builder.build()?))
        })
    }

    /// From now on all uploads of this client together send at most so many bytes a second, those under way
    /// too.
    ///
    /// bytes_per_second: 1024 to 1099511627776, or None for no limit.
    fn set_bandwidth_limit(&self, bytes_per_second: &Bound<'_, PyAny>) -> PyResult<()> {
        guarded(|| Ok(self.0.set_bandwidth_limit(options::bandwidth_limit(bytes_per_second)?)?))
    }

    /// Uploads a profile until the service has registered it and its checksum is compared.
    /// upload_profile() gives a Profile, start_upload_profile() a Job at once.
    ///
    /// source: a browser's user-data folder, which is packed, or a zip of one, sent as it is.
    /// name, browser_name, browser_version: such as "acme-login", "chromium", "131"; every profile needs them, but
    /// a folder tells its browser and version where they are left out.
    /// labels: a mapping of str to str, or pairs; their order is kept.
    /// pack: a Pack, how a folder is packed.
    /// if_changed_from: the id of an earlier profile. If the archive equals that one's, nothing is sent, and the
    /// result is that profile with `unchanged` set.
    /// timeout: seconds or a timedelta for the whole call, retries included; above 0, at most 10 000 000.
    /// Default: no limit.
    /// on_progress: a plain function that gets a Progress every 0.1 s at most, and once at the end. If it
    /// raises, the call is cancelled.
    /// Raises InvalidInputError before anything is sent, BrowserRunningError if a browser is using the folder,
    /// IntegrityError if what is registered is not what was sent, UnknownOutcomeError, and any other DropoffError.
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

    /// Step one: reserves a profile id and asks for a presigned form. Gives a ProfileTicket;
    /// start_initiate_upload() gives a Job at once.
    ///
    /// Safe to repeat: the service removes a reserved id that is not used within a day.
    fn start_initiate_upload(&self, py: Python<'_>) -> PyResult<Job> {
        Job::start(py, None, |_| Ok(self.0.start_initiate_upload()?))
    }

    /// Step two: sends the archive to storage with a ticket. Gives a StoredObject; start_upload() gives a Job
    /// at once.
    ///
    /// source, pack, on_progress: as in upload_profile(). Safe to repeat until the ticket expires.
    /// Raises DropoffError as Storage.post_form(), and BrowserRunningError.
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

    /// Step three: registers the uploaded archive as a profile, within a day of step one. Gives a Profile;
    /// start_complete_upload() gives a Job at once.
    ///
    /// profile_id: that of the ticket. uploaded: what upload() gave, to be compared with what the service
    /// stored; without it `verified` is false.
    /// Raises RejectedError, NotFoundError, IntegrityError, UnknownOutcomeError, or another DropoffError.
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

    /// The profile as the service has it now, a Profile; start_get_profile() gives a Job at once.
    ///
    /// Raises NotFoundError also for a profile that was never completed.
    fn start_get_profile(&self, py: Python<'_>, profile_id: &Bound<'_, PyAny>) -> PyResult<Job> {
        Job::start(py, None, |_| Ok(self.0.start_get_profile(inputs::text(profile_id, "profile_id")?)?))
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(errors::holds_a_key())
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

//! `HCompany`: browser profiles.

use dropoff::{ProfileDetails, ProfileUpload};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::{Failure, guarded};
use crate::job::Job;
use crate::results::StoredObject;
use crate::tickets::ProfileTicket;
use crate::{inputs, options};

/// A client of H Company's browser profiles.
#[pyclass(frozen, module = "dropoff")]
pub(crate) struct HCompany(dropoff::HCompany);

/// The arguments that name a profile.
struct Details<'a, 'py> {
    name: &'a str,
    browser_name: Option<&'a str>,
    browser_version: Option<&'a str>,
    description: Option<&'a str>,
    labels: Option<&'a Bound<'py, PyAny>>,
}

impl Details<'_, '_> {
    fn to_core(&self) -> Result<ProfileDetails, Failure> {
        let mut details = ProfileDetails::new(self.name)
            .browser(self.browser_name.unwrap_or_default(), self.browser_version.unwrap_or_default());
        if let Some(text) = self.description {
            details = details.description(text);
        }
        for (name, value) in self.labels.map_or(Ok(Vec::new()), |l| inputs::pairs(l, "labels"))? {
            details = details.label(name, value);
        }
        Ok(details)
    }
}

#[pymethods]
impl HCompany {
    #[new]
    #[pyo3(signature = (api_key=None, *, region="eu", base_url=None, **options))]
    fn new(
        api_key: Option<inputs::Text>,
        region: &str,
        base_url: Option<inputs::Text>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        guarded(|| {
            let mut builder = dropoff::HCompany::builder().region(region).options(options::options(options)?);
            if let Some(key) = api_key {
                builder = builder.api_key(key.0);
            }
            if let Some(url) = base_url {
                builder = builder.base_url(url.0);
            }
            Ok(Self(builder.build()?))
        })
    }

    /// Uploads a profile. upload_profile() waits until the service has registered it and its
    /// checksum is compared.
    #[pyo3(signature = (
        source, *, name, browser_name=None, browser_version=None, description=None, labels=None,
        timeout=None, on_progress=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python call")]
    fn start_upload_profile(
        &self,
        py: Python<'_>,
        source: &Bound<'_, PyAny>,
        name: &str,
        browser_name: Option<&str>,
        browser_version: Option<&str>,
        description: Option<&str>,
        labels: Option<&Bound<'_, PyAny>>,
        timeout: Option<&Bound<'_, PyAny>>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Job> {
        Job::start(py, on_progress, |streams| {
            let details = Details { name, browser_name, browser_version, description, labels }.to_core()?;
            let mut request = ProfileUpload::new(inputs::source(source, streams)?, details);
            if let Some(limit) = inputs::timeout(timeout)? {
                request = request.timeout(limit);
            }
            Ok(self.0.start_upload_profile(request)?)
        })
    }

    /// Step one: reserves a profile id and asks for a presigned form.
    fn start_initiate_upload(&self, py: Python<'_>) -> PyResult<Job> {
        Job::start(py, None, |_| Ok(self.0.start_initiate_upload()?))
    }

    /// Step two: sends the archive to storage with a ticket.
    #[pyo3(signature = (ticket, source, *, on_progress=None))]
    fn start_upload(
        &self,
        py: Python<'_>,
        ticket: &Bound<'_, ProfileTicket>,
        source: &Bound<'_, PyAny>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Job> {
        Job::start(py, on_progress, |streams| {
            Ok(self.0.start_upload(&ticket.get().0, inputs::source(source, streams)?)?)
        })
    }

    /// Step three: registers the uploaded archive as a profile.
    #[pyo3(signature = (
        profile_id, *, name, browser_name=None, browser_version=None, description=None, labels=None,
        uploaded=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python call")]
    fn start_complete_upload(
        &self,
        py: Python<'_>,
        profile_id: &str,
        name: &str,
        browser_name: Option<&str>,
        browser_version: Option<&str>,
        description: Option<&str>,
        labels: Option<&Bound<'_, PyAny>>,
        uploaded: Option<&Bound<'_, StoredObject>>,
    ) -> PyResult<Job> {
        Job::start(py, None, |_| {
            let mut details =
                Details { name, browser_name, browser_version, description, labels }.to_core()?;
            if let Some(stored) = uploaded {
                details = details.uploaded(stored.get().0.clone());
            }
            Ok(self.0.start_complete_upload(profile_id, details)?)
        })
    }

    /// The profile as the service has it now.
    fn start_get_profile(&self, py: Python<'_>, profile_id: &str) -> PyResult<Job> {
        Job::start(py, None, |_| Ok(self.0.start_get_profile(profile_id)?))
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

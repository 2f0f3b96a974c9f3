//! `HCompany`: browser profiles.

use dropoff::{Error, ProfileDetails, ProfileUpload};
use napi::{Either, Env};
use napi_derive::napi;

use crate::errors::{Failed, guarded};
use crate::inputs::{self, Source};
use crate::job::Job;
use crate::options::{self, GivenOption};
use crate::profiles::{self, Pack};
use crate::storage::Stored;
use crate::tickets::ProfileTicket;

/// A client of browser profiles.
#[napi]
pub struct HCompany(dropoff::HCompany);

/// What a client is made from.
#[napi(object, object_to_js = false)]
pub struct HCompanySettings {
    /// Default: the environment's.
    pub api_key: Option<String>,
    /// `eu` or `us`.
    pub region: Option<String>,
    /// Goes before the region.
    pub base_url: Option<String>,
    /// The rest.
    pub options: Vec<GivenOption>,
}

/// The arguments that name a profile.
#[napi(object, object_to_js = false)]
pub struct Details {
    /// Its name.
    pub name: String,
    /// The browser it belongs to.
    pub browser_name: Option<String>,
    /// That browser's version.
    pub browser_version: Option<String>,
    /// A text for people.
    pub description: Option<String>,
    /// Names and values.
    pub labels: Option<Vec<Vec<String>>>,
    /// What was sent, to be compared.
    pub uploaded: Option<Stored>,
    /// How a folder is packed.
    pub pack: Option<Pack>,
    /// An earlier profile's id.
    pub if_changed_from: Option<String>,
    /// A limit for the whole call, in milliseconds.
    pub timeout: Option<f64>,
}

impl Details {
    fn into_core(self) -> Result<ProfileDetails, Error> {
        let mut details = ProfileDetails::new(self.name);
        if let Some(name) = self.browser_name {
            details = details.browser_name(name);
        }
        if let Some(version) = self.browser_version {
            details = details.browser_version(version);
        }
        if let Some(text) = self.description {
            details = details.description(text);
        }
        for (name, value) in inputs::pairs(self.labels.unwrap_or_default())? {
            details = details.label(name, value);
        }
        if let Some(stored) = self.uploaded {
            details = details.uploaded(stored.into_core()?);
        }
        Ok(details)
    }
}

/// Makes a client.
#[napi]
pub fn hcompany(settings: HCompanySettings) -> Either<HCompany, Failed> {
    guarded(|| {
        let mut builder = dropoff::HCompany::builder().options(options::options(settings.options)?);
        if let Some(key) = settings.api_key {
            builder = builder.api_key(key);
        }
        if let Some(region) = settings.region {
            builder = builder.region(region);
        }
        if let Some(url) = settings.base_url {
            builder = builder.base_url(url);
        }
        Ok(HCompany(builder.build()?))
    })
}

#[napi]
impl HCompany {
    /// Changes the limit of all uploads together.
    #[napi]
    pub fn set_bandwidth_limit(&self, limit: Option<GivenOption>) -> Either<(), Failed> {
        guarded(|| self.0.set_bandwidth_limit(options::bandwidth_limit(limit)?))
    }

    /// Uploads a profile.
    #[napi]
    pub fn start_upload_profile(
        &self,
        env: &Env,
        source: &Source,
        mut details: Details,
    ) -> Either<Job, Failed> {
        Job::start(env, || {
            let timeout = inputs::timeout(details.timeout)?;
            let pack = profiles::pack(details.pack.take())?;
            let earlier = details.if_changed_from.take();
            let mut request = ProfileUpload::new(source.take()?, details.into_core()?).pack(pack);
            if let Some(id) = earlier {
                request = request.if_changed_from(id);
            }
            if let Some(limit) = timeout {
                request = request.timeout(limit);
            }
            self.0.start_upload_profile(request)
        })
    }

    /// Step one.
    #[napi]
    pub fn start_initiate_upload(&self, env: &Env) -> Either<Job, Failed> {
        Job::start(env, || self.0.start_initiate_upload())
    }

    /// Step two.
    #[napi]
    pub fn start_upload(
        &self,
        env: &Env,
        source: &Source,
        ticket: &ProfileTicket,
        pack: Option<Pack>,
    ) -> Either<Job, Failed> {
        Job::start(env, || self.0.start_upload(&ticket.0, source.take()?, &profiles::pack(pack)?))
    }

    /// Step three.
    #[napi]
    pub fn start_complete_upload(
        &self,
        env: &Env,
        profile_id: String,
        details: Details,
    ) -> Either<Job, Failed> {
        Job::start(env, || self.0.start_complete_upload(&profile_id, details.into_core()?))
    }

    /// The profile as the service has it now.
    #[napi]
    pub fn start_get_profile(&self, env: &Env, profile_id: String) -> Either<Job, Failed> {
        Job::start(env, || self.0.start_get_profile(&profile_id))
    }

    /// As it may be printed.
    #[napi]
    pub fn shown(&self) -> String {
        format!("{:?}", self.0)
    }
}

//! A client of H Company's browser profiles: each call, in its blocking and its started form.

use std::path::PathBuf;
use std::sync::Arc;

use super::initiate::initiate;
use super::profile::Profile;
use super::request::{ProfileDetails, ProfileUpload};
use super::resource::PROFILE;
use super::ticket::ProfileTicket;
use super::upload_archive::upload;
use super::upload_profile::upload_profile;
use super::{complete, wire};
use crate::error::{Error, Result};
use crate::job::{self, Job};
use crate::options::Options;
use crate::profile::Pack;
use crate::secret::Secret;
use crate::service::{self, Login, Service, ServiceCheck};
use crate::source::Source;
use crate::storage::StoredObject;

const ROOT: &str = "api/v2/browser-profiles";
const KEY_VARIABLE: &str = "HAI_API_KEY";
/// As the service's own command line reads it.
const BASE_URL_VARIABLE: &str = "HAI_API_BASE_URL";
/// The service's base URLs, by region, as its OpenAPI document lists them.
const EU: &str = "https://agp.eu.hcompany.ai";
const US: &str = "https://agp.hcompany.ai";
/// The UUID that no profile has.
const NO_PROFILE: &[&str] = &["00000000-0000-0000-0000-000000000000"];

/// A client of H Company's browser profiles.
///
/// Cheap to clone; clones share connections. May be used from any thread.
#[derive(Clone)]
pub struct HCompany {
    service: Arc<Service>,
}

/// Settings for [`HCompany`].
#[derive(Debug, Default)]
pub struct HCompanyBuilder {
    api_key: Option<Secret>,
    region: Option<String>,
    base_url: Option<Secret>,
    options: Options,
}

impl HCompanyBuilder {
    /// The API key. Default: the environment variable `HAI_API_KEY`, then the file that `hai login`
    /// writes (`~/.config/hai/.env`).
    #[must_use]
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(Secret::new(key));
        self
    }
    /// The account's region, `eu` (default) or `us`. Regions are separate: a profile lives in one.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }
    /// Another place for the API; https, or http on loopback. Default: the environment variable
    /// `HAI_API_BASE_URL`. Goes before `region`.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(Secret::new(url));
        self
    }
    /// Time limits, retries and the rest.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }
    /// Makes the client; no connection yet.
    ///
    /// # Errors
    /// `authentication` without a key; `invalid_input` for a bad region or base URL.
    pub fn build(self) -> Result<HCompany> {
        // A wrong one is told, also where another place goes before it.
        let of_the_region = match self.region.as_deref() {
            None | Some("eu") => EU,
            Some("us") => US,
            Some(other) => {
                return Err(Error::invalid(format!("region must be \"eu\" or \"us\", not {other:?}")));
            }
        };
        let base = service::base_url(self.base_url.as_ref(), BASE_URL_VARIABLE, of_the_region)?;
        let login = Login { command: "hai login", file: login_file() };
        let given = self.api_key.map(|k| k.reveal().to_owned());
        let key = service::api_key(given, KEY_VARIABLE, Some(&login))?;
        Ok(HCompany { service: Arc::new(Service::new(self.options, base, key, ROOT, wire::refusal)) })
    }
}

/// The file that `hai login` writes, on every system: `hai/.env` in `$XDG_CONFIG_HOME`, else in `~/.config`.
fn login_file() -> Option<PathBuf> {
    let given = std::env::var_os("XDG_CONFIG_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let folder = given.or_else(|| Some(crate::paths::home()?.join(".config")));
    folder.map(|folder| folder.join("hai/.env"))
}

impl HCompany {
    /// A builder with the defaults.
    #[must_use]
    pub fn builder() -> HCompanyBuilder {
        HCompanyBuilder::default()
    }

    /// From now on all uploads of this client and its clones together send at most so many bytes a second,
    /// those under way too; `None`: no limit. See [`Options::bandwidth_limit`].
    ///
    /// # Errors
    /// `invalid_input` outside 1 KiB to 1 TiB per second.
    pub fn set_bandwidth_limit(&self, bytes_per_second: Option<u64>) -> Result<()> {
        self.service.clients.set_bandwidth_limit(bytes_per_second)
    }

    /// Uploads a profile and waits until the service has registered it and its checksum is compared.
    ///
    /// # Errors
    /// Any kind. After `integrity` the profile is registered (`outcome` is `completed`) with other
    /// bytes than were sent; after `unknown_outcome` ask [`HCompany::get_profile`] with `profile_id`.
    pub fn upload_profile(&self, request: ProfileUpload) -> Result<Profile> {
        self.start_upload_profile(request)?.wait()
    }

    /// Starts [`HCompany::upload_profile`].
    ///
    /// # Errors
    /// `invalid_input`; everything else ends the job.
    pub fn start_upload_profile(&self, mut request: ProfileUpload) -> Result<Job<Profile>> {
        wire::check_name(&request.details)?;
        request.pack.check()?;
        if let Some(id) = &mut request.if_changed_from {
            *id = wire::checked_id(id, "if_changed_from")?;
        }
        let service = Arc::clone(&self.service);
        job::start("upload_profile", request.timeout, move |ctx| async move {
            upload_profile(&service, request, &ctx).await
        })
    }

    /// Step one: reserves a profile id and asks for a presigned form. Safe to repeat; a reserved id
    /// that is not used is removed by the service within a day.
    ///
    /// # Errors
    /// `authentication`, `permission`, `rate_limited`, `unavailable`, `network`, `timeout`, `tls`.
    pub fn initiate_upload(&self) -> Result<ProfileTicket> {
        self.start_initiate_upload()?.wait()
    }

    /// Starts [`HCompany::initiate_upload`].
    ///
    /// # Errors
    /// Only if the runtime cannot start.
    pub fn start_initiate_upload(&self) -> Result<Job<ProfileTicket>> {
        let service = Arc::clone(&self.service);
        job::start("initiate_upload", None, move |ctx| async move { initiate(&service, &ctx).await })
    }

    /// Step two: sends the archive to storage with a ticket. Safe to repeat until the ticket expires. A
    /// folder is packed as `pack` says; a zip is sent as it is.
    ///
    /// # Errors
    /// As [`Storage::post_form`](crate::Storage::post_form), and `browser_running`, `source_changed`,
    /// `too_large`.
    pub fn upload(
        &self,
        ticket: &ProfileTicket,
        source: impl Into<Source>,
        pack: &Pack,
    ) -> Result<StoredObject> {
        self.start_upload(ticket, source, pack)?.wait()
    }

    /// Starts [`HCompany::upload`].
    ///
    /// # Errors
    /// `invalid_input` for patterns that are none.
    pub fn start_upload(
        &self,
        ticket: &ProfileTicket,
        source: impl Into<Source>,
        pack: &Pack,
    ) -> Result<Job<StoredObject>> {
        pack.check()?;
        let (service, ticket, source) = (Arc::clone(&self.service), ticket.clone(), source.into());
        let pack = pack.clone();
        job::start(
            "upload",
            None,
            move |ctx| async move { upload(&service, &ticket, source, &pack, &ctx).await },
        )
    }

    /// Step three: registers the uploaded archive as a profile, within a day of step one.
    ///
    /// # Errors
    /// `rejected` with details, `not_found`, `integrity`, `unknown_outcome`, and those of step one.
    pub fn complete_upload(&self, profile_id: &str, details: ProfileDetails) -> Result<Profile> {
        self.start_complete_upload(profile_id, details)?.wait()
    }

    /// Starts [`HCompany::complete_upload`].
    ///
    /// # Errors
    /// `invalid_input` for an id that is no UUID or details that are incomplete.
    pub fn start_complete_upload(&self, profile_id: &str, details: ProfileDetails) -> Result<Job<Profile>> {
        let id = wire::checked_id(profile_id, "profile_id")?;
        let body = wire::CompleteBody::new(&details, None)?;
        let service = Arc::clone(&self.service);
        job::start("complete_upload", None, move |ctx| async move {
            ctx.set_resource(&PROFILE, &id);
            let profile = complete::complete(&service, &id, &body, &ctx).await?;
            match &details.uploaded {
                Some(stored) => complete::verified(profile, stored),
                None => Ok(profile),
            }
        })
    }

    /// The profile as the service has it now. `verified` is false: nothing was sent to compare with.
    ///
    /// # Errors
    /// `not_found` also for a profile that was never completed.
    pub fn get_profile(&self, profile_id: &str) -> Result<Profile> {
        self.start_get_profile(profile_id)?.wait()
    }

    /// Asks the service once, whether it can be reached and takes the key. It changes nothing.
    ///
    /// # Errors
    /// Only if the runtime cannot start: trouble with the service is [`ServiceCheck::error`].
    pub fn check(&self) -> Result<ServiceCheck> {
        self.start_check()?.wait()
    }

    /// Starts [`HCompany::check`].
    ///
    /// # Errors
    /// Only if the runtime cannot start.
    pub fn start_check(&self) -> Result<Job<ServiceCheck>> {
        let service = Arc::clone(&self.service);
        job::start("check", None, move |ctx| async move { service::check(&service, NO_PROFILE, &ctx).await })
    }

    /// Starts [`HCompany::get_profile`].
    ///
    /// # Errors
    /// `invalid_input` for an id that is no UUID.
    pub fn start_get_profile(&self, profile_id: &str) -> Result<Job<Profile>> {
        let id = wire::checked_id(profile_id, "profile_id")?;
        let service = Arc::clone(&self.service);
        job::start("get_profile", None, move |ctx| async move { complete::get(&service, &id, &ctx).await })
    }
}

impl std::fmt::Debug for HCompany {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HCompany{:?}", self.service)
    }
}

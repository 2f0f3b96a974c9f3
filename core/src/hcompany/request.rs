//! A request of the caller: the profile's name and browser, and one whole upload of it.

use std::time::Duration;

use crate::profile::Pack;
use crate::source::Source;
use crate::storage::StoredObject;

/// The name and browser of a profile. The browser must be one the service knows (`chromium`, `firefox`,
/// `webkit`, …; the service decides) and the version is free text such as `131`.
#[derive(Debug, Clone, Default)]
pub struct ProfileDetails {
    pub(super) name: String,
    pub(super) browser_name: Option<String>,
    pub(super) browser_version: Option<String>,
    pub(super) description: Option<String>,
    pub(super) labels: Vec<(String, String)>,
    pub(super) uploaded: Option<StoredObject>,
}

impl ProfileDetails {
    /// * `name`: what the profile is called.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
    /// The browser the profile belongs to.
    #[must_use]
    pub fn browser(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.browser_name = Some(name.into());
        self.browser_version = Some(version.into());
        self
    }
    /// The browser it belongs to, such as `chromium` or `firefox`; the service decides which there are.
    /// Default, for a folder that is packed: what the folder tells, and
    /// [`PackReport::browser_guessed`](crate::PackReport::browser_guessed) is then true.
    #[must_use]
    pub fn browser_name(mut self, name: impl Into<String>) -> Self {
        self.browser_name = Some(name.into());
        self
    }
    /// That browser's version, such as `131`. Default: as the browser's name.
    #[must_use]
    pub fn browser_version(mut self, version: impl Into<String>) -> Self {
        self.browser_version = Some(version.into());
        self
    }
    /// A text for people. Default: none.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }
    /// One of the labels, a name and its value; their order is kept.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }
    /// The result of [`HCompany::upload`](crate::HCompany::upload), to be compared with what the service
    /// stored.
    #[must_use]
    pub fn uploaded(mut self, stored: StoredObject) -> Self {
        self.uploaded = Some(stored);
        self
    }
}

/// One whole browser-profile upload.
#[derive(Debug)]
pub struct ProfileUpload {
    pub(super) source: Source,
    pub(super) details: ProfileDetails,
    pub(super) pack: Pack,
    pub(super) if_changed_from: Option<String>,
    pub(super) timeout: Option<Duration>,
}

impl ProfileUpload {
    /// * `source`: a browser's user-data folder, which is packed, or a zip of one, sent as it is.
    pub fn new(source: impl Into<Source>, details: ProfileDetails) -> Self {
        Self { source: source.into(), details, pack: Pack::new(), if_changed_from: None, timeout: None }
    }
    /// How a folder is packed. A zip is sent as it is, whatever this says.
    #[must_use]
    pub fn pack(mut self, pack: Pack) -> Self {
        self.pack = pack;
        self
    }
    /// The id of an earlier profile. If the archive equals that one's by the service's own checksum, nothing
    /// is sent, and the result is that profile with [`Profile::unchanged`](crate::Profile::unchanged) set. A
    /// profile that is not there any more equals nothing. Default: it is sent.
    #[must_use]
    pub fn if_changed_from(mut self, profile_id: impl Into<String>) -> Self {
        self.if_changed_from = Some(profile_id.into());
        self
    }
    /// Bounds the whole call, retries included. Default: no limit.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }
}

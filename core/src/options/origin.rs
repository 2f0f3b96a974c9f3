//! The scheme, host and port of a storage service.

use url::Url;

use super::table::{OptionSpec, out_of_range};
use crate::error::Result;

/// The scheme, host and port of a storage service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    pub(crate) fn of(url: &Url) -> Option<Self> {
        Some(Self {
            scheme: url.scheme().to_owned(),
            host: url.host_str()?.to_ascii_lowercase(),
            port: url.port_or_known_default()?,
        })
    }

    pub(crate) fn is_of(&self, url: &Url) -> bool {
        self.scheme == url.scheme()
            && url.host_str().is_some_and(|host| self.host.eq_ignore_ascii_case(host))
            && url.port_or_known_default() == Some(self.port)
    }
}

pub(super) fn parse_origin(spec: &OptionSpec, text: &str) -> Result<Origin> {
    let url = Url::parse(text).ok().filter(|u| {
        matches!(u.scheme(), "http" | "https")
            && u.path() == "/"
            && u.query().is_none()
            && u.username().is_empty()
            && u.password().is_none()
    });
    url.as_ref().and_then(Origin::of).ok_or_else(|| out_of_range(spec))
}

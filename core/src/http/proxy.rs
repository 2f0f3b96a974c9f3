//! Which proxy a target is reached through: the `proxy` option, else the environment's variables
//! (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`), read once when the client is made.

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;

use crate::options::Options;

pub(super) struct Proxies(Matcher);

/// A proxy to go through.
pub(super) struct Proxy {
    pub(super) uri: Uri,
    pub(super) auth: Option<HeaderValue>,
}

impl Proxies {
    pub(super) fn new(options: &Options) -> Self {
        Self(match &options.proxy {
            Some(url) => Matcher::builder().all(url.reveal().as_str()).build(),
            None => Matcher::from_env(),
        })
    }

    pub(super) fn of(&self, target: &super::Target) -> Option<Proxy> {
        let scheme = if target.is_https() { "https" } else { "http" };
        let uri: Uri = format!("{scheme}://{}/", target.authority()).parse().ok()?;
        let found = self.0.intercept(&uri)?;
        Some(Proxy { uri: found.uri().clone(), auth: found.basic_auth().cloned() })
    }
}

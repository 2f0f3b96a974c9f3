//! One service, as one client sees it: its base URL, its key, and how a call to it is addressed.

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::error::{Error, Result};
use crate::http::api::{ApiCall, ApiReply, REPLY_LIMIT};
use crate::http::retry::Retry;
use crate::http::{Clients, HttpClients, is_loopback};
use crate::job::JobContext;
use crate::options::Options;
use crate::secret::Secret;

/// One service, as one client sees it.
pub(crate) struct Service {
    pub(crate) clients: Clients,
    base: Url,
    key: Secret,
    /// Where its endpoints begin, below the base URL.
    root: &'static str,
    refusal: fn(&ApiReply) -> Error,
}

impl Service {
    pub(crate) fn new(
        options: Options,
        base: Url,
        key: Secret,
        root: &'static str,
        refusal: fn(&ApiReply) -> Error,
    ) -> Self {
        Self { clients: Clients::new(options), base, key, root, refusal }
    }

    /// A call below the root; the segments are percent-encoded, so an id cannot lead elsewhere.
    pub(crate) fn call(
        &self,
        operation: &'static str,
        method: Method,
        segments: &[&str],
        body: Option<Vec<u8>>,
    ) -> Result<ApiCall<'_>> {
        let mut path = self.root.to_owned();
        for segment in segments {
            path.push('/');
            path.extend(utf8_percent_encode(segment, SEGMENT));
        }
        let url = self.base.join(&path).map_err(|e| Error::internal("a path could not be made").cause(&e))?;
        let (key, refusal) = (&self.key, self.refusal);
        Ok(ApiCall {
            operation,
            method,
            url,
            key,
            body,
            reply_limit: REPLY_LIMIT,
            hides: Vec::new(),
            refusal,
        })
    }

    /// Where it is, and no key.
    pub(crate) fn shown(&self) -> String {
        crate::secret::without_secrets(&self.base)
    }

    /// The tries of one call.
    pub(crate) fn retry<'a>(&self, clients: &HttpClients, ctx: &'a JobContext) -> Retry<'a> {
        clients.retry(&self.base, &self.clients.options, ctx)
    }
}

/// Shows where it is, and no key.
impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "({})", crate::secret::without_secrets(&self.base))
    }
}

/// The characters that may stand unencoded in one segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The place of the API: the URL given, else the environment's, else the service's own.
pub(crate) fn base_url(given: Option<&Secret>, variable: &str, own: &str) -> Result<Url> {
    if let Some(url) = given {
        return checked_url("base_url", url.reveal());
    }
    // Text that is no UTF-8 is no URL either, and must not lead to the service's own place.
    let found = std::env::var_os(variable).map(|url| url.to_string_lossy().trim().to_owned());
    match found.filter(|url| !url.is_empty()) {
        Some(url) => checked_url(variable, &url),
        None => checked_url("base_url", own),
    }
}

/// A service's base URL: https, or http on loopback only, since the key goes there.
fn checked_url(name: &str, text: &str) -> Result<Url> {
    let refused = |why: &str| Err(Error::invalid(format!("{name} {why}")));
    let Ok(mut url) = Url::parse(text) else {
        return refused("is not a URL; give it like https://api.example.com");
    };
    if !url.has_host() {
        return refused("has no host; give it like https://api.example.com");
    }
    if !(url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url))) {
        return refused("must be https, since the API key is sent there; http is for loopback only");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refused("holds a user name or password; leave them out");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refused("holds a query or fragment; give scheme, host and path only");
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn base_url(text: &str) -> Result<Url> {
        super::base_url(Some(&Secret::new(text)), "NO_SUCH_VARIABLE", "https://api.example.com")
    }

    #[test]
    fn the_own_place_is_where_neither_the_caller_nor_the_environment_names_one() {
        let url = super::base_url(None, "NO_SUCH_VARIABLE", "https://api.example.com").expect("a URL");
        assert_eq!(url.as_str(), "https://api.example.com/");
    }

    #[test]
    fn a_variable_that_holds_no_place_is_named() {
        // Each process has it, and it holds no URL. That of Windows begins as one of a scheme `c:` would.
        let error = super::base_url(None, "PATH", "https://api.example.com").expect_err("no URL");
        let said = ["PATH is not a URL", "PATH has no host"].map(|why| error.message().starts_with(why));
        assert!(said.contains(&true), "{error}");
    }

    #[test]
    fn the_key_only_goes_to_https_or_loopback() {
        for good in [
            "https://api.example.com",
            "https://h/x/",
            "http://127.0.0.1:1",
            "http://[::1]:1",
            "http://localhost:2",
        ] {
            assert!(base_url(good).expect(good).path().ends_with('/'));
        }
        for bad in [
            "http://api.example.com",
            "api.example.com",
            "https://u:p@h",
            "https://h/?q=1",
            "ftp://h",
            "http://localhost.evil.com",
        ] {
            let error = base_url(bad).expect_err(bad);
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }
}

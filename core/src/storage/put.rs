//! A presigned `PUT`: the headers that were signed, exact length, nothing else.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::StoredObject;
use super::send::{Sender, Upload};
use super::ticket::{Expiry, GivenBy, SignedUrl};
use crate::digest::Algorithm;
use crate::error::{Error, ErrorKind, Result};
use crate::http::Target;
use crate::http::attempt::{Outgoing, Payload};
use crate::options::Options;
use crate::secret::{Mask, Secret};
use crate::source::Prepared;

/// How old a signed URL is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    /// Signed just now: its lifetime counts from this moment, whatever this machine's clock says.
    New,
    /// Signed this long ago, by this machine's clock then and now.
    Since(Duration),
}

/// The headers of an upload, checked. Shared, since thousands of uploads have the same.
#[derive(Debug, Clone)]
pub(crate) struct PutHeaders(Arc<HeaderMap>);

impl PutHeaders {
    pub(crate) fn new(given: &[(String, Secret)], options: &Options) -> Result<Self> {
        checked(given, options).map(|headers| Self(Arc::new(headers)))
    }
}

#[derive(Debug, Clone)]
pub(crate) struct PutTarget {
    target: Target,
    method: Method,
    headers: PutHeaders,
    expiry: Option<Expiry>,
    from: GivenBy,
}

impl PutTarget {
    pub(crate) fn new(url: &str, headers: &[(String, Secret)], options: &Options) -> Result<Self> {
        let target = Target::check(url, options)?;
        let headers = PutHeaders::new(headers, options)?;
        let signed = SignedUrl::decode(target.url());
        signed.check(&headers.0, GivenBy::Caller)?;
        let expiry = signed.expiry_by_date();
        if let Some(expiry) = expiry {
            expiry.check("the presigned URL")?;
        }
        Ok(Self { target, method: Method::PUT, headers, expiry, from: GivenBy::Caller })
    }

    /// A URL that a service signed.
    pub(crate) fn of_service(
        url: &str,
        method: Method,
        headers: &PutHeaders,
        age: Age,
        options: &Options,
    ) -> Result<Self> {
        let target = Target::check(url, options)?;
        let headers = headers.clone();
        let signed = SignedUrl::decode(target.url());
        signed.check(&headers.0, GivenBy::Service)?;
        let expiry = match age {
            Age::New => signed.expiry_from_now(),
            Age::Since(age) => signed.expiry_since(age),
        };
        Ok(Self { target, method, headers, expiry, from: GivenBy::Service })
    }

    /// Whether an upload to it may still start, as far as the URL tells.
    pub(crate) fn is_over(&self) -> bool {
        self.expiry.is_some_and(|expiry| expiry.left().is_zero())
    }

    /// Where it is, and nothing that opens it.
    pub(crate) fn shown(&self) -> String {
        crate::secret::shown(self.target.url())
    }

    /// The part that its URL was signed for.
    pub(crate) fn part_number(&self) -> Option<u64> {
        let pairs = self.target.url().query_pairs();
        pairs
            .into_iter()
            .find_map(|(name, value)| if name == "partNumber" { value.parse().ok() } else { None })
    }

    /// `digest` is what storage's ETag is compared with; `ask` is whether storage is asked first if it wants it.
    pub(crate) async fn send(
        &self,
        sender: &Sender<'_>,
        source: &Prepared,
        digest: Option<Algorithm>,
        ask: bool,
    ) -> Result<StoredObject> {
        let outgoing = Outgoing {
            method: self.method.clone(),
            headers: HeaderMap::clone(&self.headers.0),
            payload: Payload::plain(source.clone()),
            digest,
            ask,
            redirect: None,
        };
        let mut mask = Mask::of_query(self.target.url());
        for (name, value) in self.headers.0.as_ref() {
            mask.hide(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
        }
        let upload = Upload {
            operation: "put",
            target: &self.target,
            outgoing: &outgoing,
            fields: &[],
            expiry: self.expiry,
            from: self.from,
            mask,
        };
        sender.send(&upload).await
    }
}

/// Headers come from a service's reply and are sent as given, except those that would change where
/// or how the request is framed, or carry a credential.
fn checked(given: &[(String, Secret)], options: &Options) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let lower = name.to_ascii_lowercase();
        let ours = matches!(
            lower.as_str(),
            "host"
                | "authorization"
                | "cookie"
                | "content-length"
                | "transfer-encoding"
                | "connection"
                | "expect"
        );
        if ours || lower.starts_with("proxy-") {
            return Err(Error::new(
                ErrorKind::UnsafeTarget,
                format!("the header {name} may not be set on an upload to storage; leave it out"),
            ));
        }
        let parsed =
            HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value.reveal()).ok());
        let Some((name, mut value)) = parsed else {
            return Err(Error::invalid(format!(
                "the header {name:?} or its value holds characters HTTP does not allow; check it"
            )));
        };
        value.set_sensitive(true);
        headers.append(name, value);
    }
    if !headers.contains_key(http::header::USER_AGENT)
        && let Ok(agent) = HeaderValue::from_str(&options.user_agent)
    {
        headers.insert(http::header::USER_AGENT, agent);
    }
    Ok(headers)
}

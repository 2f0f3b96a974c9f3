//! A presigned `PUT`: the headers that were signed, exact length, nothing else.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::azure;
use super::demanded_checksum::{self, FilledChecksums};
use super::expiry::Expiry;
use super::google;
use super::signed_url::SignedUrl;
use super::ticket_origin::{TicketOrigin, broken_ticket};
use super::upload::Upload;
use super::url_query;
use crate::digest::{Algorithm, AlgorithmSet};
use crate::error::{Error, ErrorKind, Result};
use crate::http::Target;
use crate::http::{Handling, Outgoing, Payload};
use crate::options::Options;
use crate::secret::{Mask, Secret};
use crate::source::Prepared;

/// How old a signed URL is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignedAt {
    /// Signed just now: its lifetime counts from this moment, whatever this machine's clock says.
    Now,
    /// Signed this long ago, by this machine's clock then and now.
    Since(Duration),
    /// On another machine, so that only the URL's own date tells.
    Elsewhere,
}

/// The headers of an upload, checked. Shared, since thousands of uploads have the same.
#[derive(Debug, Clone)]
pub(crate) struct PutHeaders(Arc<CheckedHeaders>);

#[derive(Debug, Default)]
struct CheckedHeaders {
    sent: Arc<HeaderMap>,
    /// Those that are made here. A signer may list them with all it signed; they must say what is sent
    /// anyway.
    host: Option<String>,
    length: Option<String>,
}

impl PutHeaders {
    pub(crate) fn new(given: &[(String, Secret)], options: &Options) -> Result<Self> {
        checked(given, false, options).map(|headers| Self(Arc::new(headers)))
    }

    /// The same, where the caller lets a ticket's own token through.
    pub(super) fn with_authorization(given: &[(String, Secret)], options: &Options) -> Result<Self> {
        checked(given, true, options).map(|headers| Self(Arc::new(headers)))
    }

    /// Those for an upload to `url`, with what its dialect wants besides.
    fn in_dialect_of(&self, url: &url::Url, from: TicketOrigin) -> Result<Self> {
        if !azure::lacks_blob_type(url, &self.0.sent, from)? {
            return Ok(self.clone());
        }
        let mut sent = HeaderMap::clone(&self.0.sent);
        sent.insert(azure::BLOB_TYPE, HeaderValue::from_static("BlockBlob"));
        let (host, length) = (self.0.host.clone(), self.0.length.clone());
        Ok(Self(Arc::new(CheckedHeaders { sent: Arc::new(sent), host, length })))
    }

    fn check_host(&self, target: &Target) -> Result<()> {
        match &self.0.host {
            Some(host) if !host.eq_ignore_ascii_case(target.authority()) => Err(Error::new(
                ErrorKind::UnsafeTarget,
                "the header Host is not the host of the URL, which is what is sent; leave it out, or check the URL",
            )),
            _ => Ok(()),
        }
    }

    fn check_length(&self, len: u64, from: TicketOrigin) -> Result<()> {
        match &self.0.length {
            Some(length) if length.parse() != Ok(len) => {
                let length: String = length.chars().take(20).collect();
                Err(broken_ticket(
                    from,
                    format!("its Content-Length is {length:?}, and what is to be sent has {len} bytes"),
                ))
            }
            _ => Ok(()),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct PutTarget {
    target: Target,
    method: Method,
    headers: PutHeaders,
    /// The checksums that it demands without their values, by the names of their headers.
    demanded: Vec<&'static str>,
    /// The digest of the body that HTTP's own header tells.
    digest: Option<Algorithm>,
    expiry: Option<Expiry>,
    from: TicketOrigin,
    purpose: Purpose,
    /// Whether it is the object's, whole or in parts that a signer has numbered, or a request of a dialect's
    /// own.
    of_object: bool,
}

/// A request's place among the steps of an upload, and what its answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Purpose {
    pub(super) operation: &'static str,
    pub(super) handling: Handling,
}

impl Purpose {
    const PUT: Self = Self { operation: "put", handling: Handling { by_service: false, once: false } };
    /// A body that a service takes by `POST`, as a new thing each time.
    pub(super) const POST: Self =
        Self { operation: "post", handling: Handling { by_service: true, once: true } };

    /// A step that says something of an upload and sends none of its bytes.
    pub(super) const fn step(operation: &'static str) -> Self {
        Self { operation, handling: Handling { by_service: true, once: false } }
    }
}

/// Where it is, and nothing that opens it.
impl std::fmt::Display for PutTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.target.fmt(f)
    }
}

impl PutTarget {
    pub(crate) fn new(url: &str, headers: &[(String, Secret)], options: &Options) -> Result<Self> {
        Self::of_caller(url, PutHeaders::new(headers, options)?, options)
    }

    /// Refuses a URL that cannot be sent to, whatever the headers are.
    pub(super) fn check_url(url: &str, options: &Options) -> Result<Target> {
        url_query::check_writing(url, TicketOrigin::Caller)?;
        Target::check(url, options)
    }

    /// The same of one that an object is sent to.
    pub(super) fn check_upload_url(url: &str, options: &Options) -> Result<()> {
        url_query::check_operation(Self::check_url(url, options)?.url(), TicketOrigin::Caller)
    }

    /// The same with headers that were checked.
    pub(super) fn of_caller(url: &str, headers: PutHeaders, options: &Options) -> Result<Self> {
        let (target, signed) = checked_target(url, &headers, TicketOrigin::Caller, options)?;
        let expiry = signed.expiry_by_date();
        if let Some(expiry) = expiry {
            expiry.check("the presigned URL")?;
        }
        let headers = headers.in_dialect_of(target.url(), TicketOrigin::Caller)?;
        let demanded = demanded(&target, &signed, &headers);
        let (from, purpose) = (TicketOrigin::Caller, Purpose::PUT);
        let method = Method::PUT;
        Ok(Self { target, method, headers, demanded, digest: None, expiry, from, purpose, of_object: true })
    }

    /// The same by another method.
    pub(super) fn by(self, method: Method, purpose: Purpose) -> Self {
        Self { method, purpose, ..self }
    }

    /// The same as an upload of an object.
    pub(super) fn by_put(self) -> Self {
        self.by(Method::PUT, Purpose::PUT)
    }

    /// The name of what is done with it.
    pub(super) fn operation(&self) -> &'static str {
        self.purpose.operation
    }

    /// Whether whoever answers takes the body as a new thing each time.
    pub(super) fn is_taken_once(&self) -> bool {
        self.purpose.handling.once
    }

    /// A step beside the bytes of an upload. Whatever its URL was signed for is right, and its answer is no
    /// store's.
    pub(super) fn step(
        url: &str,
        method: Method,
        headers: PutHeaders,
        purpose: Purpose,
        options: &Options,
    ) -> Result<Self> {
        let from = TicketOrigin::Caller;
        url_query::check_writing(url, from)?;
        let target = Target::check(url, options)?;
        headers.check_host(&target)?;
        let signed = SignedUrl::decode(target.url());
        signed.check(&headers.0.sent, from)?;
        let (expiry, from) = (signed.expiry_by_date(), TicketOrigin::Service);
        let demanded = Vec::new();
        Ok(Self { target, method, headers, demanded, digest: None, expiry, from, purpose, of_object: true })
    }

    /// The same, until this moment at the latest.
    pub(super) fn until(self, expiry: Option<Expiry>) -> Self {
        let sooner = [self.expiry, expiry].into_iter().flatten().min_by_key(Expiry::at);
        Self { expiry: sooner, ..self }
    }

    /// The same, where whoever takes the body is told this digest of it.
    pub(super) fn telling_digest(self, digest: Option<Algorithm>) -> Self {
        Self { digest, ..self }
    }

    /// A URL that a service signed.
    pub(crate) fn of_service(
        url: &str,
        method: Method,
        headers: &PutHeaders,
        age: SignedAt,
        options: &Options,
    ) -> Result<Self> {
        let (target, signed) = checked_target(url, headers, TicketOrigin::Service, options)?;
        let expiry = match age {
            SignedAt::Now => signed.expiry_from_now(),
            SignedAt::Since(age) => signed.expiry_since(age),
            SignedAt::Elsewhere => signed.expiry_by_date(),
        };
        let headers = headers.in_dialect_of(target.url(), TicketOrigin::Service)?;
        let demanded = demanded(&target, &signed, &headers);
        let (from, purpose) = (TicketOrigin::Service, Purpose::PUT);
        Ok(Self { target, method, headers, demanded, digest: None, expiry, from, purpose, of_object: true })
    }

    /// Whether an upload to it may still start, as far as the URL tells.
    pub(crate) fn is_over(&self) -> bool {
        self.expiry.is_some_and(|expiry| expiry.left().is_zero())
    }

    pub(super) fn url(&self) -> &url::Url {
        self.target.url()
    }

    /// Those that are sent.
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers.0.sent
    }

    /// Where the object is, without what opens it.
    pub(super) fn place(&self) -> String {
        let url = self.target.url();
        url[..url::Position::AfterPath].to_owned()
    }

    /// Refuses a source of another length than the ticket says.
    pub(super) fn check_length(&self, len: u64) -> Result<()> {
        let checked = self.headers.check_length(len, self.from);
        let checked = checked.and_then(|()| google::check_length(self.headers(), len, self.from));
        checked.map_err(|e| e.with_operation("put"))
    }

    /// For another request about the same object: with more in the query, and these headers.
    pub(super) fn with(&self, more: &str, headers: HeaderMap) -> Result<Self> {
        let headers =
            CheckedHeaders { sent: Arc::new(headers), host: self.headers.0.host.clone(), length: None };
        let (target, headers) = (self.target.with_query(more)?, PutHeaders(Arc::new(headers)));
        let demanded = Vec::new();
        Ok(Self { target, headers, demanded, digest: None, of_object: false, ..self.clone() })
    }

    /// For a request of a dialect's own at the same URL, with these headers.
    pub(super) fn with_method(&self, method: Method, headers: HeaderMap) -> Self {
        let headers = CheckedHeaders { sent: Arc::new(headers), host: None, length: None };
        let headers = PutHeaders(Arc::new(headers));
        let demanded = Vec::new();
        Self { method, headers, demanded, digest: None, of_object: false, ..self.clone() }
    }

    /// The same at a URL that storage gave, at the same origin. It has no time of its own that is known.
    pub(super) fn at(&self, url: &str) -> Result<Self> {
        Ok(Self { target: self.target.at(url)?, expiry: None, ..self.clone() })
    }

    /// A refusal, said in times if the ticket's own time is the reason.
    pub(super) fn explained(&self, refused: Error, headers: &HeaderMap) -> Error {
        match self.expiry {
            Some(expiry) => expiry.explain_refusal(refused, self.url().host_str().unwrap_or(""), headers),
            None => refused,
        }
    }

    /// The part that its URL was signed for.
    pub(crate) fn part_number(&self) -> Option<u64> {
        let pairs = self.target.url().query_pairs();
        pairs
            .into_iter()
            .find_map(|(name, value)| if name == "partNumber" { value.parse().ok() } else { None })
    }

    /// Whether completing an upload takes the ETag of a part that goes there. Azure's blocks have none, and
    /// are known by the names in their URLs.
    pub(super) fn answers_etag(&self) -> bool {
        !azure::is_of_block(self.target.url())
    }

    /// `expect_continue` is whether storage is asked first if it wants it.
    pub(super) async fn upload(&self, source: &Prepared, expect_continue: bool) -> Result<Upload<'_>> {
        self.check_length(source.len())?;
        let filled = FilledChecksums::compute(&self.demanded, self.digest, source).await;
        let filled = filled.map_err(|e| e.with_operation(self.purpose.operation))?;
        self.upload_filled(Payload::plain(source.clone()), filled, expect_continue)
    }

    /// The upload of a few bytes that are made here.
    pub(super) fn upload_framing(&self, bytes: Bytes, filled: FilledChecksums) -> Result<Upload<'_>> {
        self.upload_filled(Payload::framing(bytes), filled, false)
    }

    fn upload_filled(
        &self,
        payload: Payload,
        filled: FilledChecksums,
        expect_continue: bool,
    ) -> Result<Upload<'_>> {
        let mut headers = Arc::clone(&self.headers.0.sent);
        if !filled.names().is_empty() {
            filled.put_into_headers(Arc::make_mut(&mut headers))?;
        }
        let mut mask = Mask::of_query(self.target.url());
        for (name, value) in &*self.headers.0.sent {
            let value = String::from_utf8_lossy(value.as_bytes());
            match *name == AUTHORIZATION {
                true => mask.hide_authorization(&value),
                false => mask.hide(name.as_str(), &value),
            }
        }
        Ok(Upload {
            operation: self.purpose.operation,
            kind: match self.part_number() {
                Some(_) => "part",
                None if self.of_object => "object",
                None => "piece",
            },
            target: &self.target,
            outgoing: Outgoing {
                method: self.method.clone(),
                headers,
                payload,
                digests: AlgorithmSet::NONE,
                expect_continue,
                redirect: None,
                handling: self.purpose.handling,
            },
            fields: Cow::Borrowed(&[]),
            filled,
            expiry: self.expiry,
            from: self.from,
            costly_check: false,
            mask,
        })
    }
}

fn demanded(target: &Target, signed: &SignedUrl, headers: &PutHeaders) -> Vec<&'static str> {
    demanded_checksum::of_put(signed.signed_headers(), &headers.0.sent, target.url())
}

/// Everything that a URL and the headers for it give away before a byte is sent.
fn checked_target(
    url: &str,
    headers: &PutHeaders,
    from: TicketOrigin,
    options: &Options,
) -> Result<(Target, SignedUrl)> {
    url_query::check_writing(url, from)?;
    let target = Target::check(url, options)?;
    url_query::check_operation(target.url(), from)?;
    headers.check_host(&target)?;
    let signed = SignedUrl::decode(target.url());
    signed.check(&headers.0.sent, from)?;
    Ok((target, signed))
}

/// Names that frame the request, carry a credential, or have it mean another one.
const NOT_SETTABLE: [&str; 13] = [
    "authorization",
    "connection",
    "cookie",
    "expect",
    "forwarded",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
];

/// Headers come from a service's reply and are sent as given, except those that would change where
/// or how the request is framed, or carry a credential.
fn checked(given: &[(String, Secret)], may_authorize: bool, options: &Options) -> Result<CheckedHeaders> {
    let mut all = CheckedHeaders::default();
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let lower = name.to_ascii_lowercase();
        let set_by_us = match lower.as_str() {
            "host" => Some(&mut all.host),
            "content-length" => Some(&mut all.length),
            _ => None,
        };
        if let Some(slot) = set_by_us {
            *slot = Some(value.reveal().trim().to_owned());
            continue;
        }
        let allowed = may_authorize && lower == "authorization";
        if !allowed && (NOT_SETTABLE.contains(&lower.as_str()) || lower.starts_with("proxy-")) {
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
    all.sent = Arc::new(headers);
    Ok(all)
}

//! Calls to a service: JSON over reqwest, with the key. No redirects are followed, replies are
//! bounded, and an attempt ends after 60 s.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use url::Url;

use super::connections::Connections;
use super::resolve::Resolver;
use super::retry::Retry;
use super::status::{is_turned_away, may_have_been_handled};
use super::transport_error::{self, Chain};
use crate::error::{Error, ErrorKind, Result, Side};
use crate::logs;
use crate::options::Options;
use crate::room;
use crate::secret::{Mask, Secret};

const ATTEMPT_TIME: Duration = Duration::from_secs(60);
/// Enough for any reply whose size does not grow with the request.
pub(crate) const REPLY_LIMIT: usize = 1024 * 1024;
/// Shorter than servers keep an idle connection, so that a call that may not be repeated does not go out
/// on one that is just being closed.
const IDLE_TIME: Duration = Duration::from_secs(15);

/// One call.
pub(crate) struct Call<'a> {
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) key: &'a Secret,
    /// JSON; `None` sends an empty body with `Content-Length: 0`.
    pub(crate) body: Option<Vec<u8>>,
    /// The largest reply that is read.
    pub(crate) reply_limit: usize,
    /// Secrets in the body, which the service may quote back.
    pub(crate) hides: Vec<&'a Secret>,
    /// Turns a reply that is not a success into an error, in the service's own terms.
    pub(crate) refusal: fn(&ApiReply) -> Error,
}

/// A whole reply.
#[derive(Debug)]
pub(crate) struct ApiReply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// There was more than the limit.
    pub(crate) cut: bool,
}

#[cfg(any(test, fuzzing))]
impl ApiReply {
    /// A reply with this body, and a status from its first byte.
    pub(crate) fn of(data: &[u8]) -> Self {
        let (first, body) = data.split_first().unwrap_or((&0, &[]));
        let status = StatusCode::from_u16(400 + u16::from(*first % 200)).unwrap_or(StatusCode::BAD_REQUEST);
        let body = Bytes::copy_from_slice(body);
        Self { status, headers: HeaderMap::new(), body, cut: false }
    }
}

/// Why a call gave no success.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The request was not handled: never sent, or turned away.
    NotHandled(Error),
    /// The service refused it, and repeating it would be refused again.
    Refused(Error),
    /// The reply was lost, or was a 5xx: the service may have handled the request or not.
    Unclear {
        /// What happened to the reply.
        error: Error,
        /// Whether the service itself answered (with a 5xx).
        answered: bool,
    },
}

impl Failure {
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::NotHandled(e) | Self::Refused(e) | Self::Unclear { error: e, .. } => e,
        }
    }
}

/// Whether a request whose fate is unclear may be sent again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Yes: a second handling does no harm.
    Always,
    /// No: only after the request is known not to have been handled.
    OnlyIfNotHandled,
}

pub(crate) struct ApiClient {
    http: reqwest::Client,
    connections: Arc<Connections>,
}

impl ApiClient {
    pub(super) fn new(
        options: &Options,
        tls: &Arc<rustls::ClientConfig>,
        loopback: bool,
        connections: Arc<Connections>,
    ) -> Result<Self> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(rustls::ClientConfig::clone(tls))
            .dns_resolver(Arc::new(Resolver))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(options.connect_timeout)
            .timeout(ATTEMPT_TIME)
            .pool_idle_timeout(IDLE_TIME)
            .user_agent(options.user_agent.as_str());
        if loopback {
            // http is allowed there, and a proxy would see the key in the clear.
            builder = builder.no_proxy();
        } else if let Some(proxy) = &options.proxy {
            let proxy = reqwest::Proxy::all(proxy.reveal().as_str())
                .map_err(|_| Error::invalid("option proxy must be an http:// URL"))?;
            builder = builder.proxy(proxy);
        }
        let http = builder
            .build()
            .map_err(|e| Error::internal("the HTTP client could not be made").cause(&Chain(&e)))?;
        Ok(Self { http, connections })
    }

    /// Calls until it succeeds, the budget is used up, or repeating would not be safe.
    pub(crate) async fn call(
        &self,
        call: &Call<'_>,
        repeat: Repeat,
        retry: &mut Retry<'_>,
    ) -> Result<ApiReply, Failure> {
        loop {
            let failure = match self.once(call).await {
                Ok(reply) => {
                    retry.succeeded();
                    return Ok(reply);
                }
                Err(failure) => failure,
            };
            match failure {
                Failure::NotHandled(error) if error.retryable() => {
                    retry.again(error).await.map_err(Failure::NotHandled)?;
                }
                Failure::Unclear { error, answered } if repeat == Repeat::Always => {
                    retry.again(error).await.map_err(|error| Failure::Unclear { error, answered })?;
                }
                other => return Err(other),
            }
        }
    }

    /// One try. One that finds no descriptor is none, as long as another connection of this client has one that it
    /// will give back.
    pub(crate) async fn once(&self, call: &Call<'_>) -> Result<ApiReply, Failure> {
        loop {
            let turn = self.connections.to_service().await;
            match self.on_its_turn(call).await {
                Err(Failure::NotHandled(error)) if room::is_about_files(&error) => {
                    if !turn.after_another().await {
                        return Err(Failure::NotHandled(error));
                    }
                }
                done => return done,
            }
        }
    }

    async fn on_its_turn(&self, call: &Call<'_>) -> Result<ApiReply, Failure> {
        let mut request = self
            .http
            .request(call.method.clone(), call.url.clone())
            .header(AUTHORIZATION, bearer(call.key).map_err(Failure::NotHandled)?)
            .header(ACCEPT, "application/json");
        request = match &call.body {
            Some(json) => request.header(CONTENT_TYPE, "application/json").body(json.clone()),
            None if call.method == Method::POST => request.header(CONTENT_LENGTH, 0),
            None => request,
        };
        let reply = match request.send().await {
            Ok(reply) => read(reply, call.reply_limit).await,
            Err(e) => Err(e),
        };
        match reply {
            Ok(reply) => {
                let status = reply.status.as_u16();
                tracing::debug!(target: logs::TARGET, operation = call.operation, status, "the service answered");
                judge(call, reply)
            }
            Err(e) => Err(unanswered(call, &e.without_url())),
        }
    }
}

fn bearer(key: &Secret) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.reveal())).map_err(|_| {
        Error::new(
            ErrorKind::Authentication,
            "the API key holds characters no key has, such as a line break; check how it is read",
        )
        .side_is(Side::Caller)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

async fn read(mut reply: reqwest::Response, limit: usize) -> reqwest::Result<ApiReply> {
    let status = reply.status();
    let headers = std::mem::take(reply.headers_mut());
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await? {
        let room = limit - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return Ok(ApiReply { status, headers, body: body.into(), cut: true });
        }
    }
    Ok(ApiReply { status, headers, body: body.into(), cut: false })
}

fn judge(call: &Call<'_>, mut reply: ApiReply) -> Result<ApiReply, Failure> {
    if reply.status.is_success() {
        return Ok(reply);
    }
    // Some services quote the request they refuse. The key is hidden before the reply is read, so that no half of
    // it is left where a text is cut short, and after, since JSON writes one character in many ways.
    let mut mask = Mask::of_key(call.key);
    for secret in &call.hides {
        mask.hide("token", secret.reveal());
    }
    reply.body = mask.apply(&reply.body);
    let error = if reply.status.is_redirection() { redirected(call, &reply) } else { (call.refusal)(&reply) };
    let error = error.hiding(|text| mask.hidden(text));
    let error = error.during(call.operation).status_is(reply.status.as_u16());
    Err(if is_turned_away(reply.status) {
        Failure::NotHandled(error)
    } else if may_have_been_handled(reply.status) {
        // 502 and 504 are a gateway's: the service behind it has not answered.
        let answered = !matches!(reply.status.as_u16(), 502 | 504);
        Failure::Unclear { error, answered }
    } else {
        Failure::Refused(error)
    })
}

/// The key would have to be sent along, so redirects are reported instead of followed.
fn redirected(call: &Call<'_>, reply: &ApiReply) -> Error {
    let to = reply
        .headers
        .get(http::header::LOCATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| call.url.join(v).ok())
        .map_or_else(|| "somewhere else".to_owned(), |u| crate::secret::shown(&u));
    Error::new(
        ErrorKind::Rejected,
        format!("the service redirects to {to}, which is not followed with a key; check base_url"),
    )
}

fn unanswered(call: &Call<'_>, e: &reqwest::Error) -> Failure {
    let host = call.url[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
    let error = if e.is_timeout() {
        Error::new(
            ErrorKind::Timeout,
            format!("{host} did not answer in time; check the network and try again"),
        )
        .cause(&Chain(e))
    } else if e.is_connect() {
        transport_error::classify(&host, transport_error::CONNECTING, e)
    } else {
        transport_error::classify(&host, "talking to", e)
    };
    let error = error.during(call.operation);
    if e.is_connect() || e.is_builder() {
        Failure::NotHandled(error)
    } else {
        Failure::Unclear { error, answered: false }
    }
}

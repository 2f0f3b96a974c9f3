//! Calls to a service: JSON, with the key, over connections made as those to storage are. No redirects are followed,
//! replies are bounded, and an attempt ends after 60 s.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::Target;
use super::connections::Connections;
use super::connector::Connector;
use super::page::Page;
use super::pool::{Connection, Pool};
use super::retry::Retry;
use super::status::{is_turned_away, may_have_been_handled};
use super::transport_error;
use crate::error::{Error, ErrorKind, Result, Side};
use crate::logs;
use crate::options::Options;
use crate::room;
use crate::secret::{Mask, Secret};

const ATTEMPT_TIME: Duration = Duration::from_secs(60);
/// Enough for any reply whose size does not grow with the request.
pub(crate) const REPLY_LIMIT: usize = 1024 * 1024;
/// Idle connections that are kept: calls made at the same time are few.
const KEPT: usize = 16;

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

impl Failure {
    fn during(self, operation: &'static str) -> Self {
        match self {
            Self::NotHandled(e) => Self::NotHandled(e.during(operation)),
            Self::Refused(e) => Self::Refused(e.during(operation)),
            Self::Unclear { error, answered } => Self::Unclear { error: error.during(operation), answered },
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
    pool: Pool<Full<Bytes>>,
    user_agent: HeaderValue,
    connections: Arc<Connections>,
}

impl ApiClient {
    pub(super) fn new(options: &Options, connector: Arc<Connector>, connections: Arc<Connections>) -> Self {
        // The option was checked when it was set.
        let user_agent = HeaderValue::from_str(&options.user_agent);
        let user_agent = user_agent.unwrap_or(HeaderValue::from_static("dropoff"));
        Self { pool: Pool::new(connector, KEPT, KEPT), user_agent, connections }
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
                    if !(self.pool.close_idle().await || turn.after_another().await) {
                        return Err(Failure::NotHandled(error));
                    }
                }
                done => return done,
            }
        }
    }

    async fn on_its_turn(&self, call: &Call<'_>) -> Result<ApiReply, Failure> {
        let reply = self.exchange(call).await.map_err(|failure| failure.during(call.operation))?;
        let status = reply.status.as_u16();
        tracing::debug!(target: logs::TARGET, operation = call.operation, status, "the service answered");
        judge(call, reply)
    }

    /// Sends a call and reads the reply. An idle connection that turns out to be closed before it took the call says
    /// nothing about it: a new one is tried.
    async fn exchange(&self, call: &Call<'_>) -> Result<ApiReply, Failure> {
        let target = Target::of_service(&call.url).map_err(Failure::NotHandled)?;
        let mut request = self.request(call, &target).map_err(Failure::NotHandled)?;
        let end = Instant::now() + ATTEMPT_TIME;
        let late = || Err(too_slow(&target));
        let mut connection = timeout_at(end, self.pool.take(&target))
            .await
            .unwrap_or_else(|_| late())
            .map_err(Failure::NotHandled)?;
        loop {
            let exchange = one_exchange(connection, request, call.reply_limit, &target);
            match timeout_at(end, exchange).await {
                Ok(Ok((reply, connection))) => {
                    if let Some(connection) = connection {
                        self.pool.give_back(&target, connection);
                    }
                    return Ok(reply);
                }
                Ok(Err(Unsent::Back(back))) => request = *back,
                Ok(Err(Unsent::Failed(failure))) => return Err(failure),
                Err(_) => return Err(Failure::Unclear { error: too_slow(&target), answered: false }),
            }
            self.pool.forget(&target);
            connection = timeout_at(end, self.pool.open(&target))
                .await
                .unwrap_or_else(|_| late())
                .map_err(Failure::NotHandled)?;
        }
    }

    fn request(&self, call: &Call<'_>, target: &Target) -> Result<Request<Full<Bytes>>> {
        let unusable = |_| Error::internal("a checked base URL did not make a request");
        let mut request = Request::new(Full::from(call.body.clone().unwrap_or_default()));
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = Uri::from(target.path_and_query().clone());
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_str(&target.authority()).map_err(unusable)?);
        headers.insert(USER_AGENT, self.user_agent.clone());
        headers.insert(AUTHORIZATION, bearer(call.key)?);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(json) = &call.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert(CONTENT_LENGTH, HeaderValue::from(json.len()));
        } else if call.method == Method::POST {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
        }
        Ok(request)
    }
}

/// A call without a reply.
enum Unsent {
    /// An idle connection was over before it took the request.
    Back(Box<Request<Full<Bytes>>>),
    Failed(Failure),
}

/// One call on one connection, which comes back if it can carry another.
async fn one_exchange(
    mut connection: Connection<Full<Bytes>>,
    request: Request<Full<Bytes>>,
    limit: usize,
    target: &Target,
) -> Result<(ApiReply, Option<Connection<Full<Bytes>>>), Unsent> {
    let head = send(&mut connection, request, target).await?;
    let (parts, body) = head.into_parts();
    let (body, cut) = read(body, limit).await.map_err(|e| Unsent::Failed(lost(target, &e)))?;
    let reusable = !cut && connection.is_ready_again().await;
    let reply = ApiReply { status: parts.status, headers: parts.headers, body, cut };
    Ok((reply, reusable.then_some(connection)))
}

async fn send(
    connection: &mut Connection<Full<Bytes>>,
    request: Request<Full<Bytes>>,
    target: &Target,
) -> Result<http::Response<Incoming>, Unsent> {
    let sending = connection.sender.try_send_request(request);
    tokio::pin!(sending);
    let told = tokio::select! {
        biased;
        told = &mut sending => Some(told),
        // A request can stay in the channel to a connection that is over; what it told last may have come just now.
        () = connection.ended.cancelled() => std::future::poll_fn(|cx| match sending.as_mut().poll(cx) {
            Poll::Ready(told) => Poll::Ready(Some(told)),
            Poll::Pending => Poll::Ready(None),
        }).await,
    };
    match told {
        Some(Ok(head)) => Ok(head),
        Some(Err(mut e)) => Err(match e.take_message() {
            Some(request) if connection.reused => Unsent::Back(Box::new(request)),
            Some(_) => Unsent::Failed(Failure::NotHandled(transport_error::talking(target, e.error()))),
            None => Unsent::Failed(lost(target, e.error())),
        }),
        None => {
            Err(Unsent::Failed(Failure::Unclear { error: transport_error::gone(target), answered: false }))
        }
    }
}

/// A request whose reply did not come.
fn lost(target: &Target, e: &hyper::Error) -> Failure {
    let error = transport_error::talking(target, e);
    // A host that ends the TLS handshake, however late, has read no request.
    if error.kind() == ErrorKind::Tls {
        Failure::NotHandled(error)
    } else {
        Failure::Unclear { error, answered: false }
    }
}

fn too_slow(target: &Target) -> Error {
    let host = target.authority();
    Error::new(ErrorKind::Timeout, format!("{host} did not answer in time; check the network and try again"))
}

/// The body, up to a limit, and whether there was more.
async fn read(mut body: Incoming, limit: usize) -> hyper::Result<(Bytes, bool)> {
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        let room = limit - read.len();
        read.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            return Ok((read.into(), true));
        }
    }
    Ok((read.into(), false))
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

fn judge(call: &Call<'_>, mut reply: ApiReply) -> Result<ApiReply, Failure> {
    if reply.status.is_success() && Page::of(&reply.headers, &reply.body).is_none() {
        return Ok(reply);
    }
    // Some services quote the request they refuse. The key is hidden before the reply is read, so that no half of
    // it is left where a text is cut short, and after, since JSON writes one character in many ways.
    let mut mask = Mask::of_key(call.key);
    for secret in &call.hides {
        mask.hide("token", secret.reveal());
    }
    reply.body = mask.apply(&reply.body);
    if reply.status.is_success() {
        return Ok(reply);
    }
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
        format!(
            "the service redirects to {to}, which is not followed with a key; check base_url, and whether the network wants you to sign in first"
        ),
    )
}

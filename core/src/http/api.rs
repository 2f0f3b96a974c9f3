//! Calls to a service: JSON over reqwest, with the key. No redirects are followed, replies are bounded, and
//! an attempt ends after 60 s.
//!
//! Decisions made for storage hold here too: the proxy, the trusted certificates, how names are looked up,
//! and what a failure is called come from the same places.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE};
use http::{HeaderValue, Method};

use super::Target;
use super::api_call::judge;
use super::connections::Connections;
use super::connector::Connector;
use super::resolve::RotatingResolver;
use super::retry::Retry;
use super::transport_error::{self, Chain, Tunnel};
use super::tunnel;
use crate::error::{Error, ErrorKind, Result, Side};
use crate::logs;
use crate::options::{Options, Proxy};
use crate::secret::Secret;

pub(crate) use super::api_call::{ApiCall, ApiReply, CallFailure, REPLY_LIMIT, Repeat};

const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);
/// Ends before the attempt does, whose end leaves unclear whether the request was sent.
const MAX_CONNECT_TIMEOUT: Duration = Duration::from_secs(59);
/// Shorter than servers keep an idle connection, so that a call that may not be repeated does not go out on
/// one that is just being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);
/// Idle connections that are kept: calls made at the same time are few.
const IDLE_CONNECTIONS_KEPT: usize = 16;

pub(crate) struct ApiClient {
    connector: Arc<Connector>,
    connections: Arc<Connections>,
    user_agent: HeaderValue,
    connect_timeout: Duration,
    /// Made for the first call, since all calls of a client go to one host.
    http: Mutex<Option<reqwest::Client>>,
    /// Whether the proxy has let a call through, and nothing else since.
    proxy_passed: AtomicBool,
    /// Whether the service has ever answered.
    answered: AtomicBool,
    addresses: RotatingResolver,
    /// The latest reply's `Date`, and when it came by this machine's clock.
    dated: Mutex<Option<(HeaderValue, SystemTime)>>,
}

impl ApiClient {
    pub(super) fn new(options: &Options, connector: Arc<Connector>, connections: Arc<Connections>) -> Self {
        // The option was checked when it was set.
        let user_agent = HeaderValue::from_str(&options.user_agent);
        Self {
            connector,
            connections,
            user_agent: user_agent.unwrap_or(HeaderValue::from_static("dropoff")),
            connect_timeout: options.connect_timeout,
            http: Mutex::default(),
            proxy_passed: AtomicBool::default(),
            answered: AtomicBool::default(),
            addresses: RotatingResolver::default(),
            dated: Mutex::default(),
        }
    }

    /// Calls until it succeeds, the budget is used up, or repeating would not be safe.
    pub(crate) async fn call(
        &self,
        call: &ApiCall<'_>,
        repeat: Repeat,
        retry: &mut Retry<'_>,
    ) -> Result<ApiReply, CallFailure> {
        loop {
            let failure = match self.try_once(call, retry.job()).await {
                Ok(reply) => {
                    retry.succeeded();
                    return Ok(reply);
                }
                Err(failure) => failure,
            };
            match failure {
                CallFailure::NotHandled(error) if error.retryable() => {
                    retry.again(error).await.map_err(CallFailure::NotHandled)?;
                }
                CallFailure::Unclear { error, answered } if repeat == Repeat::Always => {
                    retry.again(error).await.map_err(|error| CallFailure::Unclear { error, answered })?;
                }
                other => return Err(other),
            }
        }
    }

    /// One try. One that finds no descriptor is none, as long as another connection of this client has one
    /// that it will give back.
    pub(crate) async fn try_once(&self, call: &ApiCall<'_>, job: u64) -> Result<ApiReply, CallFailure> {
        let mut closed = false;
        loop {
            let turn = self.connections.to_service().await;
            match self.attempt(call, job).await {
                Err(CallFailure::NotHandled(error)) if error.is_out_of_descriptors() => {
                    let first = !std::mem::replace(&mut closed, true);
                    if !(first && self.close_idle().await || turn.after_another().await) {
                        return Err(CallFailure::NotHandled(error));
                    }
                }
                done => return done,
            }
        }
    }

    /// Closes all idle connections; whether there may have been any. They belong to reqwest, which gives them
    /// up with itself, and end on a task of their own.
    async fn close_idle(&self) -> bool {
        let was = self.cached_client().take().is_some();
        tokio::time::sleep(Duration::from_millis(20)).await;
        was
    }

    fn cached_client(&self) -> std::sync::MutexGuard<'_, Option<reqwest::Client>> {
        self.http.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn attempt(&self, call: &ApiCall<'_>, job: u64) -> Result<ApiReply, CallFailure> {
        let reply = self.exchange(call).await.map_err(|failure| failure.with_operation(call.operation))?;
        let status = reply.status.as_u16();
        tracing::debug!(target: logs::TARGET, job, operation = call.operation, status, "the service answered");
        judge(call, reply)
    }

    /// Sends a call and reads the reply.
    async fn exchange(&self, call: &ApiCall<'_>) -> Result<ApiReply, CallFailure> {
        let target = Target::of_service(&call.url).map_err(CallFailure::NotHandled)?;
        let proxy = self.connector.proxy(&target).map_err(CallFailure::NotHandled)?;
        let http = self.http(&target, proxy).map_err(CallFailure::NotHandled)?;
        let request = request(&http, call).map_err(CallFailure::NotHandled)?;
        if let Some(proxy) = proxy.filter(|_| !self.proxy_passed.load(SeqCst)) {
            // reqwest keeps to itself what a proxy answers, and would offer a password on every connection at
            // once.
            self.connector.check_tunnel(proxy, &target).await.map_err(CallFailure::NotHandled)?;
        }
        let reply = match request.send().await {
            Ok(reply) => read(reply, call.reply_limit).await,
            Err(e) => Err(e),
        };
        match reply {
            Ok(reply) => {
                self.proxy_passed.store(true, SeqCst);
                self.answered.store(true, SeqCst);
                self.keep_date(&reply);
                Ok(reply)
            }
            Err(e) => Err(self.failure_of(&target, proxy, &e.without_url()).await),
        }
    }

    fn keep_date(&self, reply: &ApiReply) {
        if let Some(date) = reply.headers.get(DATE) {
            *self.dated.lock().unwrap_or_else(PoisonError::into_inner) =
                Some((date.clone(), SystemTime::now()));
        }
    }

    /// Seconds by which this machine's clock was ahead of the service's when that answered last, to a second
    /// or two.
    pub(crate) fn clock_ahead(&self) -> Option<f64> {
        let dated = self.dated.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (date, came) = dated?;
        let said = httpdate::parse_http_date(date.to_str().ok()?).ok()?;
        Some(match came.duration_since(said) {
            Ok(ahead) => ahead.as_secs_f64(),
            Err(behind) => -behind.duration().as_secs_f64(),
        })
    }

    /// The proxy that calls to a host go through, as it may be shown.
    pub(crate) fn proxy_shown(&self, url: &url::Url) -> Result<Option<String>> {
        Ok(self.connector.proxy(&Target::of_service(url)?)?.map(Proxy::place))
    }

    fn http(&self, target: &Target, proxy: Option<&Proxy>) -> Result<reqwest::Client> {
        let mut kept = self.cached_client();
        if let Some(http) = &*kept {
            return Ok(http.clone());
        }
        let http = self.make(target, proxy)?;
        Ok(kept.insert(http).clone())
    }

    fn make(&self, target: &Target, proxy: Option<&Proxy>) -> Result<reqwest::Client> {
        let unusable = |e| Error::internal("the HTTP client could not be made").cause(&Chain(&e));
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .http1_only()
            // As for storage, see `pool`.
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_ignore_invalid_headers_in_responses(true)
            .dns_resolver(Arc::new(self.addresses.clone()))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(self.connect_timeout.min(MAX_CONNECT_TIMEOUT))
            .timeout(ATTEMPT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_KEPT)
            .user_agent(self.user_agent.clone());
        builder = if target.is_https() {
            builder.tls_backend_preconfigured(self.connector.tls_config()?)
        } else {
            // Trouble with the roots is none here, and reqwest would read the system's.
            builder.tls_certs_only([])
        };
        if let Some(proxy) = proxy {
            let mut through = reqwest::Proxy::all(proxy.uri()?.to_string()).map_err(unusable)?;
            if let Some(authorization) = proxy.authorization() {
                through = through.custom_http_auth(authorization.clone());
            }
            builder = builder.proxy(through);
        }
        builder.build().map_err(unusable)
    }

    async fn failure_of(&self, target: &Target, proxy: Option<&Proxy>, e: &reqwest::Error) -> CallFailure {
        // Without an error of the socket's, a limit of ours has ended it.
        let late = e.is_timeout() && transport_error::find::<std::io::Error>(e).is_none();
        if e.is_connect() {
            if e.is_timeout() {
                self.addresses.rotate();
            }
            return CallFailure::NotHandled(match proxy {
                _ if late && self.connect_timeout > MAX_CONNECT_TIMEOUT => too_slow(target),
                _ if late => self.connector.too_slow(target, proxy),
                Some(proxy) => self.error_of_proxy(target, proxy, e).await,
                None => transport_error::connecting(target, e),
            });
        }
        let error = match late {
            true => too_slow(target),
            false => transport_error::talking(target, self.answered.load(SeqCst), e),
        };
        let unsent = e.is_builder()
            || transport_error::find::<hyper::Error>(e).is_some_and(hyper::Error::is_canceled)
            // A host that ends the TLS handshake, however late, has read no request.
            || error.kind() == ErrorKind::Tls;
        if unsent { CallFailure::NotHandled(error) } else { CallFailure::Unclear { error, answered: false } }
    }

    /// A connection through a proxy that has let calls through before.
    async fn error_of_proxy(&self, target: &Target, proxy: &Proxy, e: &reqwest::Error) -> Error {
        match transport_error::tunnel(e) {
            None => transport_error::handshake(target, Some(proxy), e),
            Some(Tunnel::Broken) => transport_error::through_proxy(proxy, e),
            Some(Tunnel::Login) if proxy.authorization().is_some() => {
                self.proxy_passed.store(false, SeqCst);
                self.connector.login_refused(tunnel::login_refused(proxy))
            }
            Some(Tunnel::Login | Tunnel::Refused) => {
                let answer = self.connector.check_tunnel(proxy, target).await;
                self.proxy_passed.store(answer.is_ok(), SeqCst);
                let host = target.host();
                let what = format!(
                    "the proxy {proxy} did not connect to {host} as it did before; try again, or use another proxy"
                );
                answer.err().unwrap_or_else(|| Error::new(ErrorKind::Network, what).cause(&Chain(e)))
            }
        }
    }
}

fn request(http: &reqwest::Client, call: &ApiCall<'_>) -> Result<reqwest::RequestBuilder> {
    let request = http
        .request(call.method.clone(), call.url.clone())
        .header(AUTHORIZATION, bearer(call.key)?)
        .header(ACCEPT, "application/json");
    Ok(match &call.body {
        Some(json) => request.header(CONTENT_TYPE, "application/json").body(json.clone()),
        None if call.method == Method::POST => request.header(CONTENT_LENGTH, 0),
        None => request,
    })
}

fn too_slow(target: &Target) -> Error {
    let host = target.authority();
    Error::new(ErrorKind::Timeout, format!("{host} did not answer in time; check the network and try again"))
}

/// The reply, and of its body as much as the limit.
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

//! Makes a connection to storage: name lookup under the guard, TCP, the proxy's tunnel, TLS.
//! HTTP/1.1 only: its framing is what presigned uploads are signed for, and h2's flow control is slower.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::guard::{self, Target};
use super::line::{LinePosition, SharedLine};
use super::meter::{Meter, MeteredTcp, ReplyMeter};
use super::proxies::Proxies;
use super::resolve::Resolver;
use super::tunnel::{self, LoginOffers, LoginTurn};
use super::{tls, transport_error};
use crate::error::{Error, ErrorKind, Result};
use crate::options::{Options, Proxy};
use crate::sys;

/// Bytes the kernel may hold unsent per connection; more would count as written while the peer has
/// seen none of it.
const NOT_SENT_LIMIT: u32 = 256 * 1024;

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An open connection and the meter on its socket.
pub(super) struct Wire {
    pub(super) io: Box<dyn Stream>,
    pub(super) meter: Arc<Meter>,
    /// Set when requests go to a plain proxy and must name the whole URL.
    pub(super) absolute_form: Option<Proxy>,
}

pub(super) struct Connector {
    /// Or why there is none, which is no trouble where nothing is https.
    tls: Result<TlsConnector>,
    proxies: Arc<Proxies>,
    offers: LoginOffers,
    connect_timeout: Duration,
    stall_timeout: Duration,
    line: Arc<SharedLine>,
}

impl Connector {
    pub(super) fn new(options: &Options, proxies: Arc<Proxies>) -> Result<Self> {
        let tls = match tls::config(options) {
            // That passes.
            Err(error) if error.is_out_of_descriptors() => return Err(error),
            config => config.map(|config| TlsConnector::from(Arc::new(config))),
        };
        Ok(Self {
            tls,
            proxies,
            offers: LoginOffers::default(),
            connect_timeout: options.connect_timeout,
            stall_timeout: options.stall_timeout,
            line: Arc::new(SharedLine::new()),
        })
    }

    /// The proxy for a target, or none. Roots that are not there are told before a host that may not be there
    /// either.
    pub(super) fn proxy(&self, target: &Target) -> Result<Option<&Proxy>> {
        let proxy = self.proxies.of(target)?;
        match self.tls.as_ref().err().filter(|_| target.is_https()) {
            Some(error) => Err(error.clone()),
            None => Ok(proxy),
        }
    }

    /// For another client of the same trust.
    pub(super) fn tls_config(&self) -> Result<ClientConfig> {
        let tls = self.tls.as_ref().map_err(Clone::clone)?;
        Ok(ClientConfig::clone(tls.config()))
    }

    /// Whether a proxy leads to a target: a tunnel that is made, and not used.
    pub(super) async fn check_tunnel(&self, proxy: &Proxy, target: &Target) -> Result<()> {
        let tunnel = tokio::time::timeout(self.connect_timeout, self.tunnel(proxy, target)).await;
        tunnel.unwrap_or_else(|_| Err(self.too_slow(target, Some(proxy)))).map(drop)
    }

    /// Leave to offer a proxy's password with a request that it is to pass on.
    pub(super) async fn offer(&self, proxy: &Proxy) -> Result<LoginTurn<'_>> {
        self.offers.turn(proxy).await
    }

    /// The proxy has taken it.
    pub(super) fn login_taken(&self) {
        self.offers.taken();
    }

    /// The proxy has not, in these words.
    pub(super) fn login_refused(&self, error: Error) -> Error {
        self.offers.refused(error)
    }

    pub(super) async fn connect(&self, target: &Target) -> Result<Wire> {
        let proxy = self.proxy(target)?;
        let _share = self.line.share();
        let (began, since) = (Instant::now(), self.line.position());
        loop {
            let opening = self.open(target, proxy);
            tokio::pin!(opening);
            let wire = loop {
                match tokio::time::timeout(self.connect_timeout, &mut opening).await {
                    Ok(wire) => break wire,
                    Err(_) if self.others_move(began, since) => {}
                    Err(_) => return Err(self.too_slow(target, proxy)),
                }
            };
            match wire {
                // Of a single address; its lost requests are repeated ever more seldom, so a new one is
                // better.
                Err(error) if error.kind() == ErrorKind::Timeout && self.others_move(began, since) => {}
                wire => return wire,
            }
        }
    }

    /// Whether others fill a slow line, where each of so many takes as many times as long.
    fn others_move(&self, began: Instant, since: LinePosition) -> bool {
        self.line.is_crowded(since)
            && self.line.last_moved().elapsed() < self.connect_timeout
            && began.elapsed() < self.connect_timeout * self.line.sharers()
    }

    pub(super) fn too_slow(&self, target: &Target, proxy: Option<&Proxy>) -> Error {
        Error::new(
            ErrorKind::Timeout,
            format!(
                "no connection to {}{} within connect_timeout ({:.1} s); check the network or allow more time",
                target.host(),
                proxy.map(|proxy| format!(" through the proxy {proxy}")).unwrap_or_default(),
                self.connect_timeout.as_secs_f64()
            ),
        )
    }

    async fn open(&self, target: &Target, proxy: Option<&Proxy>) -> Result<Wire> {
        let tcp = match proxy {
            None => self.direct(target).await?,
            Some(proxy) if target.is_https() => self.tunnel(proxy, target).await?,
            Some(proxy) => self.to_proxy(proxy).await?,
        };
        sys::tune_upload(&socket2::SockRef::from(&tcp), NOT_SENT_LIMIT, self.stall_timeout);
        let tcp = MeteredTcp::new(tcp, Arc::clone(&self.line));
        let meter = tcp.meter();
        if !target.is_https() {
            let io = Box::new(ReplyMeter::new(tcp, Arc::clone(&meter)));
            return Ok(Wire { io, meter, absolute_form: proxy.cloned() });
        }
        let name = ServerName::try_from(target.host().trim_matches(['[', ']']).to_owned()).map_err(|_| {
            Error::new(ErrorKind::Tls, format!("{} is not a name TLS can check", target.host()))
        })?;
        sys::keep_heap();
        let tls = self.tls.as_ref().map_err(Clone::clone)?;
        let tls = tls
            .connect_with(name, tcp, |connection| connection.set_buffer_limit(Some(tls::WAITING_RECORDS)))
            .await
            .map_err(|e| transport_error::handshake(target, proxy, &e))?;
        let io = Box::new(ReplyMeter::new(tls, Arc::clone(&meter)));
        Ok(Wire { io, meter, absolute_form: None })
    }

    async fn direct(&self, target: &Target) -> Result<TcpStream> {
        let guarded = Guarded { inner: Resolver, allow_private: target.trusted };
        let mut http = HttpConnector::new_with_resolver(guarded);
        self.prepare(&mut http);
        let tcp = http
            .call(uri("http", target.host(), target.port())?)
            .await
            .map_err(|e| transport_error::connecting(target, &e))?
            .into_inner();
        // Last check, on the address that was really reached: a second lookup cannot slip past it.
        match tcp.peer_addr() {
            Ok(peer) if target.trusted || guard::is_public(peer.ip()) => Ok(tcp),
            Ok(peer) => Err(guard::not_public(target.host(), peer.ip())),
            Err(e) => Err(transport_error::connecting(target, &e)),
        }
    }

    /// The proxy's own address is the caller's choice and exempt from the guard; behind it, names are
    /// not resolved here.
    async fn to_proxy(&self, proxy: &Proxy) -> Result<TcpStream> {
        let mut http = HttpConnector::new_with_resolver(Resolver);
        self.prepare(&mut http);
        http.call(proxy.uri()?)
            .await
            .map(TokioIo::into_inner)
            .map_err(|e| transport_error::through_proxy(proxy, &e))
    }

    async fn tunnel(&self, proxy: &Proxy, target: &Target) -> Result<TcpStream> {
        let turn = self.offers.turn(proxy).await?;
        let tcp = self.to_proxy(proxy).await?;
        let answer = tunnel::open(&tcp, proxy, target).await;
        turn.record(answer).map(|()| tcp)
    }

    fn prepare<R>(&self, http: &mut HttpConnector<R>) {
        http.enforce_http(false);
        // Shared out over the addresses of a name, so that one dead address leaves time for the next.
        // A little more than all of it, so that a single address ends by the limit the caller knows.
        http.set_connect_timeout(Some(self.connect_timeout + Duration::from_millis(50)));
    }
}

fn uri(scheme: &str, host: &str, port: u16) -> Result<http::Uri> {
    format!("{scheme}://{host}:{port}/")
        .parse()
        .map_err(|_| Error::new(ErrorKind::UnsafeTarget, format!("{host} is not a host name HTTP allows")))
}

/// Name lookup that leaves out addresses bytes may not be sent to.
#[derive(Clone)]
struct Guarded {
    inner: Resolver,
    allow_private: bool,
}

impl Service<Name> for Guarded {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Service::poll_ready(&mut self.inner, cx).map_err(Into::into)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let host = name.as_str().to_owned();
        let allow_private = self.allow_private;
        let lookup = self.inner.call(name);
        Box::pin(async move {
            let (allowed, refused): (Vec<_>, Vec<_>) =
                lookup.await?.partition(|a| allow_private || guard::is_public(a.ip()));
            match refused.first() {
                Some(address) if allowed.is_empty() => Err(guard::not_public(&host, address.ip()).into()),
                _ => Ok(allowed.into_iter()),
            }
        })
    }
}

//! The way through a proxy to an https host: one `CONNECT`, and what a refusal means. The proxy's words are
//! not shown; its status says enough.

use std::io;
use std::sync::{Mutex as StdMutex, PoisonError};

use http::HeaderMap;
use http::header::PROXY_AUTHENTICATE;
use tokio::net::TcpStream;
use tokio::sync::{Mutex, MutexGuard};

use super::{Target, transport_error};
use crate::error::{Error, ErrorKind, Result};
use crate::options::Proxy;

/// More than any proxy says before it lets one through.
const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_HEADERS: usize = 100;

/// A tunnel that was not made.
pub(super) struct TunnelRefusal {
    pub(super) error: Error,
    /// For want of a user name and password that the proxy takes.
    pub(super) login: bool,
}

/// Asks for the tunnel on a fresh connection to the proxy.
pub(super) async fn open(tcp: &TcpStream, proxy: &Proxy, target: &Target) -> Result<(), TunnelRefusal> {
    let broken =
        |e: io::Error| TunnelRefusal { error: transport_error::through_proxy(proxy, &e), login: false };
    write(tcp, &question(proxy, target)).await.map_err(broken)?;
    let mut head = Vec::new();
    loop {
        // A byte of the tunnel's own cannot follow: TLS waits for us to speak.
        more(tcp, &mut head).await.map_err(broken)?;
        if let Some(answer) = read(&head).map_err(|()| no_proxy(proxy))? {
            return answer.judge(proxy, target);
        }
        if head.len() > MAX_HEAD_BYTES {
            return Err(no_proxy(proxy));
        }
    }
}

async fn write(tcp: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        tcp.writable().await?;
        match tcp.try_write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

async fn more(tcp: &TcpStream, head: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        tcp.readable().await?;
        match tcp.try_read(&mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                head.extend_from_slice(&buffer[..count]);
                return Ok(());
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(e) => return Err(e),
        }
    }
}

fn question(proxy: &Proxy, target: &Target) -> Vec<u8> {
    let place = format!("{}:{}", target.host(), target.port());
    let mut head = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n").into_bytes();
    if let Some(authorization) = proxy.authorization() {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(authorization.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

struct ProxyAnswer {
    status: u16,
    /// The ways to log in that it offers, of those that have a name everybody knows.
    ways: Vec<&'static str>,
}

/// Nothing yet, if the head is not whole.
fn read(head: &[u8]) -> Result<Option<ProxyAnswer>, ()> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(head) {
        Ok(httparse::Status::Complete(_)) => {
            let offers =
                response.headers.iter().filter(|h| h.name.eq_ignore_ascii_case("proxy-authenticate"));
            let ways = offers.filter_map(|h| way(h.value)).collect();
            Ok(Some(ProxyAnswer { status: response.code.unwrap_or(0), ways }))
        }
        Ok(httparse::Status::Partial) => Ok(None),
        Err(_) => Err(()),
    }
}

fn way(challenge: &[u8]) -> Option<&'static str> {
    const WAYS: [&str; 5] = ["Basic", "Digest", "NTLM", "Negotiate", "Kerberos"];
    let name = challenge.split(|b| !b.is_ascii_alphanumeric()).next()?;
    WAYS.into_iter().find(|way| way.as_bytes().eq_ignore_ascii_case(name))
}

impl ProxyAnswer {
    fn judge(self, proxy: &Proxy, target: &Target) -> Result<(), TunnelRefusal> {
        let status = self.status;
        let host = target.host();
        let (what, retryable) = match status {
            200..=299 => return Ok(()),
            // tinyproxy says 401.
            401 | 407 => return Err(self.login_wanted(proxy)),
            408 | 429 | 500 | 502..=599 => {
                (format!("could not connect to {host} ({status}); check the network and try again"), true)
            }
            // What web servers say of a method that they do not have.
            404 | 405 | 501 => (
                format!("does not connect to {host} ({status}), as if it were none; check its address"),
                false,
            ),
            _ => (format!("refuses to connect to {host} ({status}); check its rules"), false),
        };
        let error = Error::new(ErrorKind::Network, format!("the proxy {proxy} {what}"));
        Err(TunnelRefusal { error: error.retryable_is(retryable), login: false })
    }

    fn login_wanted(&self, proxy: &Proxy) -> TunnelRefusal {
        let status = self.status;
        let what = if !self.ways.is_empty() && !self.ways.contains(&"Basic") {
            let ways = self.ways.join(" or ");
            format!(
                "wants {ways} ({status}), and only a user name and password can be given; use another proxy"
            )
        } else if proxy.authorization().is_some() {
            format!("does not take the user name and password of its URL ({status}); correct them")
        } else {
            format!("wants a user name and password ({status}); give them in the proxy's URL")
        };
        let error = Error::new(ErrorKind::Network, format!("the proxy {proxy} {what}"));
        TunnelRefusal { error: error.retryable_is(false), login: true }
    }
}

/// The same of one that answers a request itself, which it was to pass on.
pub(super) fn login_wanted(proxy: &Proxy, headers: &HeaderMap) -> Error {
    let offers = headers.get_all(PROXY_AUTHENTICATE).iter();
    let ways = offers.filter_map(|offer| way(offer.as_bytes())).collect();
    ProxyAnswer { status: 407, ways }.login_wanted(proxy).error
}

/// A proxy that wants another user name and password, where nothing more is known of its answer.
pub(super) fn login_refused(proxy: &Proxy) -> Error {
    ProxyAnswer { status: 407, ways: Vec::new() }.login_wanted(proxy).error
}

fn no_proxy(proxy: &Proxy) -> TunnelRefusal {
    let what = format!("{proxy} does not answer as an HTTP proxy does; check the proxy's URL");
    TunnelRefusal { error: Error::new(ErrorKind::Network, what).retryable_is(false), login: false }
}

/// A password is offered by one connection at a time until the proxy has taken it. Directories lock an
/// account after a few wrong ones, and an upload opens several connections at once.
#[derive(Default)]
pub(super) struct LoginOffers {
    lock: Mutex<()>,
    known: StdMutex<LoginHistory>,
}

#[derive(Default, Clone)]
struct LoginHistory {
    taken: bool,
    /// How often it was not, and the last time.
    refusals: u64,
    last: Option<Error>,
}

/// Leave to ask for a tunnel.
pub(super) struct LoginTurn<'a> {
    offers: &'a LoginOffers,
    _lock: Option<MutexGuard<'a, ()>>,
}

impl LoginOffers {
    /// Waits for its turn. Whoever waited while the password was refused has been refused with it.
    pub(super) async fn turn(&self, proxy: &Proxy) -> Result<LoginTurn<'_>> {
        let before = self.known();
        if before.taken || proxy.authorization().is_none() {
            return Ok(LoginTurn { offers: self, _lock: None });
        }
        let lock = self.lock.lock().await;
        let now = self.known();
        match now.last.filter(|_| now.refusals > before.refusals) {
            Some(error) => Err(error),
            None => Ok(LoginTurn { offers: self, _lock: (!now.taken).then_some(lock) }),
        }
    }

    /// The password was taken.
    pub(super) fn taken(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).taken = true;
    }

    /// The password was refused.
    pub(super) fn refused(&self, error: Error) -> Error {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = LoginHistory { taken: false, refusals: known.refusals + 1, last: Some(error.clone()) };
        error
    }

    fn known(&self) -> LoginHistory {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl LoginTurn<'_> {
    pub(super) fn record(self, answer: Result<(), TunnelRefusal>) -> Result<()> {
        match answer {
            Ok(()) => {
                self.offers.taken();
                Ok(())
            }
            Err(TunnelRefusal { error, login: true }) => Err(self.offers.refused(error)),
            Err(TunnelRefusal { error, login: false }) => Err(error),
        }
    }
}

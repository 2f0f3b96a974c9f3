//! The meaning of a failed connection to the caller. Dependency errors are kept as the cause, scrubbed;
//! the sentence is ours.

use std::error::Error as StdError;
use std::io;

use super::meter::{Meter, peer_closed};
use super::{Target, tls_error};
use crate::error::{Error, ErrorKind, Side};
use crate::options::Proxy;
use crate::os_limits;

const CONNECTING: &str = "connecting to";
const SENDING: &str = "sending to";

/// A connection that could not be made.
pub(super) fn connecting(target: &Target, error: &(dyn StdError + 'static)) -> Error {
    if let Some(own) = find::<Error>(error) {
        return own.clone();
    }
    classify(target.authority(), CONNECTING, false, error)
}

/// A TLS handshake that failed, perhaps with what answers in the place of a host behind a proxy.
pub(super) fn handshake(target: &Target, proxy: Option<&Proxy>, error: &(dyn StdError + 'static)) -> Error {
    let error = connecting(target, error);
    match proxy {
        Some(proxy) => error.with_note(&format!("the connection goes through the proxy {proxy}")),
        None => error,
    }
}

/// A proxy that could not be reached, or that broke off.
pub(super) fn through_proxy(proxy: &Proxy, error: &(dyn StdError + 'static)) -> Error {
    classify(&format!("the proxy {proxy}"), CONNECTING, false, error)
}

/// Why another client's way through a proxy was not made.
pub(super) enum Tunnel {
    /// The connection to the proxy failed.
    Broken,
    Login,
    /// The proxy answered something else, or nothing.
    Refused,
}

/// hyper-util's error type is private; its words are all there is.
pub(super) fn tunnel(error: &(dyn StdError + 'static)) -> Option<Tunnel> {
    let text = Chain(error).to_string();
    let (_, why) = text.split_once("tunnel error: ")?;
    Some(match why {
        _ if why.starts_with("proxy authorization required") => Tunnel::Login,
        _ if why.starts_with("failed to create") || why.starts_with("io error") => Tunnel::Broken,
        _ => Tunnel::Refused,
    })
}

/// A connection that broke while a request was on it, or that brought an answer nobody can read.
pub(super) fn sending(target: &Target, meter: &Meter, error: &(dyn StdError + 'static)) -> Error {
    let host = target.authority();
    match find::<hyper::Error>(error).filter(|e| e.is_parse()) {
        Some(e) => unreadable(host, &meter.first_bytes(), e).side_is(Side::Storage),
        None => classify(host, SENDING, meter.reply_bytes() > 0, error),
    }
}

/// A connection that broke while a call to a service was on it, which may have `answered` calls before.
pub(super) fn talking(target: &Target, answered: bool, error: &(dyn StdError + 'static)) -> Error {
    classify(target.authority(), "talking to", answered, error)
}

/// A connection that was over before it took the request.
pub(super) fn gone(target: &Target) -> Error {
    let why = io::Error::from(io::ErrorKind::ConnectionAborted);
    classify(target.authority(), SENDING, false, &why)
}

/// An answer that cannot be read. The network brought it, and it will be no other the next time.
fn unreadable(host: &str, first: &[u8], error: &hyper::Error) -> Error {
    let what = match first {
        // Records of a handshake and of an alert (RFC 8446, 5.1), which nobody begins HTTP with.
        [0x15 | 0x16, 3, 0..=4, ..] => {
            "answers in TLS to plain HTTP; the URL has to begin with https://, or its port is another one".to_owned()
        }
        // A SETTINGS frame of the connection itself (RFC 9113, 4.1 and 6.5).
        [0, _, _, 4, _, 0, 0, 0] => {
            "answers in HTTP/2 to HTTP/1.1; check the port, or let the server take both".to_owned()
        }
        // hyper tells a client by these words alone.
        _ if error.to_string().contains("too large") => {
            "answered with more or longer headers than are read; check the server, or a proxy that adds to them".to_owned()
        }
        [b'H', b'T', b'T', b'P', b'/', ..] | [] => format!(
            "answered with HTTP that cannot be read ({error}); check the server, or a proxy that changes what it says"
        ),
        _ => "answered with something that is not HTTP; check the URL's host and port, and what stands in between".to_owned(),
    };
    Error::new(ErrorKind::Unavailable, format!("{host} {what}")).cause(&Chain(error)).retryable_is(false)
}

fn classify(host: &str, doing: &str, answered: bool, error: &(dyn StdError + 'static)) -> Error {
    if let Some(tls) = find::<rustls::Error>(error) {
        // Certificates are judged once, at the start, even where the verdict on ours comes later (TLS 1.3),
        // but before anything is answered; other trouble after it is damage on the way.
        if doing == CONNECTING || (!answered && tls_error::is_about_certificates(tls)) {
            return tls_error::told(host, tls);
        }
    }
    if let Some(e) = find::<hyper::Error>(error).filter(|e| e.is_parse()) {
        return unreadable(host, &[], e);
    }
    let io = find::<io::Error>(error);
    if let Some(io) = io.filter(|io| os_limits::is_out_of_descriptors(io)) {
        return Error::too_many_open_files(&format!("{doing} {host}"), io);
    }
    let closed = io.is_some_and(peer_closed);
    let (kind, what) = match io.map(io::Error::kind) {
        // The resolver's failure has no kind of its own, only these words.
        _ if Chain(error).to_string().contains("failed to lookup address") => {
            (ErrorKind::Network, "its name could not be looked up")
        }
        Some(io::ErrorKind::ConnectionRefused) => (ErrorKind::Network, "the connection was refused"),
        _ if closed => (ErrorKind::Network, "the other side closed the connection"),
        // One of a name's several addresses has a share of the time.
        Some(io::ErrorKind::TimedOut) if doing == CONNECTING => {
            (ErrorKind::Timeout, "nobody answered in time (connect_timeout)")
        }
        Some(io::ErrorKind::TimedOut) => (ErrorKind::Timeout, "the other side stopped answering"),
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
            (ErrorKind::Network, "there is no route to it")
        }
        Some(io::ErrorKind::UnexpectedEof) => {
            (ErrorKind::Network, "the other side closed the connection before answering")
        }
        _ => (ErrorKind::Network, "the connection failed"),
    };
    Error::new(kind, format!("{doing} {host}: {what}; check the network and try again")).cause(&Chain(error))
}

/// Looks for a type in an error's chain. An `io::Error` hides its inner error from `source()`, so it
/// is looked into as well.
pub(super) fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(e) = next {
        if let Some(found) = e.downcast_ref::<T>() {
            return Some(found);
        }
        if let Some(inner) = e.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
            && let Some(found) = find::<T>(inner)
        {
            return Some(found);
        }
        next = e.source();
    }
    None
}

/// An error with its sources, on one line.
pub(super) struct Chain<'a>(pub(super) &'a (dyn StdError + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(e) = next {
            write!(f, ": {e}")?;
            next = e.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::AlertDescription as Alert;

    #[test]
    fn an_alert_after_an_answer_is_not_about_a_client_certificate() {
        let told = |alert, doing, answered| {
            let error = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::AlertReceived(alert));
            classify("h", doing, answered, &error).kind()
        };
        for alert in [Alert::AccessDenied, Alert::BadCertificate, Alert::CertificateRequired] {
            assert_eq!(told(alert, SENDING, false), ErrorKind::Tls, "{alert:?}");
            assert_eq!(told(alert, SENDING, true), ErrorKind::Network, "{alert:?}");
        }
        assert_eq!(told(Alert::BadRecordMac, SENDING, false), ErrorKind::Network, "damage on the way");
        assert_eq!(told(Alert::ProtocolVersion, CONNECTING, false), ErrorKind::Tls);
    }
}

//! What a failed connection means to the caller. Dependency errors are kept as the cause, scrubbed;
//! the sentence is ours.

use std::error::Error as StdError;
use std::io;

use super::Target;
use crate::error::{Error, ErrorKind};
use crate::room;

pub(super) const CONNECTING: &str = "connecting to";

/// A connection that could not be made.
pub(super) fn connecting(target: &Target, error: &(dyn StdError + 'static)) -> Error {
    if let Some(own) = find::<Error>(error) {
        return own.clone();
    }
    classify(&target.authority(), CONNECTING, error)
}

/// A proxy that could not be reached, or will not let us through.
pub(super) fn through_proxy(proxy: &http::Uri, error: &(dyn StdError + 'static)) -> Error {
    let authority = proxy.authority().map_or("", |a| a.as_str().rsplit('@').next().unwrap_or(""));
    refused_by_proxy(error).unwrap_or_else(|| classify(&format!("the proxy {authority}"), CONNECTING, error))
}

/// A connection that broke while a request was on it.
pub(super) fn sending(target: &Target, error: &(dyn StdError + 'static)) -> Error {
    classify(&target.authority(), "sending to", error)
}

/// A connection that was over before it took the request.
pub(super) fn gone(target: &Target) -> Error {
    let why = io::Error::from(io::ErrorKind::ConnectionAborted);
    sending(target, &why)
}

pub(super) fn classify(host: &str, doing: &str, error: &(dyn StdError + 'static)) -> Error {
    if let Some(tls) = find::<rustls::Error>(error) {
        // A certificate is judged once, at the start; later trouble is damage on the way.
        if doing == CONNECTING || matches!(tls, rustls::Error::InvalidCertificate(_)) {
            return tls_error(host, tls);
        }
    }
    let io = find::<io::Error>(error);
    if let Some(io) = io.filter(|io| room::is_out_of_files(io)) {
        return room::no_files(&format!("{doing} {host}"), io);
    }
    let io = io.map(io::Error::kind);
    let (kind, what) = match io {
        // The resolver's failure has no kind of its own, only these words.
        _ if Chain(error).to_string().contains("failed to lookup address") => {
            (ErrorKind::Network, "its name could not be looked up")
        }
        Some(io::ErrorKind::ConnectionRefused) => (ErrorKind::Network, "the connection was refused"),
        Some(
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted,
        ) => (ErrorKind::Network, "the other side closed the connection"),
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

/// A proxy that answers and will not let us through. hyper-util's error type is private, its words are
/// all there is.
fn refused_by_proxy(error: &(dyn StdError + 'static)) -> Option<Error> {
    let text = Chain(error).to_string();
    let refused = |what: &str| Error::new(ErrorKind::Network, what).cause(&Chain(error));
    if text.contains("proxy authorization required") {
        let what = "the proxy wants a user name and password; give them in the proxy's URL";
        return Some(refused(what).retryable_is(false));
    }
    let unsuccessful = text.contains("tunnel error: unsuccessful");
    unsuccessful.then(|| refused("the proxy refused to connect to storage; check its rules"))
}

fn tls_error(host: &str, tls: &rustls::Error) -> Error {
    let what = match tls {
        rustls::Error::InvalidCertificate(why) => format!(
            "the certificate of {host} is not acceptable ({why}); if it is your own, give its root in ca_file"
        ),
        _ => format!("the TLS handshake with {host} failed; check that it speaks TLS 1.2 or 1.3"),
    };
    // A peer that is not trusted now will not be in a second.
    Error::new(ErrorKind::Tls, what).cause(tls)
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

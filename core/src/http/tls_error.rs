//! The meaning of a failed TLS handshake to the caller. Names in certificates are strangers' words, and shown
//! in part.

use std::time::Duration;

use rustls::pki_types::{ServerName, UnixTime};
use rustls::{AlertDescription as Alert, CertificateError};
use time::OffsetDateTime;

use super::certificate::Flaw;
use crate::error::{Error, ErrorKind};

pub(super) fn told(host: &str, tls: &rustls::Error) -> Error {
    let what = match tls {
        rustls::Error::InvalidCertificate(why) => certificate(host, why),
        rustls::Error::AlertReceived(alert) => refused(host, *alert),
        rustls::Error::InvalidMessage(_) => {
            format!("{host} does not answer in TLS; check whether it is to be https, and the port")
        }
        _ => format!("the TLS handshake with {host} failed; check that it speaks TLS 1.2 or 1.3"),
    };
    // A peer that is not trusted now will not be in a second.
    Error::new(ErrorKind::Tls, what).cause(tls)
}

/// Whether an error is the verdict on a certificate, the server's or ours. A server that asked for one and
/// got none says so after the handshake (RFC 8446, 4.4.2.4), and has read nothing of what was sent.
pub(super) fn is_about_certificates(tls: &rustls::Error) -> bool {
    match tls {
        rustls::Error::InvalidCertificate(_) => true,
        rustls::Error::AlertReceived(alert) => wants_certificate(*alert),
        _ => false,
    }
}

/// The alerts about a peer's certificate. Ours is the one that the server can mean, and we have none.
fn wants_certificate(alert: Alert) -> bool {
    matches!(
        alert,
        Alert::CertificateRequired
            | Alert::NoCertificate
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
    )
}

fn refused(host: &str, alert: Alert) -> String {
    match alert {
        alert if wants_certificate(alert) => format!(
            "{host} wants a client certificate and none can be given; ask its owner for an address that wants none"
        ),
        Alert::HandshakeFailure => format!(
            "{host} refused the TLS handshake; it may want a client certificate, which cannot be given, \
             or speak only versions and ciphers that are no longer safe, so check its TLS settings"
        ),
        Alert::ProtocolVersion => {
            format!("{host} speaks neither TLS 1.2 nor 1.3, and older ones are not safe; have it updated")
        }
        Alert::UnrecognisedName => {
            format!("{host} does not know that name (TLS alert unrecognized_name); check the URL")
        }
        _ => format!("{host} ended the TLS handshake ({alert:?}); check its TLS settings"),
    }
}

fn certificate(host: &str, why: &CertificateError) -> String {
    use CertificateError as C;
    let its = format!("the certificate of {host}");
    match why {
        C::ExpiredContext { time, not_after } => format!(
            "{its} was good until {} and this machine's clock says {}; have it renewed, or set the clock if that is wrong",
            moment(*not_after),
            moment(*time)
        ),
        C::NotValidYetContext { time, not_before } => format!(
            "{its} is good from {} on and this machine's clock says {}; set the clock if it is behind",
            moment(*not_before),
            moment(*time)
        ),
        C::NotValidForNameContext { expected, presented } => wrong_name(host, expected, presented),
        C::UnknownIssuer => untrusted(&its, None),
        // A key of another kind cannot have signed it either.
        C::BadSignature | C::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => format!(
            "{its} is not signed with the key of the authority it names (bad signature); \
             if that has a new key, give its present root in ca_file"
        ),
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => {
            format!("{its} is not one for servers (extended key usage); have another one made")
        }
        C::UnsupportedSignatureAlgorithmContext { .. } => {
            format!(
                "{its} is signed in a way that is not accepted, such as with SHA-1; have another one made"
            )
        }
        C::BadEncoding => format!("{its} cannot be read (bad encoding); have another one made"),
        C::Other(other) => {
            let of_webpki = || other.0.downcast_ref::<webpki::Error>().map(|e| odd(&its, e));
            let flaw = other.0.downcast_ref::<Flaw>().map(|f| flawed(host, &its, f));
            flaw.or_else(of_webpki).unwrap_or_else(|| unacceptable(&its, why))
        }
        _ => unacceptable(&its, why),
    }
}

fn unacceptable(its: &str, why: &dyn std::fmt::Display) -> String {
    format!("{its} is not acceptable ({why}); if it is your own, give its root in ca_file")
}

fn flawed(host: &str, its: &str, flaw: &Flaw) -> String {
    match flaw {
        Flaw::Untrusted { issuer } => untrusted(its, issuer.as_deref()),
        Flaw::NoAuthority { issuer } => format!(
            "{its} was issued by {}, whose own certificate is trusted here and is no authority's (CA:FALSE), so it is good for \
             itself alone; have that one made with CA:TRUE, or give the certificate of {host} itself in ca_file",
            quoted(issuer.as_deref())
        ),
        Flaw::SelfSigned => {
            format!(
                "{its} is signed by itself and not trusted here; if it is your own, give that certificate in ca_file"
            )
        }
        Flaw::IssuerEnded { time, not_after } => format!(
            "{its} was issued by an authority whose own certificate was good until {} and this machine's clock says {}; \
             have what {host} sends renewed, or set the clock if that is wrong",
            moment(*not_after),
            moment(*time)
        ),
        Flaw::NotItsKey => format!(
            "{host} shows a certificate whose key it does not have (bad signature); check its settings, or who is in between"
        ),
    }
}

fn untrusted(its: &str, issuer: Option<&str>) -> String {
    format!(
        "{its} was issued by {}, which is not trusted here (unknown issuer); \
         if that is your own or your network's, give its root in ca_file",
        quoted(issuer)
    )
}

fn quoted(issuer: Option<&str>) -> String {
    issuer.map_or_else(|| "an authority".to_owned(), |name| format!("{:?}", shortened(name)))
}

/// A certificate that no chain may end with, though it may be trusted itself.
fn odd(its: &str, why: &webpki::Error) -> String {
    let what = match why {
        webpki::Error::CaUsedAsEndEntity => "is an authority's and no server's (CA:TRUE)",
        webpki::Error::UnsupportedCertVersion => "is of an old form (not X.509 version 3)",
        _ => return unacceptable(its, why),
    };
    format!(
        "{its} {what}; if it is your own, give that very certificate in ca_file, or have another one made"
    )
}

fn wrong_name(host: &str, expected: &ServerName<'_>, presented: &[String]) -> String {
    /// Enough to recognise it by.
    const SHOWN: usize = 5;
    let mut names: Vec<String> = presented.iter().take(SHOWN).map(|name| shortened(name)).collect();
    if presented.len() > SHOWN {
        names.push(format!("{} more", presented.len() - SHOWN));
    }
    let names = if names.is_empty() { "no name at all".to_owned() } else { names.join(", ") };
    let dotted = presented.iter().any(|name| is_dotted_bucket(&expected.to_str(), name));
    let remedy = if dotted {
        "the * stands for one label, so a bucket with dots in its name needs a URL with the bucket in its path"
    } else {
        "check the URL, or have a certificate made for that name"
    };
    format!("the certificate of {host} is for {names} and not for that host; {remedy}")
}

/// Whether a wildcard would fit if it stood for several labels: `*.s3.example.com` and
/// `my.bucket.s3.example.com`.
fn is_dotted_bucket(host: &str, presented: &str) -> bool {
    let base = presented.strip_prefix('*').filter(|base| base.starts_with('.'));
    let bucket = base.and_then(|base| host.strip_suffix(&base.to_ascii_lowercase()));
    bucket.is_some_and(|bucket| bucket.contains('.'))
}

fn shortened(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(100).collect()
}

fn moment(time: UnixTime) -> String {
    let at = OffsetDateTime::UNIX_EPOCH
        .checked_add(Duration::from_secs(time.as_secs()).try_into().unwrap_or_default());
    let form = time::macros::format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    at.and_then(|at| at.format(form).ok()).unwrap_or_else(|| "a time beyond all clocks".to_owned())
}

//! Whether a server's certificate is trusted, and what is wrong with one that is not.
//!
//! A certificate that is itself among the trusted ones is accepted whatever its CA flag and version, as by
//! curl (`X509_V_FLAG_PARTIAL_CHAIN`): self-signed ones of small servers are often of a kind that no chain
//! may end with. Its name and its time still count. It is good for itself alone, unless it is an authority's.
//! All others are rustls' to judge.

use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::VerifierBuilderError;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};
use time::OffsetDateTime;

use super::x509::Certificate;

#[derive(Debug)]
pub(super) struct Verifier {
    /// `None` if no authority is trusted.
    chains: Option<Arc<WebPkiServerVerifier>>,
    algorithms: WebPkiSupportedAlgorithms,
    /// SHA-256 of every trusted certificate.
    named: HashSet<Vec<u8>>,
    /// For whom those are that are no authority's.
    no_authorities: HashSet<Vec<u8>>,
}

impl Verifier {
    pub(super) fn new<'a>(
        roots: RootCertStore,
        named: impl Iterator<Item = &'a CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, VerifierBuilderError> {
        let chains = (!roots.is_empty()).then(|| {
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build()
        });
        let mut verifier = Self {
            chains: chains.transpose()?,
            algorithms: provider.signature_verification_algorithms,
            named: HashSet::new(),
            no_authorities: HashSet::new(),
        };
        for certificate in named {
            verifier.named.insert(fingerprint(certificate));
            if let Some(read) = Certificate::read(certificate).filter(|read| !read.may_issue()) {
                verifier.no_authorities.insert(read.subject_name.to_vec());
            }
        }
        Ok(verifier)
    }

    fn is_named(&self, certificate: &CertificateDer<'_>) -> bool {
        self.named.contains(&fingerprint(certificate))
    }
}

fn fingerprint(certificate: &CertificateDer<'_>) -> Vec<u8> {
    digest(&SHA256, certificate).as_ref().to_vec()
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.is_named(certificate) {
            return check_named(certificate, name, now).map(|()| ServerCertVerified::assertion());
        }
        let verdict = match &self.chains {
            Some(chains) => chains.verify_server_cert(certificate, others, name, ocsp, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        };
        verdict.map_err(|e| self.explained(e, certificate, others))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match self.is_named(certificate) {
            true => self.signed_by_bare_key(message, certificate, signed),
            false => {
                verify_tls12_signature(message, certificate, signed, &self.algorithms).map_err(of_handshake)
            }
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if !self.is_named(certificate) {
            let verdict = verify_tls13_signature(message, certificate, signed, &self.algorithms);
            return verdict.map_err(of_handshake);
        }
        let key = key_of(certificate)?;
        verify_tls13_signature_with_raw_key(message, &key, signed, &self.algorithms).map_err(of_handshake)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl Verifier {
    /// rustls has this for TLS 1.3 alone; its own for 1.2 wants a certificate of version 3. Each algorithm of
    /// the scheme is tried, since in 1.2 a scheme leaves the curve open.
    fn signed_by_bare_key(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = key_of(certificate)?;
        let key = webpki::RawPublicKeyEntity::try_from(&key).map_err(|_| CertificateError::BadEncoding)?;
        let scheme = self.algorithms.mapping.iter().find(|(scheme, _)| *scheme == signed.scheme);
        let algorithms = scheme.map_or(&[][..], |(_, algorithms)| algorithms);
        let valid = algorithms.iter().any(|a| key.verify_signature(*a, message, signed.signature()).is_ok());
        if valid { Ok(HandshakeSignatureValid::assertion()) } else { Err(flaw(Flaw::NotItsKey)) }
    }

    /// The error with what the certificate says of itself.
    fn explained(
        &self,
        error: Error,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
    ) -> Error {
        let (Error::InvalidCertificate(why), Ok(leaf)) = (&error, read(certificate)) else { return error };
        let top = others.last().and_then(|c| read(c).ok()).unwrap_or(leaf);
        let by_no_authority = self.no_authorities.contains(top.issuer_name);
        match why {
            // Another one of that name may be trusted, whose key did not sign it.
            CertificateError::UnknownIssuer
            | CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. }
                if leaf.issued_itself() =>
            {
                flaw(Flaw::SelfSigned)
            }
            CertificateError::UnknownIssuer if by_no_authority => {
                flaw(Flaw::NoAuthority { issuer: top.issuer() })
            }
            CertificateError::UnknownIssuer => flaw(Flaw::Untrusted { issuer: top.issuer() }),
            // As rustls says it where the server sends that one along.
            CertificateError::Other(other)
                if by_no_authority
                    && other.0.downcast_ref::<webpki::Error>() == Some(&webpki::Error::EndEntityUsedAsCa) =>
            {
                flaw(Flaw::NoAuthority { issuer: top.issuer() })
            }
            CertificateError::NotValidForNameContext { expected, .. } => {
                let (expected, presented) = (expected.clone(), leaf.names());
                CertificateError::NotValidForNameContext { expected, presented }.into()
            }
            CertificateError::ExpiredContext { time, not_after } if unix(leaf.not_after) != *not_after => {
                flaw(Flaw::IssuerEnded { time: *time, not_after: *not_after })
            }
            _ => error,
        }
    }
}

fn key_of<'a>(certificate: &'a CertificateDer<'_>) -> Result<SubjectPublicKeyInfoDer<'a>, Error> {
    Ok(SubjectPublicKeyInfoDer::from(read(certificate)?.key))
}

fn read<'a>(certificate: &'a CertificateDer<'_>) -> Result<Certificate<'a>, Error> {
    Certificate::read(certificate).ok_or_else(|| CertificateError::BadEncoding.into())
}

fn check_named(certificate: &CertificateDer<'_>, name: &ServerName<'_>, now: UnixTime) -> Result<(), Error> {
    let certificate = read(certificate)?;
    let (not_before, not_after) = (unix(certificate.not_before), unix(certificate.not_after));
    if now < not_before {
        return Err(CertificateError::NotValidYetContext { time: now, not_before }.into());
    }
    if now > not_after {
        return Err(CertificateError::ExpiredContext { time: now, not_after }.into());
    }
    let presented = certificate.names();
    if presented.iter().any(|n| fits(n, name)) {
        return Ok(());
    }
    Err(CertificateError::NotValidForNameContext { expected: name.to_owned(), presented }.into())
}

fn unix(time: OffsetDateTime) -> UnixTime {
    let seconds = u64::try_from(time.unix_timestamp()).unwrap_or(0);
    UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds))
}

fn fits(presented: &str, name: &ServerName<'_>) -> bool {
    match name {
        ServerName::IpAddress(ip) => presented == IpAddr::from(*ip).to_string(),
        ServerName::DnsName(host) => {
            let host = host.as_ref().trim_end_matches('.');
            let below =
                |base: &str| host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(base));
            presented.eq_ignore_ascii_case(host)
                || presented.strip_prefix("*.").is_some_and(|base| base.contains('.') && below(base))
        }
        _ => false,
    }
}

/// A fault of a certificate that rustls has no word for.
#[derive(Debug)]
pub(super) enum Flaw {
    /// Nobody trusted has issued it. The name of who did is a stranger's text.
    Untrusted { issuer: Option<String> },
    /// Whoever issued it is trusted, and may issue nothing.
    NoAuthority { issuer: Option<String> },
    /// It issued itself.
    SelfSigned,
    /// One that it was issued by has ended.
    IssuerEnded { time: UnixTime, not_after: UnixTime },
    /// The server does not have its key.
    NotItsKey,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Flaw {}

fn flaw(flaw: Flaw) -> Error {
    CertificateError::Other(OtherError(Arc::new(flaw))).into()
}

fn of_handshake(error: Error) -> Error {
    match error {
        Error::InvalidCertificate(CertificateError::BadSignature) => flaw(Flaw::NotItsKey),
        other => other,
    }
}

//! A certificate authority for one run and one certificate under it, for loopback names only.

use std::io;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use crate::settings::Certificate;

/// One acceptor for each kind of certificate that a listener can show.
#[derive(Clone)]
pub(crate) struct Acceptors {
    good: TlsAcceptor,
    expired: TlsAcceptor,
    not_yet_valid: TlsAcceptor,
}

impl Acceptors {
    /// The one that the settings ask for.
    pub fn showing(&self, certificate: Option<Certificate>) -> &TlsAcceptor {
        match certificate {
            Some(Certificate::Expired) => &self.expired,
            Some(Certificate::NotYetValid) => &self.not_yet_valid,
            Some(Certificate::Unknown) | None => &self.good,
        }
    }
}

/// The acceptors, and the certificate of their authority as PEM.
pub(crate) fn make() -> io::Result<(Acceptors, String)> {
    generate().map_err(|error| io::Error::other(format!("cannot make certificates: {error}")))
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn generate() -> Result<(Acceptors, String), Failure> {
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::new(Vec::<String>::new())?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    // Newer Pythons verify strictly and want these spelled out.
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca.distinguished_name.push(DnType::CommonName, "dropoff sandbox CA");
    let ca_certificate = ca.self_signed(&ca_key)?;
    let issuer = Issuer::new(ca, ca_key);
    let (long_ago, far_off) = (date_time_ymd(1975, 1, 1), date_time_ymd(4096, 1, 1));
    let acceptors = Acceptors {
        good: acceptor(&issuer, long_ago, far_off)?,
        expired: acceptor(&issuer, long_ago, date_time_ymd(2024, 2, 1))?,
        not_yet_valid: acceptor(&issuer, date_time_ymd(2090, 1, 1), far_off)?,
    };
    Ok((acceptors, ca_certificate.pem()))
}

fn acceptor(
    issuer: &Issuer<'_, KeyPair>,
    not_before: time::OffsetDateTime,
    not_after: time::OffsetDateTime,
) -> Result<TlsAcceptor, Failure> {
    let key = KeyPair::generate()?;
    let mut leaf = CertificateParams::new(vec!["localhost".into(), "127.0.0.1".into()])?;
    (leaf.not_before, leaf.not_after) = (not_before, not_after);
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.distinguished_name.push(DnType::CommonName, "dropoff sandbox");
    let certificate = leaf.signed_by(&key, issuer)?;

    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der())?)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

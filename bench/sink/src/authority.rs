//! A certificate authority for one run, one certificate under it for loopback, and the TLS settings made of
//! them.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::{Ticketer, default_provider};
use rustls::pki_types::PrivateKeyDer;
use tempfile::TempDir;

/// Settings for connections, and the folder with the authority's certificate, which goes when this is
/// dropped.
pub(crate) struct Authority {
    pub(crate) config: Arc<ServerConfig>,
    folder: TempDir,
}

impl Authority {
    /// The authority's certificate as a PEM file, for clients to trust.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

/// Makes both certificates.
pub(crate) fn make() -> io::Result<Authority> {
    let (config, pem) =
        generate().map_err(|error| io::Error::other(format!("cannot make certificates: {error}")))?;
    let folder = TempDir::with_prefix("dropoff-sink-")?;
    let authority = Authority { config: Arc::new(config), folder };
    std::fs::write(authority.file(), pem)?;
    Ok(authority)
}

fn generate() -> Result<(ServerConfig, String), Box<dyn std::error::Error + Send + Sync>> {
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::new(Vec::<String>::new())?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    // Newer Pythons verify strictly and want these spelled out.
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca.distinguished_name.push(DnType::CommonName, "dropoff sink CA");
    let ca_certificate = ca.self_signed(&ca_key)?;
    let issuer = Issuer::new(ca, ca_key);

    let key = KeyPair::generate()?;
    let mut leaf = CertificateParams::new(vec!["localhost".into(), "127.0.0.1".into()])?;
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.distinguished_name.push(DnType::CommonName, "dropoff sink");
    let certificate = leaf.signed_by(&key, &issuer)?;

    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der())?)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.ticketer = Ticketer::new()?;
    // The keys leave rustls after the handshake: that is what this program is about.
    config.enable_secret_extraction = true;
    Ok((config, ca_certificate.pem()))
}

//! A server over TLS with any certificate, good or bad, and the authority behind it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

/// A certificate authority, by its name.
pub struct Authority {
    name: rcgen::DistinguishedName,
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate.
    pub certificate: CertificateDer<'static>,
}

impl Authority {
    /// A new key under this name.
    pub fn new(name: &str) -> Self {
        Self::with(name, |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained))
    }

    /// One whose certificate need not say that it is one.
    pub fn with(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::<String>::new()).expect("no names");
        params.distinguished_name.push(DnType::CommonName, name);
        change(&mut params);
        let certificate = params.self_signed(&key).expect("a certificate").der().clone();
        let name = params.distinguished_name.clone();
        Self { name, issuer: Issuer::new(params, key), certificate }
    }

    /// A certificate for 127.0.0.1 and localhost, changed by `change`.
    pub fn issue(&self, change: impl FnOnce(&mut CertificateParams)) -> Shown {
        let key = KeyPair::generate().expect("a key");
        let mut params = params();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Shown { chain: vec![certificate.der().clone()], key }
    }
}

impl Authority {
    /// A certificate for another authority, so that it stands below this one.
    pub fn issue_authority(
        &self,
        below: &Self,
        change: impl FnOnce(&mut CertificateParams),
    ) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(Vec::<String>::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = below.name.clone();
        change(&mut params);
        params.signed_by(below.issuer.key(), &self.issuer).expect("a certificate").der().clone()
    }
}

fn params() -> CertificateParams {
    let mut params = CertificateParams::new(vec!["127.0.0.1".into(), "localhost".into()]).expect("names");
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params
}

/// A certificate that signed itself, changed by `change`.
pub fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> Shown {
    let key = KeyPair::generate().expect("a key");
    let mut params = params();
    change(&mut params);
    Shown { chain: vec![params.self_signed(&key).expect("a certificate").der().clone()], key }
}

/// What a server shows, and the key it proves it with.
pub struct Shown {
    /// Its own certificate first.
    pub chain: Vec<CertificateDer<'static>>,
    /// Usually of that certificate.
    pub key: KeyPair,
}

impl Shown {
    /// The same certificate as X.509 version 1 has it: without number and extensions. Its signature fits no
    /// more, which does not count where the very certificate is trusted.
    #[must_use]
    pub fn in_version_1(mut self) -> Self {
        let whole = parts(&self.chain[0])[0];
        let outer = parts(content(whole));
        let fields = parts(content(outer[0]));
        let kept: Vec<u8> = fields[1..7].concat();
        let rest = [wrapped(&kept), outer[1].to_vec(), outer[2].to_vec()].concat();
        self.chain[0] = wrapped(&rest).into();
        self
    }

    fn config(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        client: Option<&Authority>,
    ) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).expect("a key");
        let key = provider.key_provider.load_private_key(key).expect("a key");
        // A certificate of any kind, with a key that may not be its own.
        let shown = SingleCertAndKey::from(CertifiedKey::new(self.chain.clone(), key));
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .expect("versions");
        let builder = match client {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.certificate.clone()).expect("a root");
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
            }
        };
        builder.with_cert_resolver(Arc::new(shown))
    }

    /// A server that shows this; it ends with the process.
    pub fn serve(self) -> Server {
        self.serve_with(rustls::ALL_VERSIONS, None)
    }

    /// The same with some versions of TLS, and for clients whose certificate `client` has issued, if given.
    pub fn serve_with(
        self,
        versions: &[&'static SupportedProtocolVersion],
        client: Option<&Authority>,
    ) -> Server {
        let config = Arc::new(self.config(versions, client));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let server = Server { port, connections: Arc::clone(&connections), requests: Arc::clone(&requests) };
        std::thread::spawn(move || {
            for tcp in listener.incoming().flatten() {
                connections.fetch_add(1, SeqCst);
                let (config, requests) = (Arc::clone(&config), Arc::clone(&requests));
                std::thread::spawn(move || {
                    // A client that does not trust it goes away.
                    let _ = converse(tcp, config, &requests);
                });
            }
        });
        server
    }
}

/// A running server. It answers 200 to every PUT and 404 to everything else.
pub struct Server {
    /// On loopback.
    pub port: u16,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Server {
    /// Its origin.
    pub fn origin(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// Connections it took.
    pub fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }

    /// Requests it answered.
    pub fn requests(&self) -> usize {
        self.requests.load(SeqCst)
    }
}

fn converse(tcp: TcpStream, config: Arc<ServerConfig>, requests: &AtomicUsize) -> std::io::Result<()> {
    tcp.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut stream = StreamOwned::new(ServerConnection::new(config).map_err(std::io::Error::other)?, tcp);
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some(at) = text.find("\r\n\r\n") {
            let head = text[..at].to_ascii_lowercase();
            let length = head.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse().ok());
            if seen.len() >= at + 4 + length.unwrap_or(0) {
                requests.fetch_add(1, SeqCst);
                let status = if head.starts_with("put ") { "200 OK" } else { "404 Not Found" };
                write!(
                    stream,
                    "HTTP/1.1 {status}\r\nETag: \"e\"\r\nx-amz-request-id: r\r\nContent-Length: 0\r\n\r\n"
                )?;
                seen.clear();
                continue;
            }
        }
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            count => seen.extend_from_slice(&buffer[..count]),
        }
    }
}

/// A file with certificates in PEM form.
pub fn pem<'a>(
    certificates: impl IntoIterator<Item = &'a CertificateDer<'static>>,
) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let mut text = String::new();
    for certificate in certificates {
        let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, certificate);
        text += &format!("-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----\n");
    }
    std::fs::write(file.path(), text).expect("a PEM file");
    file
}

/// The elements of DER that stand one after the other, with tag and length.
fn parts(mut der: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    while !der.is_empty() {
        let (head, length) = measured(der);
        let (part, rest) = der.split_at(head + length);
        parts.push(part);
        der = rest;
    }
    parts
}

fn content(element: &[u8]) -> &[u8] {
    &element[measured(element).0..]
}

fn measured(der: &[u8]) -> (usize, usize) {
    match usize::from(der[1]) {
        short @ 0..0x80 => (2, short),
        long => {
            let count = long - 0x80;
            (2 + count, der[2..2 + count].iter().fold(0, |n, b| (n << 8) | usize::from(*b)))
        }
    }
}

/// As a sequence of up to 64 KiB, its length as short as can be.
fn wrapped(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("a short certificate").to_be_bytes();
    let head = match length {
        [0, short @ 0..0x80] => vec![0x30, short],
        [0, one] => vec![0x30, 0x81, one],
        [one, two] => vec![0x30, 0x82, one, two],
    };
    [head, content.to_vec()].concat()
}

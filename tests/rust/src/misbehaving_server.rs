//! A peer that behaves badly below what an HTTP server library lets one do: it takes some of the
//! body, answers in one write and closes with the rest unread, so the kernel sends a reset.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What to do with each connection.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// Body bytes to read before answering.
    pub take: usize,
    /// The whole reply, head and body.
    pub reply: String,
    /// Whether to say `100 Continue` first when asked.
    pub continues: bool,
    /// Whether to speak TLS.
    pub tls: bool,
    /// Whether to read on after the reply, and count, instead of closing.
    pub lingers: bool,
}

/// A running server; it ends with the process.
#[derive(Debug)]
pub struct MisbehavingServer {
    port: u16,
    tls: bool,
    /// The certificate to trust, with `tls`.
    pub ca: Option<tempfile::NamedTempFile>,
    connections: Arc<AtomicUsize>,
    after_reply: Arc<AtomicUsize>,
}

impl MisbehavingServer {
    /// Starts serving on loopback.
    pub fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (config, ca) = if behaviour.tls { tls() } else { (None, None) };
        let connections = Arc::new(AtomicUsize::new(0));
        let after_reply = Arc::new(AtomicUsize::new(0));
        let tls = behaviour.tls;
        let (counter, rest) = (Arc::clone(&connections), Arc::clone(&after_reply));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counter.fetch_add(1, SeqCst);
                let (behaviour, config, rest) = (behaviour.clone(), config.clone(), Arc::clone(&rest));
                std::thread::spawn(move || {
                    // A client that goes away is what these tests are about.
                    let _ = serve(stream, &behaviour, config, &rest);
                });
            }
        });
        Self { port, tls, ca, connections, after_reply }
    }

    /// Its origin.
    pub fn origin(&self) -> String {
        format!("{}://127.0.0.1:{}", if self.tls { "https" } else { "http" }, self.port)
    }

    /// Bytes that came after replies, where the server lingers.
    pub fn bytes_after_reply(&self) -> usize {
        self.after_reply.load(SeqCst)
    }

    /// Connections taken so far.
    pub fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }
}

/// A certificate for 127.0.0.1, and the file of its root.
pub fn tls() -> (Option<Arc<ServerConfig>>, Option<tempfile::NamedTempFile>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|b| b.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key))
        .expect("a TLS configuration");
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), cert.pem()).expect("a PEM file");
    (Some(Arc::new(config)), Some(file))
}

fn serve(
    tcp: TcpStream,
    behaviour: &Behaviour,
    tls: Option<Arc<ServerConfig>>,
    rest: &AtomicUsize,
) -> std::io::Result<()> {
    tcp.set_read_timeout(Some(Duration::from_secs(60)))?;
    match tls {
        None => converse(tcp, behaviour, rest),
        Some(config) => {
            let session = ServerConnection::new(config).map_err(std::io::Error::other)?;
            converse(StreamOwned::new(session, tcp), behaviour, rest)
        }
    }
}

/// One exchange; the stream is dropped at the end with whatever is unread in it.
fn converse(mut stream: impl Read + Write, behaviour: &Behaviour, rest: &AtomicUsize) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    let mut head = Vec::new();
    let end = loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        head.extend_from_slice(&buffer[..count]);
        if let Some(at) = head.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let expects = head[..end].to_ascii_lowercase().windows(20).any(|w| w == b"expect: 100-continue");
    if expects && behaviour.continues {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        stream.flush()?;
    }
    let mut taken = head.len() - end;
    while taken < behaviour.take {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        taken += count;
    }
    stream.write_all(behaviour.reply.as_bytes())?;
    stream.flush()?;
    if behaviour.lingers {
        loop {
            match stream.read(&mut buffer)? {
                0 => break,
                count => rest.fetch_add(count, SeqCst),
            };
        }
    }
    Ok(())
}

/// A reply with an exact length.
pub fn reply(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

//! The port that takes uploads: one thread for each connection.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use socket2::{Domain, Socket, Type};

use crate::counts::Counts;
use crate::exchange::Manner;
use crate::intake::Intake;
use crate::pace::Limits;
use crate::plain::Plain;
use crate::store::Store;
use crate::tls;

/// With a rate. The kernel's own choice grows to megabytes, which a client could send before any rate is
/// felt.
const SMALL_RECEIVE_BUFFER: usize = 256 << 10;
const BACKLOG: i32 = 1024;

/// What all connections share.
pub(crate) struct Server {
    pub(crate) counts: Arc<Counts>,
    pub(crate) tls: Option<Arc<ServerConfig>>,
    pub(crate) limits: Limits,
    pub(crate) latency: Duration,
    pub(crate) connect_latency: Duration,
    pub(crate) busy_above: Option<u64>,
    pub(crate) store: Option<Arc<Store>>,
}

impl Server {
    /// Binds a free loopback port and takes connections from now on.
    pub(crate) fn start(self) -> io::Result<SocketAddr> {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        if self.limits.any() {
            // Before it listens: connections inherit it, and agree on their window by it.
            listener.set_recv_buffer_size(SMALL_RECEIVE_BUFFER)?;
        }
        listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        listener.listen(BACKLOG)?;
        let listener = TcpListener::from(listener);
        let address = listener.local_addr()?;
        let server = Arc::new(self);
        accept(listener, move |stream| {
            server.counts.connection();
            server.serve(stream)
        });
        Ok(address)
    }

    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let intake = Intake::new(stream, self.limits.pace());
        let manner = Manner {
            counts: &self.counts,
            latency: self.latency,
            connect_latency: self.connect_latency,
            busy_above: self.busy_above,
            store: self.store.as_deref(),
        };
        match &self.tls {
            None => manner.serve(Plain(intake)),
            Some(config) => match tls::accept(intake, config, self.store.is_some(), &self.counts)? {
                Some(wire) => manner.serve(wire),
                None => Ok(()),
            },
        }
    }
}

/// Gives each connection a thread that serves it.
pub(crate) fn accept(
    listener: TcpListener,
    serve: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + Clone + 'static,
) {
    std::thread::spawn(move || {
        loop {
            let Ok((stream, _)) = listener.accept() else {
                // Out of file descriptors, most likely: some will be free again.
                std::thread::sleep(Duration::from_millis(10));
                continue;
            };
            let serve = serve.clone();
            std::thread::spawn(move || {
                // An answer is one small write: it must not wait for the acknowledgement of the one before.
                let outcome = stream.set_nodelay(true).and_then(|()| serve(stream));
                if let Err(error) = outcome.or_else(forgive) {
                    eprintln!("a connection failed: {error}");
                }
            });
        }
    });
}

/// Clients may leave at any time, and some of those measured do.
fn forgive(error: io::Error) -> io::Result<()> {
    match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected
        | io::ErrorKind::WouldBlock => Ok(()),
        _ => Err(error),
    }
}

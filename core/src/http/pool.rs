//! Open connections to storage, kept while they are idle.
//!
//! hyper's own pooling client hides which connection a request went out on, and an attempt must know:
//! whether it was reused, what its socket has written, and how to end it for certain. So connections
//! are held here, over hyper's connection-level client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::body::AttemptBody;
use super::connector::Connector;
use super::meter::Meter;
use super::{Target, transport_error};
use crate::error::Result;
use crate::options::Proxy;

/// Storage services close idle connections after 20 s or more; asking before they do saves the
/// retry.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Clone, PartialEq, Eq, Hash)]
struct HostKey {
    https: bool,
    host: String,
    port: u16,
    /// A connection to a private address is never lent to a target that was not vouched for.
    trusted: bool,
}

impl HostKey {
    fn of(target: &Target) -> Self {
        Self {
            https: target.is_https(),
            host: target.host().to_owned(),
            port: target.port(),
            trusted: target.trusted,
        }
    }
}

/// One connection. Dropping it ends it.
pub(super) struct Connection {
    pub(super) sender: SendRequest<AttemptBody>,
    pub(super) meter: Arc<Meter>,
    pub(super) absolute_form: Option<Proxy>,
    pub(super) reused: bool,
    /// When whatever moves its bytes is over. A request that is handed over at that very moment can stay in
    /// the channel between, told nothing, for as long as we hold the other end of it.
    pub(super) ended: CancellationToken,
    task: AbortHandle,
    /// Whose it is.
    key: HostKey,
}

impl Connection {
    /// Whether it takes another request. hyper knows a moment after the last byte of the reply was read, or
    /// never, if the server said that it closes.
    pub(super) async fn is_ready_again(&mut self) -> bool {
        let ready = tokio::time::timeout(Duration::from_millis(100), self.sender.ready());
        matches!(ready.await, Ok(Ok(())))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // hyper would go on sending a body whose answer is already known; this closes the socket.
        self.task.abort();
    }
}

struct IdleConnection {
    connection: Connection,
    since: Instant,
}

impl IdleConnection {
    fn now(connection: Connection) -> Self {
        Self { connection, since: Instant::now() }
    }
}

pub(super) struct ConnectionPool {
    connector: Arc<Connector>,
    /// Of one host, and of all.
    keep: usize,
    most: usize,
    idle: Mutex<HashMap<HostKey, Vec<IdleConnection>>>,
}

impl ConnectionPool {
    pub(super) fn new(connector: Arc<Connector>, keep: usize, most: usize) -> Self {
        Self { connector, keep, most, idle: Mutex::default() }
    }

    /// Closes all idle connections; whether there were any.
    pub(super) async fn close_idle(&self) -> bool {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        let all: Vec<_> = idle.into_values().flatten().map(|i| i.connection.ended.clone()).collect();
        for ended in &all {
            ended.cancelled().await;
        }
        !all.is_empty()
    }

    /// An idle connection, or a new one.
    pub(super) async fn take(&self, target: &Target) -> Result<Connection> {
        match self.take_idle(target) {
            Some(connection) => Ok(connection),
            None => self.open(target).await,
        }
    }

    /// A new connection.
    pub(super) async fn open(&self, target: &Target) -> Result<Connection> {
        let wire = self.connector.connect(target).await?;
        let (sender, connection) = http1::Builder::new()
            // Browsers and curl read these as well: folded lines, blanks before a colon, lines that are no
            // header.
            .allow_obsolete_multiline_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .handshake(TokioIo::new(wire.io))
            .await
            .map_err(|e| transport_error::connecting(target, &e))?;
        let ended = CancellationToken::new();
        let guard = ended.clone().drop_guard();
        let task = tokio::spawn(async move {
            // A failure here is told to the attempt through its request, but see `ended`.
            let _ = connection.await;
            drop(guard);
        });
        Ok(Connection {
            sender,
            meter: wire.meter,
            absolute_form: wire.absolute_form,
            reused: false,
            ended,
            task: task.abort_handle(),
            key: HostKey::of(target),
        })
    }

    /// Keeps a connection whose last exchange ended cleanly.
    pub(super) fn give_back(&self, mut connection: Connection) {
        if connection.sender.is_closed() {
            return;
        }
        connection.reused = true;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        for connections in idle.values_mut() {
            connections.retain(|i| i.since.elapsed() < IDLE_TIMEOUT);
        }
        // A client that meets many hosts keeps no more than it may have in use.
        if idle.values().map(Vec::len).sum::<usize>() < self.most {
            match idle.get_mut(&connection.key) {
                Some(kept) if kept.len() < self.keep => kept.push(IdleConnection::now(connection)),
                Some(_) => {}
                None => {
                    idle.insert(connection.key.clone(), vec![IdleConnection::now(connection)]);
                }
            }
        }
        idle.retain(|_, connections| !connections.is_empty());
    }

    /// Forgets idle connections to a server that turned out to close them.
    pub(super) fn forget(&self, target: &Target) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).remove(&HostKey::of(target));
    }

    fn take_idle(&self, target: &Target) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle.get_mut(&HostKey::of(target))?;
        while let Some(IdleConnection { connection, since }) = kept.pop() {
            if since.elapsed() < IDLE_TIMEOUT && connection.sender.is_ready() {
                return Some(connection);
            }
        }
        None
    }
}

//! A connection whose stream is taken back from hyper, to end it as no HTTP server would.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use super::faulty_io::{Pace, Socket};

/// Longest a stalled connection is held open.
const LONGEST_STALL: Duration = Duration::from_secs(600);

/// The end of a stream that hyper has let go of.
pub(crate) enum Takeover {
    /// RST.
    Reset,
    /// FIN, or RST if something was left unread.
    Close,
    /// Hold it open, read nothing.
    Stall,
    /// These bytes, then drop it at once.
    WriteAndDrop(Vec<u8>),
    /// These bytes, then close in order.
    WriteAndClose(Vec<u8>),
}

/// A connection as a request on it knows it.
#[derive(Clone)]
pub(crate) struct Connection {
    pub id: u64,
    pub pace: Arc<Pace>,
    pub take: mpsc::Sender<Takeover>,
}

impl Connection {
    /// Hands the stream over. Never returns: this future ends with the connection.
    pub async fn take_over<T>(&self, takeover: Takeover) -> T {
        // Nobody to take it means the connection is gone already.
        let _ = self.take.send(takeover).await;
        std::future::pending().await
    }
}

pub(crate) async fn perform<S: Socket>(mut socket: S, takeover: Takeover) {
    // The client may be gone by now, and every one of these errors means just that.
    match takeover {
        Takeover::Reset => {
            let _ = socket2::SockRef::from(socket.tcp()).set_linger(Some(Duration::ZERO));
        }
        Takeover::Close => {
            let _ = socket.shutdown().await;
        }
        Takeover::Stall => tokio::time::sleep(LONGEST_STALL).await,
        Takeover::WriteAndDrop(bytes) => {
            let _ = socket.write_all(&bytes).await;
            let _ = socket.flush().await;
        }
        Takeover::WriteAndClose(bytes) => {
            let _ = socket.write_all(&bytes).await;
            let _ = socket.flush().await;
            let _ = socket.shutdown().await;
        }
    }
}

//! Facts of a socket that the kernel knows and no safe interface asks for: how much of what it took the peer
//! has acknowledged. The socket is another's, who says when it closes.

use std::sync::{Mutex, PoisonError};

use tokio::net::TcpStream;

use super::family::{RawSocket, raw_socket, unacknowledged_bytes};

/// A socket that is asked only while it is open.
#[derive(Debug)]
pub(crate) struct WatchedSocket(Mutex<Option<RawSocket>>);

impl WatchedSocket {
    pub(crate) fn of(socket: &TcpStream) -> Self {
        Self(Mutex::new(Some(raw_socket(socket))))
    }

    /// Must be called before the socket closes: its number may be another file's right afterwards.
    pub(crate) fn closes(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Bytes that the kernel holds and the peer has not acknowledged. `None`: it is closed, or this system
    /// does not tell (or a sandbox does not let it).
    pub(crate) fn unacknowledged(&self) -> Option<u64> {
        // Held while the kernel is asked, so that it is not closed meanwhile.
        let socket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        unacknowledged_bytes(*socket.as_ref()?)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_peer_leaves_unread_stays_unacknowledged() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let stream = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a peer");
        let socket = WatchedSocket::of(&stream);
        assert_eq!(socket.unacknowledged(), Some(0));
        stream.writable().await.expect("a socket");
        // More than both kernels hold.
        while stream.try_write(&[0; 65536]).is_ok() {}
        assert!(socket.unacknowledged().expect("this system tells") > 0);
        socket.closes();
        assert_eq!(socket.unacknowledged(), None);
    }
}

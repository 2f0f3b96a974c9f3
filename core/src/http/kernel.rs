//! Facts of a socket that the kernel knows and no safe interface asks for: how much of what it took the peer
//! has acknowledged. The socket is another's, who says when it closes.

#![allow(unsafe_code, reason = "one system call, which socket2 and rustix do not offer")]

use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Mutex, PoisonError};

/// A socket that is asked only while it is open.
#[derive(Debug)]
pub(super) struct Socket(Mutex<Option<RawFd>>);

impl Socket {
    pub(super) fn of(socket: &impl AsRawFd) -> Self {
        Self(Mutex::new(Some(socket.as_raw_fd())))
    }

    /// Must be called before the socket closes: its number may be another file's right afterwards.
    pub(super) fn closes(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Bytes that the kernel holds and the peer has not acknowledged. `None`: it is closed, or this system
    /// does not tell (or a sandbox does not let it).
    pub(super) fn unacknowledged(&self) -> Option<u64> {
        // Held while the kernel is asked, so that it is not closed meanwhile.
        let socket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ask(*socket.as_ref()?)
    }
}

#[cfg(target_os = "linux")]
fn ask(socket: RawFd) -> Option<u64> {
    let mut bytes: libc::c_int = 0;
    // SAFETY: This request (SIOCOUTQ in tcp(7)) writes one int, which outlives the call.
    let done = unsafe { libc::ioctl(socket, libc::TIOCOUTQ, &raw mut bytes) };
    if done == 0 { u64::try_from(bytes).ok() } else { None }
}

#[cfg(target_vendor = "apple")]
fn ask(socket: RawFd) -> Option<u64> {
    let mut bytes: libc::c_int = 0;
    let mut size = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: This option is an int, and its size is given; both outlive the call.
    let done = unsafe {
        let level = libc::SOL_SOCKET;
        libc::getsockopt(socket, level, libc::SO_NWRITE, (&raw mut bytes).cast(), &raw mut size)
    };
    if done == 0 { u64::try_from(bytes).ok() } else { None }
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn ask(_: RawFd) -> Option<u64> {
    None
}

#[cfg(all(test, any(target_os = "linux", target_vendor = "apple")))]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn what_a_peer_leaves_unread_stays_unacknowledged() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut stream = TcpStream::connect(listener.local_addr().expect("an address")).expect("a peer");
        let socket = Socket::of(&stream);
        assert_eq!(socket.unacknowledged(), Some(0));
        stream.set_nonblocking(true).expect("a socket");
        // More than both kernels hold.
        while stream.write(&[0; 65536]).is_ok() {}
        assert!(socket.unacknowledged().expect("this system tells") > 0);
        socket.closes();
        assert_eq!(socket.unacknowledged(), None);
    }
}

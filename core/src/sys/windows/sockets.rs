//! Connections.

use std::io;
pub(crate) use std::net::TcpStream as PairEnd;
use std::net::{Ipv4Addr, TcpListener};
use std::os::windows::io::{AsRawSocket as _, RawSocket as WindowsSocket};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;
use windows_sys::Win32::Networking::WinSock::{IPPROTO_TCP, SOCKET, TCP_MAXRT, setsockopt};

pub(crate) type RawSocket = WindowsSocket;

pub(crate) fn raw_socket(socket: &TcpStream) -> RawSocket {
    socket.as_raw_socket()
}

/// Windows gives up after some 20 s without an acknowledgement, which a busy line has, and holds as much
/// unsent as the line takes in a moment.
pub(crate) fn tune_upload(socket: &SockRef<'_>, _: u32, stall_timeout: Duration) {
    let _ = socket.set_tcp_nodelay(true);
    let seconds = u32::try_from(stall_timeout.as_secs().saturating_mul(4)).unwrap_or(u32::MAX).to_ne_bytes();
    let size = i32::try_from(seconds.len()).unwrap_or(0);
    // SAFETY: the socket is open as long as it is borrowed. This option is a number of 32 bits.
    let _ = unsafe {
        setsockopt(socket.as_raw_socket() as SOCKET, IPPROTO_TCP, TCP_MAXRT, seconds.as_ptr(), size)
    };
}

/// `SIO_TCP_INFO` tells what is on its way, and not what waits to be sent.
pub(crate) fn unacknowledged_bytes(_: RawSocket) -> Option<u64> {
    None
}

/// Windows has no pair of sockets, so one end connects to the other.
pub(crate) fn ends() -> io::Result<(PairEnd, PairEnd)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let write_end = PairEnd::connect(listener.local_addr()?)?;
    write_end.set_nodelay(true)?;
    loop {
        let (read_end, peer) = listener.accept()?;
        // Any other program of this machine may connect, too.
        if peer == write_end.local_addr()? {
            // Otherwise a port of this machine would be taken for minutes after each of them.
            SockRef::from(&read_end).set_linger(Some(Duration::ZERO))?;
            return Ok((read_end, write_end));
        }
    }
}

pub(crate) fn end_number(end: &PairEnd) -> i32 {
    // Numbers of handles fit (learn.microsoft.com, "Interprocess Communication Between 32-bit and 64-bit").
    i32::try_from(end.as_raw_socket()).unwrap_or(-1)
}

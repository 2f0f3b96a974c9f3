//! Connections.

use std::os::windows::io::{AsRawSocket as _, RawSocket as WindowsSocket};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;
use windows_sys::Win32::Networking::WinSock::{IPPROTO_TCP, SOCKET, TCP_MAXRT, setsockopt};

pub(crate) type RawSocket = WindowsSocket;

pub(crate) fn raw_socket(socket: &TcpStream) -> RawSocket {
    socket.as_raw_socket()
}

/// Windows gives up after some 20 s without an acknowledgement, which a busy line has, and holds as much unsent as
/// the line takes in a moment.
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

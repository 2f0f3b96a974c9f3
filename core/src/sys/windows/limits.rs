//! What there may be no more of: handles and threads.

use std::io;

use windows_sys::Win32::Foundation::{ERROR_NO_SYSTEM_RESOURCES, ERROR_TOO_MANY_OPEN_FILES};
use windows_sys::Win32::Networking::WinSock::{WSAEMFILE, WSAENOBUFS};

/// No buffer for a socket means that no port or no memory of the kernel is left for one.
pub(crate) fn is_out_of_descriptors(number: i32) -> bool {
    let of_files = [ERROR_TOO_MANY_OPEN_FILES, ERROR_NO_SYSTEM_RESOURCES].map(u32::cast_signed);
    of_files.contains(&number) || [WSAEMFILE, WSAENOBUFS].contains(&number)
}

pub(crate) fn why_no_descriptors(_: Option<i32>) -> String {
    "since Windows has no more handles or sockets for this program; send fewer at once, or close other programs"
        .to_owned()
}

pub(crate) const WAITING_NEEDS: &str = "sockets on this machine, which a firewall may forbid";

/// A process may have some 16 million handles.
pub(crate) fn max_descriptors() -> usize {
    usize::MAX
}

/// Windows tells those who ask for a name why it failed, and tokio takes none there.
pub(crate) fn descriptors_refused_now(_: usize) -> Option<io::Error> {
    None
}

pub(crate) fn why_no_thread(_: Option<i32>) -> &'static str {
    "since Windows has no memory for another; close other programs or run less at once"
}

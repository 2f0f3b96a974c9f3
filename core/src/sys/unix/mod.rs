//! Linux and macOS. A file of the kernel's has what the two do differently.

mod files;
mod limits;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_vendor = "apple")]
mod macos;
mod processes;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) mod os_error {
    use rustix::io::Errno;

    pub(crate) const EXISTS: i32 = Errno::EXIST.raw_os_error();
    pub(crate) const INVALID: i32 = Errno::INVAL.raw_os_error();
    pub(crate) const IS_A_FOLDER: i32 = Errno::ISDIR.raw_os_error();
    /// pthread_create(3).
    pub(crate) const NO_THREAD: i32 = Errno::AGAIN.raw_os_error();
    pub(crate) const NOT_A_FOLDER: i32 = Errno::NOTDIR.raw_os_error();
    pub(crate) const NOT_PERMITTED: i32 = Errno::PERM.raw_os_error();
    pub(crate) const STALE: i32 = Errno::STALE.raw_os_error();
    pub(crate) const TIMED_OUT: i32 = Errno::TIMEDOUT.raw_os_error();
}

#[cfg(target_os = "linux")]
use linux as kernel;
#[cfg(target_vendor = "apple")]
use macos as kernel;
pub(crate) use std::os::unix::fs::FileExt as PositionalIo;

pub(crate) use files::{
    belongs_to_user, create_private, facts_at, facts_of, is_device, is_held_elsewhere, is_misread,
    make_private, may_be_named, may_lack_unnamed_files, name_from_bytes, of_any_length, open_private,
    open_to_read, open_without_following, sync_all, sync_data,
};
pub(crate) use kernel::{
    MAY_BE_ELSEWHERE, WAITING_NEEDS, file_system_at, file_system_of, find_open_for_writing, keep_heap,
    name_file, program_of, read_cached, tune_upload, unacknowledged_bytes, unnamed_file_in, why_unreadable,
};
pub(crate) use limits::{
    descriptors_refused_now, is_out_of_descriptors, max_descriptors, why_no_descriptors, why_no_thread,
};
pub(crate) use processes::{is_listened_to, is_this_host, lock_holder};
pub(crate) use std::os::fd::RawFd as RawSocket;

pub(super) use std::os::unix::net::UnixStream as PairEnd;

pub(crate) const VARIABLES_HAVE_CASE: bool = true;
/// Neither exclusive renames nor hard links are everywhere.
pub(crate) const MAY_LACK_EXCLUSIVE_NAMES: bool = true;
/// fork(2) of macOS: no framework may be called before exec.
pub(crate) const FORKS_HAVE_NO_ROOTS: bool = cfg!(target_vendor = "apple");

/// macOS says EPROTOTYPE of a connection that is being closed at that moment (libuv#3413).
pub(crate) fn is_closed_by_peer(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::PROTOTYPE.raw_os_error())
}

pub(super) fn ends() -> std::io::Result<(PairEnd, PairEnd)> {
    PairEnd::pair()
}

pub(super) fn end_number(end: &PairEnd) -> i32 {
    std::os::fd::AsRawFd::as_raw_fd(end)
}

pub(crate) fn raw_socket(socket: &tokio::net::TcpStream) -> RawSocket {
    std::os::fd::AsRawFd::as_raw_fd(socket)
}

//! Windows.

#![allow(unsafe_code, reason = "calls of Windows that std does not offer, each in a function of its own")]

mod files;
mod limits;
mod names;
mod open;
mod positional;
mod privacy;
mod processes;
mod sockets;

pub(crate) use files::{
    MAY_BE_ELSEWHERE, facts_at, facts_of, file_system_at, file_system_of, sync_all, sync_data, why_unreadable,
};
pub(crate) use limits::{
    WAITING_NEEDS, descriptors_refused_now, is_out_of_descriptors, max_descriptors, why_no_descriptors,
    why_no_thread,
};
pub(crate) use names::{
    is_misread, may_be_named, may_lack_unnamed_files, name_file, name_from_bytes, of_any_length,
    unnamed_file_in,
};
pub(crate) use open::{create_private, is_device, open_private, open_to_read, open_without_following};
pub(crate) use positional::{PositionalIo, read_cached};
#[cfg(test)]
pub(crate) use privacy::testing;
pub(crate) use privacy::{belongs_to_user, make_private};

pub(crate) use processes::{
    find_open_for_writing, is_held_elsewhere, is_listened_to, is_this_host, lock_holder, program_of,
};

pub(super) use sockets::{PairEnd, end_number, ends};
pub(crate) use sockets::{RawSocket, raw_socket, tune_upload, unacknowledged_bytes};

pub(crate) const VARIABLES_HAVE_CASE: bool = false;
pub(crate) const MAY_LACK_EXCLUSIVE_NAMES: bool = false;
/// There is no fork.
pub(crate) const FORKS_HAVE_NO_ROOTS: bool = false;

/// std has a kind for each number of these.
pub(crate) fn is_closed_by_peer(_: &std::io::Error) -> bool {
    false
}

/// That of Windows gives nothing back that soon.
pub(crate) fn keep_heap() {}

pub(crate) mod os_error {
    use windows_sys::Win32::Foundation as windows;

    pub(crate) const EXISTS: i32 = windows::ERROR_FILE_EXISTS.cast_signed();
    pub(crate) const INVALID: i32 = windows::ERROR_BAD_FILE_TYPE.cast_signed();
    pub(crate) const IS_A_FOLDER: i32 = windows::ERROR_DIRECTORY_NOT_SUPPORTED.cast_signed();
    pub(crate) const NO_THREAD: i32 = windows::ERROR_NOT_ENOUGH_MEMORY.cast_signed();
    pub(crate) const NOT_A_FOLDER: i32 = windows::ERROR_DIRECTORY.cast_signed();
    pub(crate) const NOT_PERMITTED: i32 = windows::ERROR_INVALID_OWNER.cast_signed();
    pub(crate) const STALE: i32 = windows::ERROR_FILE_INVALID.cast_signed();
    pub(crate) const TIMED_OUT: i32 = windows::ERROR_TIMEOUT.cast_signed();
}

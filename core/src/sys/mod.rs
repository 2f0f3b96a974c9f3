//! All that the operating system decides, in one room: nowhere else does the core ask which one it is on.
//!
//! The list below is the surface, and each family of systems has a folder that offers all of it. Nothing here
//! knows the rest of the core.

mod files;
mod processes;
mod socket;
#[cfg(test)]
mod tests;
#[cfg(unix)]
mod unix;
mod wake_pair;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as family;
#[cfg(windows)]
use windows as family;

#[cfg(not(any(target_os = "linux", target_vendor = "apple", windows)))]
compile_error!(
    "dropoff runs on Linux, macOS and Windows; another system needs a folder of its own in core/src/sys"
);

// Numbers of errors where no call of ours failed, as `io::Error::raw_os_error` has them.
pub(crate) use family::os_error;
// Files opened for reading. Neither waits for whoever is at the other end of a pipe; a folder may be opened
// too.
pub(crate) use family::{open_to_read, open_without_following};
// Files opened for reading and writing that only their owner may open, and whose they are; the first is made
// if there is none, the second must not be there yet.
pub(crate) use family::{belongs_to_user, create_private, make_private, open_private};
// Waits until what was written is on the disk, with all that is told of the file, or with its size alone.
pub(crate) use family::{sync_all, sync_data};
// A file without a name in a folder, and giving it one that nothing has yet; whether an error may mean that
// there are none.
pub(crate) use family::{may_lack_unnamed_files, name_file, unnamed_file_in};
// Whether there are file systems that cannot give a name only where there is none.
pub(crate) use family::MAY_LACK_EXCLUSIVE_NAMES;
// Whether certificates are asked for by calls that a forked child must not make.
pub(crate) use family::FORKS_HAVE_NO_ROOTS;
// Whether a file may get this path, as far as its last name goes; and whether the system opens something
// else than a file of that name.
pub(crate) use family::{is_misread, may_be_named};
// The path in the form whose length the system does not limit, for calls that take it as it is.
pub(crate) use family::of_any_length;
// A console, a pipe or the like, where metadata does not tell.
pub(crate) use family::is_device;
// The facts of a file that is open, or of whatever a path leads to; `meta` was asked for just before.
pub(crate) use family::{facts_at, facts_of};
// The file system of an open file, or of what is at a path.
pub(crate) use family::{file_system_at, file_system_of};
pub(crate) use files::{FileFacts, FileSystem, Time};
// Reading and writing at an offset, from several threads at once. Reading moves the cursor on Windows, so no
// file is read both ways; writing does not.
pub(crate) use family::PositionalIo;
// The bytes of a file that can be had without waiting for a disk.
pub(crate) use family::read_cached;
// Whether another program keeps others from a file, by a lock on any byte of it (Unix) or by not sharing it
// (Windows), and which process, if it has a number here. Nothing is locked to find out.
pub(crate) use family::lock_holder;
// The first file that this process has open for writing, and that is wanted: no lock of its own is told.
pub(crate) use family::find_open_for_writing;
// The program of a process, the name of this machine, and whether somebody listens at a Unix socket, which is
// not waited for.
pub(crate) use family::{is_listened_to, is_this_host, program_of};
pub(crate) use processes::RunningProgram;
// The options of a connection that uploads: the kernel holds at most so many bytes that it has not sent, and
// gives up no sooner than a caller's own limit. None is needed to be correct, so one that is refused is no
// error.
pub(crate) use family::tune_upload;
// What a loop of another language watches.
pub use wake_pair::WakePair;
// What the kernel knows of a socket that is another's.
pub(crate) use socket::WatchedSocket;
// Leaves the heap as it is between the records of TLS.
pub(crate) use family::keep_heap;
// How many descriptors this process may have at once; whether an error number says that there are no more,
// and then why, and what to do about it; and the error of opening so many now, where others tell only that
// something failed, or panic.
pub(crate) use family::{
    descriptors_refused_now, is_out_of_descriptors, max_descriptors, why_no_descriptors,
};
// Waiting for sockets needs this, and who may forbid it.
pub(crate) use family::WAITING_NEEDS;
// Why a thread could not be started, and what to do about it.
pub(crate) use family::why_no_thread;
// Why a file cannot be read where that is a rule or a state of this system's own, and what to do about it;
// and what else may be waited for than a disk, as the end of a sentence.
pub(crate) use family::{MAY_BE_ELSEWHERE, why_unreadable};
// Whether an error of writing to a connection says that the other side has closed it, by a number that std
// has no kind for.
pub(crate) use family::is_closed_by_peer;
// Whether an error says that another program has the file open, or a part of it locked, and does not share
// it.
pub(crate) use family::is_held_elsewhere;
// Whether `http_proxy` and `HTTP_PROXY` are two variables of the environment.
pub(crate) use family::VARIABLES_HAVE_CASE;
// A name as a program has written it into a file of its own.
pub(crate) use family::name_from_bytes;

/// Whether a path of this machine may be one of Linux.
pub(crate) const IS_LINUX: bool = cfg!(target_os = "linux");

#[cfg(test)]
pub(crate) use family::testing;

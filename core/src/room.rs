//! What the operating system may have no more of: threads and descriptors. It is told here, and so the same wherever
//! one is refused: as the caller's side, and never as the network's, a service's or a defect.

use std::io;

use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

use crate::error::{Error, ErrorKind, Side};

/// EMFILE and ENFILE have no kind of their own.
pub(crate) fn is_out_of_files(error: &io::Error) -> bool {
    number(error).is_some_and(is_files_errno)
}

/// Its number, though somebody may have put the error into another one, with a path.
fn number(error: &io::Error) -> Option<i32> {
    let inner = || error.get_ref().and_then(|e| number_in(e));
    error.raw_os_error().or_else(inner)
}

fn number_in(error: &(dyn std::error::Error + 'static)) -> Option<i32> {
    let here = error.downcast_ref::<io::Error>().and_then(number);
    here.or_else(|| error.source().and_then(number_in))
}

/// Whether an error of ours is about descriptors, whatever was to be opened.
pub(crate) fn is_about_files(error: &Error) -> bool {
    error.side() == Side::Caller && error.errno().is_some_and(is_files_errno)
}

fn is_files_errno(number: i32) -> bool {
    [Errno::MFILE, Errno::NFILE].iter().any(|e| number == e.raw_os_error())
}

/// Why no more can be opened, and what to do about it.
pub(crate) fn why_no_files(error: &io::Error) -> String {
    if number(error) == Some(Errno::NFILE.raw_os_error()) {
        return "since all programs on this machine have too many files open; close some, or raise the machine's limit (fs.file-max)".to_owned();
    }
    let now = getrlimit(Resource::Nofile).current.map_or_else(String::new, |most| format!(", now {most}"));
    format!(
        "since too many files are open in this program; raise its limit (ulimit -n{now}) or send fewer at once"
    )
}

/// No descriptor for something that is no file of the caller's.
pub(crate) fn no_files(doing: &str, error: &io::Error) -> Error {
    refused(format!("{doing} failed, {}", why_no_files(error)), error)
}

/// Nothing to wait with for sockets, or for a call.
pub(crate) fn no_input_and_output(doing: &str, error: &io::Error) -> Error {
    if is_out_of_files(error) {
        return no_files(doing, error);
    }
    let needs = "epoll, eventfd, socketpair and fcntl";
    refused(
        format!("{doing} failed ({error}); allow this program {needs}, which a sandbox (seccomp) may forbid"),
        error,
    )
}

/// No thread.
pub(crate) fn no_threads(error: &io::Error) -> Error {
    let what = match error.raw_os_error().map(Errno::from_raw_os_error) {
        // What pthread_create(3) and clone(2) say of a limit; a C library says it of memory too.
        Some(Errno::AGAIN | Errno::NOMEM) | None => {
            "since this program may have no more of them; raise its limit (ulimit -u, or a container's limit of pids or memory) or run less at once"
        }
        // A filter of system calls may answer anything.
        Some(_) => "as a sandbox does that forbids it (seccomp); allow this program to start threads",
    };
    refused(format!("no thread could be started ({error}), {what}"), error)
}

fn refused(message: String, error: &io::Error) -> Error {
    // Calling again is of no use before somebody closes or ends something.
    Error::new(ErrorKind::Unavailable, message)
        .side_is(Side::Caller)
        .retryable_is(false)
        .errno_is(number(error))
        .cause(error)
}

/// How many descriptors this process may have at once.
pub(crate) fn most_files() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    limit.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX))
}

/// What opening some descriptors says now; `None` if it works. For those who are told by others that something failed,
/// and not that it failed for want of these.
pub(crate) fn files_are_refused() -> Option<io::Error> {
    // A name lookup has the hosts file, or a socket for each of two questions, open besides what it reads.
    const SOME: usize = 4;
    let mut held = Vec::with_capacity(SOME);
    for _ in 0..SOME {
        match std::fs::File::open("/dev/null") {
            Ok(file) => held.push(file),
            Err(e) if is_out_of_files(&e) => return Some(e),
            // There need not be a /dev.
            Err(_) => return None,
        }
    }
    None
}

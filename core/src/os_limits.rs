//! The operating system's limit of descriptors: how many there may be, and whether a failure means that there
//! are no more.

use std::io;

use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

/// EMFILE and ENFILE have no kind of their own.
pub(crate) fn is_out_of_descriptors(error: &io::Error) -> bool {
    os_errno(error).is_some_and(is_descriptor_errno)
}

/// Its number, though somebody may have put the error into another one, with a path.
pub(crate) fn os_errno(error: &io::Error) -> Option<i32> {
    let inner = || error.get_ref().and_then(|e| errno_in(e));
    error.raw_os_error().or_else(inner)
}

fn errno_in(error: &(dyn std::error::Error + 'static)) -> Option<i32> {
    let here = error.downcast_ref::<io::Error>().and_then(os_errno);
    here.or_else(|| error.source().and_then(errno_in))
}

pub(crate) fn is_descriptor_errno(number: i32) -> bool {
    [Errno::MFILE, Errno::NFILE].iter().any(|e| number == e.raw_os_error())
}

/// Why no more can be opened, and what to do about it.
pub(crate) fn why_no_descriptors(error: &io::Error) -> String {
    if os_errno(error) == Some(Errno::NFILE.raw_os_error()) {
        return "since all programs on this machine have too many files open; close some, or raise the machine's limit (fs.file-max)".to_owned();
    }
    let now = getrlimit(Resource::Nofile).current.map_or_else(String::new, |most| format!(", now {most}"));
    format!(
        "since too many files are open in this program; raise its limit (ulimit -n{now}) or send fewer at once"
    )
}

/// How many descriptors this process may have at once.
pub(crate) fn max_descriptors() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    limit.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX))
}

/// The result of opening some descriptors now; `None` if it works. For those who are told by others that
/// something failed, and not that it failed for want of these.
pub(crate) fn descriptors_refused_now() -> Option<io::Error> {
    // A name lookup has the hosts file, or a socket for each of two questions, open besides what it reads.
    const SOME: usize = 4;
    let mut held = Vec::with_capacity(SOME);
    for _ in 0..SOME {
        match std::fs::File::open("/dev/null") {
            Ok(file) => held.push(file),
            Err(e) if is_out_of_descriptors(&e) => return Some(e),
            // There need not be a /dev.
            Err(_) => return None,
        }
    }
    None
}

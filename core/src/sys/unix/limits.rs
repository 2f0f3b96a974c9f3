//! What there may be no more of: descriptors and threads.

use std::fs::File;
use std::io;

use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

use super::kernel::LIMIT_OF_ALL_PROGRAMS;

/// EMFILE and ENFILE have no kind of their own.
pub(crate) fn is_out_of_descriptors(number: i32) -> bool {
    [Errno::MFILE, Errno::NFILE].contains(&Errno::from_raw_os_error(number))
}

pub(crate) fn why_no_descriptors(number: Option<i32>) -> String {
    if number == Some(Errno::NFILE.raw_os_error()) {
        return format!(
            "since all programs on this machine have too many files open; close some, or raise the machine's limit ({LIMIT_OF_ALL_PROGRAMS})"
        );
    }
    let now = getrlimit(Resource::Nofile).current.map_or_else(String::new, |most| format!(", now {most}"));
    format!(
        "since too many files are open in this program; raise its limit (ulimit -n{now}) or send fewer at once"
    )
}

pub(crate) fn max_descriptors() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    limit.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX))
}

pub(crate) fn descriptors_refused_now(wanted: usize) -> Option<io::Error> {
    let mut held = Vec::with_capacity(wanted);
    for _ in 0..wanted {
        match File::open("/dev/null") {
            Ok(file) => held.push(file),
            Err(e) if e.raw_os_error().is_some_and(is_out_of_descriptors) => return Some(e),
            // There need not be a /dev.
            Err(_) => return None,
        }
    }
    None
}

pub(crate) fn why_no_thread(number: Option<i32>) -> &'static str {
    match number.map(Errno::from_raw_os_error) {
        // pthread_create(3) and clone(2) say this of a limit; a C library says it of memory too.
        Some(Errno::AGAIN | Errno::NOMEM) | None => {
            "since this program may have no more of them; raise its limit (ulimit -u, or a container's limit of pids or memory) or run less at once"
        }
        // A filter of system calls may answer anything.
        Some(_) => "as a sandbox does that forbids it (seccomp); allow this program to start threads",
    }
}

//! Processes, and the locks that they have.

use std::path::Path;

use rustix::io::Errno;
use rustix::process::{Flock, FlockType, Pid, fcntl_getlk};
use socket2::{Domain, SockAddr, Socket, Type};

use super::files::open_without_following;

/// By `F_GETLK`. The process has no number here (0) in another container, and none (-1 or less) on another
/// machine or where the lock is an open file's.
pub(crate) fn lock_holder(path: &Path) -> Option<Option<i32>> {
    let file = open_without_following(path).ok()?;
    let lock = fcntl_getlk(&file, &Flock::from(FlockType::WriteLock)).ok()??;
    Some(lock.pid.map(|pid| i32::from(pid.as_raw_nonzero())).filter(|number| *number > 0))
}

/// Whether there is a process of this number.
pub(super) fn is_there(process: i32) -> bool {
    let Some(pid) = Some(process).filter(|number| *number > 0).and_then(Pid::from_raw) else { return false };
    matches!(rustix::process::test_kill_process(pid), Ok(()) | Err(Errno::PERM))
}

/// The name of a program's file, in small letters.
pub(super) fn program_name(program: &Path) -> String {
    program.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
}

pub(crate) fn is_this_host(host: &str) -> bool {
    rustix::system::uname().nodename().to_bytes() == host.as_bytes()
}

/// A program that stands still takes no more connections after a few, so nothing here may wait for it. Linux
/// tells then that there is somebody, and macOS no more than where nobody is.
pub(crate) fn is_listened_to(path: &Path) -> bool {
    let Ok(address) = SockAddr::unix(path) else { return false };
    let made = Socket::new(Domain::UNIX, Type::STREAM, None);
    let Ok(socket) = made.and_then(|socket| socket.set_nonblocking(true).map(|()| socket)) else {
        return false;
    };
    match socket.connect(&address).map_err(|e| e.raw_os_error().map(Errno::from_raw_os_error)) {
        Ok(()) | Err(Some(Errno::AGAIN | Errno::INPROGRESS)) => true,
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    #[test]
    fn a_program_that_stands_still_is_not_waited_for() {
        let dir = tempfile::tempdir().expect("dir");
        let socket = dir.path().join("socket");
        let _listener = UnixListener::bind(&socket).expect("socket");
        assert!(is_listened_to(&socket));
        // Kept open by nobody, and accepted by nobody: the queue fills.
        let all_told = (0..300).all(|_| is_listened_to(&socket));
        assert!(all_told || !crate::sys::IS_LINUX);
    }
}

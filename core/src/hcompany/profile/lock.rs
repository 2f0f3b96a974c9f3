//! Whether a browser is using the folder. Its locks are read and never touched; that there is none proves nothing,
//! since a headless browser may not make one.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use rustix::process::{Flock, FlockType, Pid, fcntl_getlk};

use super::Family;
use super::family::Folder;
use super::open::open_plain;

/// What the browser's lock says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// There is none.
    None,
    /// Its process is running here.
    Live,
    /// Its process is gone: the browser crashed, or its kind leaves the lock behind.
    Stale,
    /// Made on another machine or in another container, where its process cannot be looked for.
    Foreign,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lock {
    pub(super) state: State,
    pub(super) process: Option<i32>,
    pub(super) host: Option<String>,
}

impl Lock {
    const NONE: Self = Self { state: State::None, process: None, host: None };

    pub(super) fn of(folder: &Folder) -> Self {
        match folder.family {
            Family::Chrome => chrome(&folder.root),
            Family::Firefox => firefox(&folder.root),
        }
    }

    /// Who holds it, for a sentence.
    pub(super) fn holder(&self) -> String {
        match (self.process, &self.host) {
            (Some(process), Some(host)) if self.state == State::Foreign => {
                format!("process {process} on {host:?}")
            }
            (Some(process), _) => format!("process {process}"),
            (None, _) => "another process".to_owned(),
        }
    }
}

/// `SingletonLock` is a symlink to `host-pid` that leads nowhere, so only its own text is looked at.
fn chrome(root: &Path) -> Lock {
    let Ok(text) = fs::read_link(root.join("SingletonLock")) else { return Lock::NONE };
    let text = String::from_utf8_lossy(text.as_os_str().as_bytes()).into_owned();
    // Hosts have dashes too.
    let Some((host, process)) = text.rsplit_once('-').and_then(|(host, pid)| Some((host, pid.parse().ok()?)))
    else {
        return Lock { state: State::Foreign, process: None, host: None };
    };
    let answers = is_listened_to(&root.join("SingletonSocket"));
    let state = match is_this_host(host) {
        // Somebody listens here, whatever the host is called by now.
        _ if answers => State::Live,
        true => state_of(process, CHROME_NAMES),
        false => State::Foreign,
    };
    Lock { state, process: Some(process), host: Some(host.to_owned()) }
}

/// `.parentlock` is locked as long as Firefox runs; `lock` is a symlink to `address:+pid`.
fn firefox(root: &Path) -> Lock {
    let symlink = fs::read_link(root.join("lock")).ok();
    let text = symlink.map(|text| String::from_utf8_lossy(text.as_os_str().as_bytes()).into_owned());
    let process = text.as_deref().and_then(|text| text.rsplit_once(":+")?.1.parse().ok());
    if let Ok(file) = open_plain(&root.join(".parentlock"))
        && let Ok(Some(held)) = fcntl_getlk(&file, &Flock::from(FlockType::WriteLock))
    {
        let holder = held.pid.map(Pid::as_raw_nonzero).map(i32::from);
        return Lock { state: State::Live, process: holder.or(process), host: None };
    }
    let state = match process {
        None => return Lock::NONE,
        // The address may be any of this machine's, so a process of that number that is a Firefox is enough.
        Some(process) => state_of(process, FIREFOX_NAMES),
    };
    Lock { state, process, host: None }
}

const CHROME_NAMES: &[&str] = &["chrom", "msedge", "brave", "vivaldi", "opera", "electron", "headless_shell"];
const FIREFOX_NAMES: &[&str] = &["firefox", "librewolf", "icecat", "waterfox"];

fn state_of(process: i32, names: &[&str]) -> State {
    let Some(pid) = Pid::from_raw(process) else { return State::Stale };
    match rustix::process::test_kill_process(pid) {
        Ok(()) | Err(rustix::io::Errno::PERM) => {}
        Err(_) => return State::Stale,
    }
    // Numbers are used again.
    match fs::read_link(format!("/proc/{process}/exe")) {
        Ok(program) => {
            let name = program.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
            if names.iter().any(|n| name.contains(n)) { State::Live } else { State::Stale }
        }
        // It ended, and nobody asked how: what is left has no program.
        Err(e) if e.kind() == io::ErrorKind::NotFound && Path::new("/proc/self/exe").exists() => State::Stale,
        // What another user runs cannot be looked at, and is believed.
        Err(_) => State::Live,
    }
}

/// Whether somebody listens at this socket. A browser that stands still takes no more connections after a few, so
/// nothing here may wait for it.
fn is_listened_to(path: &Path) -> bool {
    // A symlink to a short path: that of the folder may be longer than a socket's may be.
    let target = fs::read_link(path);
    let Ok(address) = SocketAddrUnix::new(target.as_deref().unwrap_or(path)) else { return false };
    let made = socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::NONBLOCK | SocketFlags::CLOEXEC,
        None,
    );
    let Ok(socket) = made else { return false };
    match connect(&socket, &address) {
        Ok(()) | Err(Errno::AGAIN | Errno::INPROGRESS) => true,
        Err(_) => false,
    }
}

fn is_this_host(host: &str) -> bool {
    rustix::system::uname().nodename().to_bytes() == host.as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn chrome_with(lock: &str) -> Lock {
        let dir = tempfile::tempdir().expect("dir");
        symlink(lock, dir.path().join("SingletonLock")).expect("symlink");
        chrome(dir.path())
    }

    fn here() -> String {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }

    #[test]
    fn a_chrome_lock_is_live_stale_or_foreign() {
        assert_eq!(chrome(tempfile::tempdir().expect("dir").path()), Lock::NONE);
        assert_eq!(chrome_with(&format!("{}-2147483646", here())).state, State::Stale);
        // This very process is alive and no browser.
        assert_eq!(chrome_with(&format!("{}-{}", here(), std::process::id())).state, State::Stale);
        let foreign = chrome_with("some-other-host-12");
        assert_eq!((foreign.state, foreign.process), (State::Foreign, Some(12)));
        assert_eq!(foreign.host.as_deref(), Some("some-other-host"));
        assert_eq!(chrome_with("nonsense").state, State::Foreign);
    }

    #[test]
    fn who_answers_on_the_socket_is_live() {
        let dir = tempfile::tempdir().expect("dir");
        let socket = dir.path().join("s");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("socket");
        symlink(&socket, dir.path().join("SingletonSocket")).expect("symlink");
        symlink("some-other-host-12", dir.path().join("SingletonLock")).expect("symlink");
        assert_eq!(chrome(dir.path()).state, State::Live);
    }

    #[test]
    fn a_browser_that_stands_still_is_not_waited_for() {
        let dir = tempfile::tempdir().expect("dir");
        let socket = dir.path().join("SingletonSocket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("socket");
        for _ in 0..300 {
            // Kept open by nobody, and accepted by nobody: the queue fills.
            assert!(is_listened_to(&socket));
        }
    }

    #[test]
    fn a_process_that_ended_and_was_not_waited_for_is_stale() {
        let mut child = std::process::Command::new("true").spawn().expect("a process");
        let number = i32::try_from(child.id()).expect("a number");
        while fs::read_link(format!("/proc/{number}/exe")).is_ok() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        assert_eq!(state_of(number, CHROME_NAMES), State::Stale);
        child.wait().expect("it ended");
    }

    #[test]
    fn a_firefox_lock_of_a_process_that_is_gone_is_stale() {
        let dir = tempfile::tempdir().expect("dir");
        fs::write(dir.path().join(".parentlock"), "").expect("write");
        assert_eq!(firefox(dir.path()), Lock::NONE);
        symlink("127.0.1.1:+2147483646", dir.path().join("lock")).expect("symlink");
        assert_eq!(firefox(dir.path()).state, State::Stale);
    }
}

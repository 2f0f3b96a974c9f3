//! Whether a browser is using the folder. Its locks are asked for and never taken: what the browser says of
//! itself, and then what is locked of its databases, since a headless browser may say nothing and one in
//! another container is not found by its number. That no lock is seen proves nothing.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use rustix::process::{Flock, FlockType, Pid, fcntl_getlk};

use super::family::Family;
use super::folder::Folder;
use super::names::without_sidecar;
use super::open_nofollow::open_plain;
use super::stall_guard::Watch;
use super::walk::Entry;
use crate::error::Result;

/// What the browser's locks say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// None is seen.
    None,
    /// Its process is running here, or one of its databases is locked.
    Live,
    /// Its process is gone: the browser crashed, or its kind leaves the lock behind.
    Stale,
    /// Made on another machine or in another container, where its process cannot be looked for.
    Foreign,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lock {
    pub(super) state: State,
    /// As it is numbered here.
    pub(super) process: Option<i32>,
    pub(super) host: Option<String>,
    /// The locked database that tells, as it may be shown.
    database: Option<String>,
}

impl Lock {
    const NONE: Self = Self { state: State::None, process: None, host: None, database: None };

    /// `profiles` and `entries` are those that would be packed.
    pub(super) fn of(folder: &Folder, profiles: &[&str], entries: &[Entry], watch: &Watch) -> Result<Self> {
        let named = match folder.family {
            Family::Chrome => chrome(&folder.root),
            Family::Firefox => firefox(&folder.root),
        };
        if named.state == State::Live {
            return Ok(named);
        }
        Ok(locked_database(folder, profiles, entries, watch)?.unwrap_or(named))
    }

    /// Who uses the folder, at the start of a sentence.
    pub(super) fn user(&self, product: &'static str) -> &'static str {
        match (&self.database, self.process) {
            (None, _) => product,
            (Some(_), Some(process)) if is_browser(process) => product,
            (Some(_), _) => "a program",
        }
    }

    /// Who holds it, for a sentence.
    pub(super) fn holder(&self) -> String {
        let process = match (self.process, &self.host) {
            (Some(process), Some(host)) if self.state == State::Foreign => {
                format!("process {process} on {host:?}")
            }
            (Some(process), _) => format!("process {process}"),
            (None, _) => "a process whose number is not known here".to_owned(),
        };
        match &self.database {
            Some(database) => format!("{process}, which holds a lock on {database}"),
            None => process,
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
        return Lock { state: State::Foreign, ..Lock::NONE };
    };
    let answers = is_listened_to(&root.join("SingletonSocket"));
    let state = match is_this_host(host) {
        // Somebody listens here, whatever the host is called by now.
        _ if answers => State::Live,
        true => state_of(process, CHROME_NAMES),
        false => State::Foreign,
    };
    Lock { state, process: Some(process), host: Some(host.to_owned()), ..Lock::NONE }
}

/// `.parentlock` is locked as long as Firefox runs; `lock` is a symlink to `address:+pid`.
fn firefox(root: &Path) -> Lock {
    let symlink = fs::read_link(root.join("lock")).ok();
    let text = symlink.map(|text| String::from_utf8_lossy(text.as_os_str().as_bytes()).into_owned());
    let process = text.as_deref().and_then(|text| text.rsplit_once(":+")?.1.parse().ok());
    // The address may be any of this machine's, so a process of that number that is a Firefox is enough.
    let state = process.map_or(State::None, |process| state_of(process, FIREFOX_NAMES));
    match held(&root.join(".parentlock")) {
        // In another container it has another number there.
        Some(holder) => {
            let process = holder.or(process.filter(|_| state == State::Live));
            Lock { state: State::Live, process, ..Lock::NONE }
        }
        None => Lock { state, process, ..Lock::NONE },
    }
}

const CHROME_NAMES: &[&str] = &["chrom", "msedge", "brave", "vivaldi", "opera", "electron", "headless_shell"];
const FIREFOX_NAMES: &[&str] = &["firefox", "librewolf", "icecat", "waterfox"];

fn state_of(process: i32, names: &[&str]) -> State {
    let Some(pid) = Some(process).filter(|number| *number > 0).and_then(Pid::from_raw) else {
        return State::Stale;
    };
    match rustix::process::test_kill_process(pid) {
        Ok(()) | Err(rustix::io::Errno::PERM) => {}
        Err(_) => return State::Stale,
    }
    // Numbers are used again.
    match program_of(process) {
        Ok(name) if names.iter().any(|n| name.contains(n)) => State::Live,
        Ok(_) => State::Stale,
        // It ended, and nobody asked how: what is left has no program.
        Err(e) if e.kind() == io::ErrorKind::NotFound && Path::new("/proc/self/exe").exists() => State::Stale,
        // What another user runs cannot be looked at, and is believed.
        Err(_) => State::Live,
    }
}

/// The name of the program it runs, in small letters.
fn program_of(process: i32) -> io::Result<String> {
    let program = fs::read_link(format!("/proc/{process}/exe"))?;
    Ok(program.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase())
}

fn is_browser(process: i32) -> bool {
    let names = || CHROME_NAMES.iter().chain(FIREFOX_NAMES);
    program_of(process).is_ok_and(|program| names().any(|name| program.contains(name)))
}

/// What a browser that runs has locked of a profile, what is most likely locked first: seen in /proc/locks
/// beside Chromium 156 and its headless shell (which has the first from its start), Electron and QtWebEngine
/// having the same names. LevelDB locks its `LOCK` (Chromium: third_party/leveldatabase/env_chromium.cc,
/// base/files/file_posix.cc), SQLite the bytes from 0x40000000 of a database
/// (sqlite.org/src/file/src/os_unix.c); both by `F_SETLK`.
const CHROME_DATABASES: &[&str] = &[
    "Local Storage/leveldb/LOCK",
    "Session Storage/LOCK",
    "shared_proto_db/LOCK",
    "Site Characteristics Database/LOCK",
    "Extension State/LOCK",
    "Sync Data/LevelDB/LOCK",
    "DIPS",
    "History",
    "Web Data",
    "Login Data",
    "Favicons",
    "WebStorage/QuotaManager",
    "Service Worker/Database/LOCK",
    "File System/Origins/LOCK",
    "Trust Tokens",
    "Network/Trust Tokens",
    "Cookies",
    "Network/Cookies",
];

/// The same beside Firefox ESR 153.
const FIREFOX_DATABASES: &[&str] = &[
    "cookies.sqlite",
    "storage.sqlite",
    "places.sqlite",
    "permissions.sqlite",
    "content-prefs.sqlite",
    "favicons.sqlite",
    "protections.sqlite",
];

/// So many files are opened and asked for at most: a browser that runs holds one of the first few.
const MOST_ASKED: usize = 256;

/// The first lock on a database of the profiles, with who holds it.
///
/// A file system that keeps no locks, as some network mounts, tells nothing. To ask, a file has to be opened;
/// and when it is closed, the kernel drops all locks that *this* process has on it (POSIX), whoever took
/// them: the program's own SQLite connection to a database of the folder, say. That is accepted for SQLite,
/// since packing opens and closes the same files to read them, and such a lock only stands between two
/// processes for the length of a transaction. `F_OFD_GETLK` would change nothing about it. A LevelDB is
/// locked for as long as it is open and nobody reads its `LOCK`, so one that this process has open is found
/// without being opened (`own_leveldb`).
fn locked_database(
    folder: &Folder,
    profiles: &[&str],
    entries: &[Entry],
    watch: &Watch,
) -> Result<Option<Lock>> {
    if let Some(path) = own_leveldb(&folder.root) {
        let process = i32::try_from(std::process::id()).ok();
        return Ok(Some(Lock::on(folder, &path, process)));
    }
    let mut asked = 0;
    for path in candidates(folder, profiles, entries) {
        // The disk may not answer.
        watch.step()?;
        let at = folder.root.join(&path);
        if asked == MOST_ASKED || fs::symlink_metadata(&at).is_err() {
            continue;
        }
        asked += 1;
        if let Some(process) = held(&at) {
            return Ok(Some(Lock::on(folder, &path, process)));
        }
    }
    Ok(None)
}

impl Lock {
    fn on(folder: &Folder, path: &str, process: Option<i32>) -> Self {
        Self { state: State::Live, process, host: None, database: Some(folder.shown(path)) }
    }
}

/// The files a lock of a database may be on, those of the tables above first, then those of whatever would be
/// packed.
fn candidates(folder: &Folder, profiles: &[&str], entries: &[Entry]) -> Vec<String> {
    let mut paths = Vec::new();
    match folder.family {
        Family::Firefox => paths.extend(FIREFOX_DATABASES.iter().map(|name| (*name).to_owned())),
        Family::Chrome => {
            for name in CHROME_DATABASES {
                paths.extend(folder.is_profile.then(|| (*name).to_owned()));
                paths.extend(profiles.iter().map(|profile| format!("{profile}/{name}")));
            }
        }
    }
    let mut others = BTreeSet::new();
    for entry in entries {
        let (path, database) = (&entry.path, without_sidecar(&entry.path));
        if entry.leveldb {
            others.insert(
                path.rsplit_once('/').map_or("LOCK".to_owned(), |(inside, _)| format!("{inside}/LOCK")),
            );
        } else if database != path {
            others.insert(database.to_owned());
        }
    }
    paths.extend(others);
    // Whoever has a database with a write-ahead log open and shares it has a lock on the log's index.
    let index = |path: String| match path.ends_with("LOCK") {
        true => vec![path],
        false => vec![format!("{path}-shm"), path],
    };
    paths.into_iter().flat_map(index).collect()
}

/// Whether another process has a lock on any byte of a file, and which, if it has a number here: it has none
/// (0) in another container, and none (-1 or less) on another machine or where the lock is an open file's.
fn held(path: &Path) -> Option<Option<i32>> {
    let file = open_plain(path).ok()?;
    let lock = fcntl_getlk(&file, &Flock::from(FlockType::WriteLock)).ok()??;
    Some(lock.pid.map(|pid| i32::from(pid.as_raw_nonzero())).filter(|number| *number > 0))
}

/// A LevelDB in the folder that this very process has open, as a program with a browser in it does: `F_GETLK`
/// does not tell of a process's own locks.
fn own_leveldb(root: &Path) -> Option<String> {
    /// A process with more open files than that is not looked through.
    const MOST: usize = 1 << 16;
    let root = fs::canonicalize(root).ok()?;
    let inside = |file: &PathBuf| Some(file.strip_prefix(&root).ok()?.to_str()?.to_owned());
    for entry in fs::read_dir("/proc/self/fd").ok()?.flatten().take(MOST) {
        let Ok(file) = fs::read_link(entry.path()) else { continue };
        if file.file_name().is_some_and(|name| name == "LOCK")
            && let Some(path) = inside(&file)
            && is_open_for_writing(&entry.file_name().to_string_lossy())
        {
            return Some(path);
        }
    }
    None
}

/// LevelDB opens its `LOCK` to write. Who only asks for locks does not.
fn is_open_for_writing(descriptor: &str) -> bool {
    let facts = fs::read_to_string(format!("/proc/self/fdinfo/{descriptor}")).unwrap_or_default();
    let flags = facts.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|octal| u32::from_str_radix(octal.trim(), 8).ok());
    flags.is_some_and(|flags| flags & 0b11 != 0)
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

//! Whether a browser is using the folder: what the browser says of itself, and then what is locked of its
//! databases (`database_locks`), since a headless browser may say nothing and one in another container is not
//! found by its number. That no lock is seen proves nothing.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::database_locks::{LockedDatabase, locked_database};
use super::family::Family;
use super::folder::Folder;
use super::stall_guard::StallGuard;
use super::walk::TreeEntry;
use crate::error::Result;
use crate::sys::{self, RunningProgram};

/// Whether a browser is using a folder, by its lock and those on its databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LockState {
    /// No lock was seen, which proves nothing: a file system may keep none, and a browser may have none yet.
    None,
    /// A browser is using it, or another program that has one of its databases locked.
    Live,
    /// The browser is gone and left its lock.
    Stale,
    /// The lock is from another machine or container, where its process cannot be looked for.
    Foreign,
}

impl LockState {
    /// `none`, `live`, `stale` or `foreign`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Live => "live",
            Self::Stale => "stale",
            Self::Foreign => "foreign",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BrowserLock {
    pub(super) state: LockState,
    /// As it is numbered here.
    pub(super) process: Option<i32>,
    pub(super) host: Option<String>,
    /// The locked database that tells, as it may be shown.
    database: Option<String>,
}

impl BrowserLock {
    const NONE: Self = Self { state: LockState::None, process: None, host: None, database: None };

    /// `profiles` and `entries` are those that would be packed.
    pub(super) fn of(
        folder: &Folder,
        profiles: &[&str],
        entries: &[TreeEntry],
        guard: &StallGuard,
    ) -> Result<Self> {
        let named = match folder.family {
            Family::Chrome => chrome(&folder.root),
            Family::Firefox => firefox(&folder.root),
        };
        if named.state == LockState::Live {
            return Ok(named);
        }
        Ok(match locked_database(folder, profiles, entries, guard)? {
            Some(LockedDatabase { path, process }) => Self {
                state: LockState::Live,
                process,
                host: None,
                database: Some(folder.display_path(&path)),
            },
            None => named,
        })
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
            (Some(process), Some(host)) if self.state == LockState::Foreign => {
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

/// On Windows a Chrome that runs has `lockfile` open and lets nobody write to it
/// (chrome/browser/process_singleton_win.cc). Elsewhere `SingletonLock` is a symlink to `host-pid` that leads
/// nowhere, so only its own text is looked at.
fn chrome(root: &Path) -> BrowserLock {
    if let Some(process) = sys::lock_holder(&root.join("lockfile")) {
        return BrowserLock { state: LockState::Live, process, ..BrowserLock::NONE };
    }
    let Ok(text) = fs::read_link(root.join("SingletonLock")) else { return BrowserLock::NONE };
    let text = text.to_string_lossy();
    // Hosts have dashes too.
    let Some((host, process)) = text.rsplit_once('-').and_then(|(host, pid)| Some((host, pid.parse().ok()?)))
    else {
        return BrowserLock { state: LockState::Foreign, ..BrowserLock::NONE };
    };
    let answers = answers(&root.join("SingletonSocket"));
    let state = match sys::is_this_host(host) {
        // Somebody listens here, whatever the host is called by now.
        _ if answers => LockState::Live,
        true => state_of(process, CHROME_NAMES),
        // A network gives a Mac another name meanwhile, so a browser of that number is enough. In Linux'
        // containers others have that number, too.
        false if !sys::IS_LINUX && is_one_of(process, &[CHROME_NAMES]) => LockState::Live,
        false => LockState::Foreign,
    };
    BrowserLock { state, process: Some(process), host: Some(host.to_owned()), ..BrowserLock::NONE }
}

/// `.parentlock`, on Windows `parent.lock`, is locked as long as Firefox runs; `lock` is a symlink to
/// `address:+pid` (toolkit/profile/nsProfileLock.cpp).
fn firefox(root: &Path) -> BrowserLock {
    let symlink = fs::read_link(root.join("lock")).ok();
    let text = symlink.map(|text| text.to_string_lossy().into_owned());
    let process = text.as_deref().and_then(|text| text.rsplit_once(":+")?.1.parse().ok());
    // The address may be any of this machine's, so a process of that number that is a Firefox is enough.
    let state = process.map_or(LockState::None, |process| state_of(process, FIREFOX_NAMES));
    let held = [".parentlock", "parent.lock"].iter().find_map(|name| sys::lock_holder(&root.join(name)));
    match held {
        // In another container it has another number there.
        Some(holder) => {
            let process = holder.or(process.filter(|_| state == LockState::Live));
            BrowserLock { state: LockState::Live, process, ..BrowserLock::NONE }
        }
        None => BrowserLock { state, process, ..BrowserLock::NONE },
    }
}

const CHROME_NAMES: &[&str] =
    &["chrom", "msedge", "microsoft edge", "brave", "vivaldi", "opera", "electron", "headless_shell"];
const FIREFOX_NAMES: &[&str] = &["firefox", "librewolf", "icecat", "waterfox"];

fn state_of(process: i32, names: &[&str]) -> LockState {
    match sys::program_of(process) {
        RunningProgram::None => LockState::Stale,
        // Numbers are used again.
        RunningProgram::Named(program) if names.iter().any(|name| program.contains(name)) => LockState::Live,
        RunningProgram::Named(_) => LockState::Stale,
        // Its lock is believed.
        RunningProgram::Hidden => LockState::Live,
    }
}

fn is_browser(process: i32) -> bool {
    is_one_of(process, &[CHROME_NAMES, FIREFOX_NAMES])
}

fn is_one_of(process: i32, families: &[&[&str]]) -> bool {
    let RunningProgram::Named(program) = sys::program_of(process) else { return false };
    families.iter().copied().flatten().any(|name| program.contains(name))
}

/// Whether somebody listens at this socket.
fn answers(path: &Path) -> bool {
    // A symlink to a short path: that of the folder may be longer than a socket's may be.
    let target = fs::read_link(path);
    sys::is_listened_to(target.as_deref().unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(unix)]
    use crate::sys::testing::{host_name, symlink};

    #[cfg(unix)]
    fn chrome_with(lock: &str) -> BrowserLock {
        let dir = tempfile::tempdir().expect("dir");
        symlink(lock, dir.path().join("SingletonLock")).expect("symlink");
        chrome(dir.path())
    }

    #[cfg(unix)]
    #[test]
    fn a_chrome_lock_is_live_stale_or_foreign() {
        assert_eq!(chrome(tempfile::tempdir().expect("dir").path()), BrowserLock::NONE);
        assert_eq!(chrome_with(&format!("{}-2147483646", host_name())).state, LockState::Stale);
        // This very process is alive and no browser.
        assert_eq!(chrome_with(&format!("{}-{}", host_name(), std::process::id())).state, LockState::Stale);
        let foreign = chrome_with("some-other-host-12");
        assert_eq!((foreign.state, foreign.process), (LockState::Foreign, Some(12)));
        assert_eq!(foreign.host.as_deref(), Some("some-other-host"));
        assert_eq!(chrome_with("nonsense").state, LockState::Foreign);
    }

    #[cfg(unix)]
    #[test]
    fn who_answers_on_the_socket_is_live() {
        let dir = tempfile::tempdir().expect("dir");
        let socket = dir.path().join("s");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("socket");
        symlink(&socket, dir.path().join("SingletonSocket")).expect("symlink");
        symlink("some-other-host-12", dir.path().join("SingletonLock")).expect("symlink");
        assert_eq!(chrome(dir.path()).state, LockState::Live);
    }

    #[cfg(windows)]
    #[test]
    fn a_file_that_a_browser_does_not_share_is_a_lock() {
        use std::os::windows::fs::OpenOptionsExt as _;

        let held = |name: &str, root: &Path| {
            fs::File::options().write(true).create(true).truncate(false).share_mode(0).open(root.join(name))
        };
        let dir = tempfile::tempdir().expect("dir");
        let lock = held("lockfile", dir.path()).expect("made");
        assert_eq!(chrome(dir.path()).state, LockState::Live);
        drop(lock);
        assert_eq!(chrome(dir.path()).state, LockState::None);
        let _lock = held("parent.lock", dir.path()).expect("made");
        assert_eq!(firefox(dir.path()).state, LockState::Live);
        let error = crate::error::Error::local_io(
            dir.path(),
            "opening",
            &held("parent.lock", dir.path()).expect_err("held"),
        );
        assert!(error.message().contains("another program has"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_firefox_lock_of_a_process_that_is_gone_is_stale() {
        let dir = tempfile::tempdir().expect("dir");
        fs::write(dir.path().join(".parentlock"), "").expect("write");
        assert_eq!(firefox(dir.path()), BrowserLock::NONE);
        symlink("127.0.1.1:+2147483646", dir.path().join("lock")).expect("symlink");
        assert_eq!(firefox(dir.path()).state, LockState::Stale);
    }
}

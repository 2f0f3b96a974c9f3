//! Locks on the databases of a folder. They are asked for and never taken.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Flock, FlockType, fcntl_getlk};

use super::family::Family;
use super::folder::Folder;
use super::names::without_sidecar;
use super::open_nofollow::open_plain;
use super::stall_guard::StallGuard;
use super::walk::TreeEntry;
use crate::error::Result;

/// Files of a profile that a running browser has locked, the likeliest first: seen in /proc/locks
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
const MAX_FILES_ASKED: usize = 256;

/// A database that somebody has locked.
pub(super) struct LockedDatabase {
    pub(super) path: String,
    /// The process, if it has a number here.
    pub(super) process: Option<i32>,
}

/// The first lock on a database of the profiles, with who holds it.
///
/// A file system that keeps no locks, as some network mounts, tells nothing. To ask, a file has to be opened;
/// and when it is closed, the kernel drops all locks that *this* process has on it (POSIX), whoever took
/// them: the program's own SQLite connection to a database of the folder, say. That is accepted for SQLite,
/// since packing opens and closes the same files to read them, and such a lock only stands between two
/// processes for the length of a transaction. `F_OFD_GETLK` would change nothing about it. A LevelDB is
/// locked for as long as it is open and nobody reads its `LOCK`, so one that this process has open is found
/// without being opened (`own_leveldb`).
pub(super) fn locked_database(
    folder: &Folder,
    profiles: &[&str],
    entries: &[TreeEntry],
    guard: &StallGuard,
) -> Result<Option<LockedDatabase>> {
    if let Some(path) = own_leveldb(&folder.root) {
        let process = i32::try_from(std::process::id()).ok();
        return Ok(Some(LockedDatabase { path, process }));
    }
    let mut asked = 0;
    for path in candidates(folder, profiles, entries) {
        // The disk may not answer.
        guard.checkpoint()?;
        let at = folder.root.join(&path);
        if asked == MAX_FILES_ASKED || fs::symlink_metadata(&at).is_err() {
            continue;
        }
        asked += 1;
        if let Some(process) = posix_lock_holder(&at) {
            return Ok(Some(LockedDatabase { path, process }));
        }
    }
    Ok(None)
}

/// The files a lock of a database may be on, those of the tables above first, then those of whatever would be
/// packed.
fn candidates(folder: &Folder, profiles: &[&str], entries: &[TreeEntry]) -> Vec<String> {
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
pub(super) fn posix_lock_holder(path: &Path) -> Option<Option<i32>> {
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

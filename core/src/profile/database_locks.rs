//! Locks on the databases of a folder. They are asked for and never taken.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::family::Family;
use super::folder::Folder;
use super::names::without_sidecar;
use super::stall_guard::StallGuard;
use super::walk::TreeEntry;
use crate::error::Result;
use crate::sys;

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
        if let Some(process) = sys::lock_holder(&at) {
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

/// A LevelDB in the folder that this very process has open, as a program with a browser in it does. LevelDB
/// opens its `LOCK` to write; who only asks for locks does not.
fn own_leveldb(root: &Path) -> Option<String> {
    let root = fs::canonicalize(root).ok()?;
    sys::find_open_for_writing(|file| {
        let is_lock = file.file_name().is_some_and(|name| name == "LOCK");
        let inside = file.strip_prefix(&root).ok().filter(|_| is_lock)?;
        inside.to_str().map(str::to_owned)
    })
}

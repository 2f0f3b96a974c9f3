//! The names in one folder, and what they say together.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::path::Path;

use crate::error::Result;
use crate::profile::stall_guard::StallGuard;

pub(super) type Names = Vec<(OsString, Metadata)>;

/// Lists a folder; each name is a step, since a disk may take its time for each.
pub(super) fn list_folder(here: &Path, guard: &StallGuard) -> Result<std::io::Result<Names>> {
    let mut names = Vec::new();
    let entries = match fs::read_dir(here) {
        Ok(entries) => entries,
        Err(e) => return Ok(Err(e)),
    };
    for entry in entries {
        guard.checkpoint()?;
        match entry.and_then(|entry| Ok((entry.file_name(), entry.metadata()?))) {
            Ok(name) => names.push(name),
            // A file that a browser removed in between.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Ok(Err(e)),
        }
    }
    Ok(Ok(names))
}

/// Whether a LevelDB database lives here. One that was never written to has only its lock and its text log.
pub(super) fn is_leveldb(names: &Names) -> bool {
    names.iter().any(|(name, _)| name == "CURRENT")
        || (!names.is_empty()
            && names.iter().all(|(name, _)| name == "LOCK" || name == "LOG" || name == "LOG.old"))
}

/// Names to which there is an `x-shm` too, if they are there; most folders have none.
pub(super) fn databases_with_index(names: &Names) -> HashSet<&str> {
    let bases: HashSet<&str> =
        names.iter().filter_map(|(name, _)| name.to_str()?.strip_suffix("-shm")).collect();
    if bases.is_empty() {
        return bases;
    }
    names.iter().filter_map(|(name, _)| name.to_str().filter(|name| bases.contains(name))).collect()
}

/// `x-shm` without an `x` is no index of SQLite's.
pub(super) fn is_orphan_index(name: &str, databases: &HashSet<&str>) -> bool {
    name.strip_suffix("-shm").is_some_and(|base| !databases.contains(base))
}

/// Whether every system can unpack a file of this name: UTF-8, and no separator or control character.
pub(crate) fn fits_a_zip(name: &str) -> bool {
    !name.contains('\\') && !name.chars().any(char::is_control) && name.len() < 1024
}

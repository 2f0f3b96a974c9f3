//! The file of a journal: opened for its owner alone, and locked while a call uses it.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind as Io, Seek};
use std::path::Path;
use std::time::{Duration, Instant};

use super::errors::{in_use, io_failed};
use super::format::FIRST_LINE;
use crate::error::{Error, Result};
use crate::sys::{self, os_error};

/// The file, made if there is none, and nobody else's for as long as it is open; and whether another call had
/// it.
pub(super) fn lock_file(path: &Path, wait: Duration) -> Result<(File, bool)> {
    lock_opened(open_file(path)?, path, wait)
}

/// The same, of a file that is open already.
pub(super) fn lock_opened(mut file: File, path: &Path, wait: Duration) -> Result<(File, bool)> {
    let until = Instant::now() + wait;
    let mut waited = false;
    loop {
        // The file itself is waited for, and not its name: what the call that has it writes last is read from
        // there.
        while !is_locked(&file, path)? {
            if Instant::now() >= until {
                return Err(in_use(path));
            }
            waited = true;
            std::thread::sleep(Duration::from_millis(20));
        }
        if is_at(&file, path).unwrap_or(false) {
            return Ok((file, waited));
        }
        // Whoever held it has removed it since it was opened here: because it was done, or because it came to
        // nothing.
        if is_ended(&mut file) {
            return Ok((file, true));
        }
        if Instant::now() >= until {
            return Err(in_use(path));
        }
        file = open_file(path)?;
    }
}

/// Whether a file that was removed says why.
fn is_ended(file: &mut File) -> bool {
    let said = file.metadata().is_ok_and(|meta| meta.len() > FIRST_LINE.len() as u64);
    said && file.rewind().is_ok()
}

fn is_locked(file: &File, path: &Path) -> Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(e)) => Err(io_failed(path, "locking", &e)),
    }
}

pub(super) fn open_file(path: &Path) -> Result<File> {
    let file = sys::open_private(path).map_err(|e| io_failed(path, "opening", &e))?;
    let unseen = |e: std::io::Error| io_failed(path, "looking at", &e);
    let refused = |why: &str, errno| {
        let shown = path.display();
        let error = Error::invalid(format!("the journal {shown} {why}; give another path"));
        Err(error.with_path(path).errno_of(errno))
    };
    let meta = if sys::is_device(&file) { None } else { Some(file.metadata().map_err(unseen)?) };
    let Some(meta) = meta.filter(|meta| meta.is_file()) else {
        return refused("is no regular file", os_error::INVALID);
    };
    // Its owner could read the URLs, whatever its permissions.
    if !sys::belongs_to_user(&file, &meta).map_err(unseen)? {
        return refused("belongs to another user", os_error::NOT_PERMITTED);
    }
    Ok(file)
}

/// Whether it is this file that has the name.
pub(super) fn is_at(file: &File, path: &Path) -> std::io::Result<bool> {
    let here = sys::facts_of(file, &file.metadata()?)?;
    match std::fs::metadata(path).and_then(|meta| sys::facts_at(path, &meta)) {
        Ok(there) => Ok(there.is_same_file(&here)),
        Err(e) if e.kind() == Io::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

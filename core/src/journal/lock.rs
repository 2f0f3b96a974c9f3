//! The file of a journal: opened for its owner alone, and locked while a call uses it.

use std::fs::File;
use std::io::{ErrorKind as Io, Seek};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use super::errors::{in_use, io_failed};
use super::format::FIRST_LINE;
use crate::error::{Error, Result};

/// The file, made if there is none, and nobody else's for as long as it is open; and whether another call had
/// it.
pub(super) fn lock_file(path: &Path, wait: Duration) -> Result<(File, bool)> {
    let until = Instant::now() + wait;
    let mut waited = false;
    loop {
        let mut file = open_file(path)?;
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
    }
}

/// Whether a file that was removed says why.
fn is_ended(file: &mut File) -> bool {
    let said = file.metadata().is_ok_and(|meta| meta.len() > FIRST_LINE.len() as u64);
    said && file.rewind().is_ok()
}

fn is_locked(file: &File, path: &Path) -> Result<bool> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
        Err(e) => Err(io_failed(path, "locking", &e.into())),
    }
}

fn open_file(path: &Path) -> Result<File> {
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32)
        .open(path)
        .map_err(|e| io_failed(path, "opening", &e))?;
    let meta = file.metadata().map_err(|e| io_failed(path, "looking at", &e))?;
    let refused = |why: &str, errno| {
        let shown = path.display();
        let error = Error::invalid(format!("the journal {shown} {why}; give another path"));
        Err(error.with_path(path).errno_of(errno))
    };
    if !meta.is_file() {
        return refused("is no regular file", rustix::io::Errno::INVAL);
    }
    // Its owner could read the URLs, whatever its permissions.
    if meta.uid() != rustix::process::geteuid().as_raw() {
        return refused("belongs to another user", rustix::io::Errno::PERM);
    }
    Ok(file)
}

/// Whether it is this file that has the name.
pub(super) fn is_at(file: &File, path: &Path) -> std::io::Result<bool> {
    let (here, there) = (file.metadata()?, std::fs::metadata(path));
    match there {
        Ok(there) => Ok((there.dev(), there.ino()) == (here.dev(), here.ino())),
        Err(e) if e.kind() == Io::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

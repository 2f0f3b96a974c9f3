//! Opening what a folder holds. A name may be anything by the time it is opened: a pipe would block, a
//! symlink lead elsewhere.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::sys;

/// A plain file, or "not found".
pub(super) fn open_plain(path: &Path) -> io::Result<File> {
    let file = sys::open_without_following(path)?;
    let is_plain = !sys::is_device(&file) && file.metadata()?.is_file();
    if is_plain { Ok(file) } else { Err(io::ErrorKind::NotFound.into()) }
}

//! Opening files, and what is told of them.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::kernel::is_elsewhere;
use crate::sys::files::FileFacts;

/// `O_NONBLOCK` keeps a FIFO from hanging the open; it does not change how regular files read.
pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    with_flags(File::options().read(true), OFlags::NONBLOCK).open(path)
}

pub(crate) fn open_without_following(path: &Path) -> io::Result<File> {
    with_flags(File::options().read(true), OFlags::NONBLOCK | OFlags::NOFOLLOW).open(path)
}

pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).mode(PRIVATE);
    with_flags(&mut options, OFlags::NONBLOCK).open(path)
}

pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create_new(true).mode(PRIVATE).open(path)
}

pub(super) const PRIVATE: u32 = 0o600;

fn with_flags(options: &mut OpenOptions, flags: OFlags) -> &mut OpenOptions {
    options.custom_flags(flags.bits().cast_signed())
}

pub(crate) fn make_private(file: &File) -> io::Result<()> {
    match file.metadata()?.mode() & 0o077 {
        0 => Ok(()),
        _ => file.set_permissions(Permissions::from_mode(PRIVATE)),
    }
}

/// macOS' servers of files often know no `F_FULLFSYNC`, which std asks for there, and fsync(2) all the same
/// (golang/go#64215).
pub(crate) fn sync_all(file: &File) -> io::Result<()> {
    or_by_fsync(file, file.sync_all())
}

pub(crate) fn sync_data(file: &File) -> io::Result<()> {
    or_by_fsync(file, file.sync_data())
}

fn or_by_fsync(file: &File, synced: io::Result<()>) -> io::Result<()> {
    let unknown = [Errno::NOTSUP, Errno::NOTTY, Errno::INVAL];
    match synced {
        Err(e) if unknown.iter().any(|errno| Some(errno.raw_os_error()) == e.raw_os_error()) => {
            Ok(rustix::fs::fsync(file)?)
        }
        synced => synced,
    }
}

pub(crate) fn belongs_to_user(_: &File, meta: &Metadata) -> io::Result<bool> {
    Ok(meta.uid() == rustix::process::geteuid().as_raw())
}

/// Some file systems and sandboxes refuse `O_TMPFILE` by numbers that do not say so.
pub(crate) fn may_lack_unnamed_files(error: &io::Error) -> bool {
    let refusals = [Errno::PERM, Errno::INVAL, Errno::NOSYS, Errno::ACCESS];
    error.raw_os_error().is_some_and(|number| refusals.iter().any(|e| e.raw_os_error() == number))
}

pub(crate) fn name_from_bytes(bytes: &[u8]) -> Option<&OsStr> {
    Some(OsStr::from_bytes(bytes))
}

pub(crate) fn may_be_named(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.len() <= 255) && !path.as_os_str().as_bytes().ends_with(b"/")
}

/// A name is any bytes, and means a file of that name alone.
pub(crate) fn is_misread(_: &Path) -> bool {
    false
}

pub(crate) fn of_any_length(path: &Path) -> Cow<'_, Path> {
    path.into()
}

/// Nobody can keep others from a file that they may read.
pub(crate) fn is_held_elsewhere(_: &io::Error) -> bool {
    false
}

/// Metadata tells.
pub(crate) fn is_device(_: &File) -> bool {
    false
}

pub(crate) fn facts_of(_: &File, meta: &Metadata) -> io::Result<FileFacts> {
    Ok(facts(meta))
}

pub(crate) fn facts_at(_: &Path, meta: &Metadata) -> io::Result<FileFacts> {
    Ok(facts(meta))
}

fn facts(meta: &Metadata) -> FileFacts {
    FileFacts {
        volume: meta.dev(),
        inode: meta.ino(),
        size: meta.size(),
        modified: (meta.mtime(), meta.mtime_nsec()),
        recorded: (meta.ctime(), meta.ctime_nsec()),
        takes_no_room: meta.blocks() == 0 && !is_elsewhere(meta),
    }
}

//! Linux and macOS alike.

use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
pub(crate) use std::os::unix::fs::FileExt as PositionalIo;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::files::FileFacts;
pub(crate) use super::kernel::{file_system_at, file_system_of, name_file, read_cached, unnamed_file_in};

pub(crate) mod os_error {
    use super::Errno;

    pub(crate) const EXISTS: i32 = Errno::EXIST.raw_os_error();
    pub(crate) const INVALID: i32 = Errno::INVAL.raw_os_error();
    pub(crate) const IS_A_FOLDER: i32 = Errno::ISDIR.raw_os_error();
    pub(crate) const NOT_A_FOLDER: i32 = Errno::NOTDIR.raw_os_error();
    pub(crate) const NOT_PERMITTED: i32 = Errno::PERM.raw_os_error();
    pub(crate) const STALE: i32 = Errno::STALE.raw_os_error();
    pub(crate) const TIMED_OUT: i32 = Errno::TIMEDOUT.raw_os_error();
}

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

const PRIVATE: u32 = 0o600;

fn with_flags(options: &mut OpenOptions, flags: OFlags) -> &mut OpenOptions {
    options.custom_flags(flags.bits().cast_signed())
}

pub(crate) fn make_private(file: &File) -> io::Result<()> {
    match file.metadata()?.mode() & 0o077 {
        0 => Ok(()),
        _ => file.set_permissions(Permissions::from_mode(PRIVATE)),
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

pub(crate) fn may_be_named(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.len() <= 255) && !path.as_os_str().as_bytes().ends_with(b"/")
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
        takes_no_room: meta.blocks() == 0,
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::path::Path;

    pub(crate) fn is_private(path: &Path) -> bool {
        std::fs::metadata(path).expect("there").mode() & 0o777 == super::PRIVATE
    }

    pub(crate) fn open_to_all(path: &Path) {
        std::fs::set_permissions(path, Permissions::from_mode(0o644)).expect("changed");
    }
}

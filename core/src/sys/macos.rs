//! macOS alone.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

use rustix::fs::StatFs;

use super::files::FileSystem;

/// Nothing here reads the cache alone: `RWF_NOWAIT` is Linux's, and `mincore` wants a mapping.
pub(crate) fn read_cached(_: &File, _: &mut [u8], _: u64) -> Option<usize> {
    None
}

/// macOS gives no name to a file that has none.
pub(crate) fn unnamed_file_in(_: &Path) -> io::Result<File> {
    Err(ErrorKind::Unsupported.into())
}

pub(crate) fn name_file(_: &File, _: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

pub(crate) fn file_system_of(file: &File) -> FileSystem {
    rustix::fs::fstatfs(file).map_or(FileSystem::UNKNOWN, |fs| file_system(&fs))
}

pub(crate) fn file_system_at(path: &Path) -> FileSystem {
    rustix::fs::statfs(path).map_or(FileSystem::UNKNOWN, |fs| file_system(&fs))
}

/// The server of NFS keeps inodes and records. What is in memory is a disk image here, of one of these types.
fn file_system(fs: &StatFs) -> FileSystem {
    let name = fs.f_fstypename.map(i8::cast_unsigned);
    let disk = name.starts_with(b"apfs\0") || name.starts_with(b"hfs\0");
    let kept = disk || name.starts_with(b"nfs\0");
    FileSystem { in_memory: false, local: disk, keeps_inodes: kept, keeps_records: kept }
}

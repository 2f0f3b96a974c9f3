//! Linux and macOS alike.

use std::fs::{File, Metadata};
use std::io;
pub(crate) use std::os::unix::fs::FileExt as PositionalIo;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::files::FileFacts;
pub(crate) use super::kernel::{file_system_at, file_system_of, read_cached};

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

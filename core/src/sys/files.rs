//! What a system tells of a file, and of the file system it is on.

/// Seconds and nanoseconds since 1970.
pub(crate) type Time = (i64, i64);

/// The facts of a file at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileFacts {
    /// The number of the file system it is on; boots hand these out anew.
    pub(crate) volume: u64,
    /// Its number there.
    pub(crate) inode: u64,
    pub(crate) size: u64,
    pub(crate) modified: Time,
    /// The last change of the file's record. What puts back the time of its bytes leaves this one: Unix has
    /// no call for it, and on Windows only that of NTFS' own attributes sets it.
    pub(crate) recorded: Time,
    /// Its bytes take no room anywhere: it is made up, or a hole, or kept in the record itself.
    pub(crate) takes_no_room: bool,
}

impl FileFacts {
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        (self.volume, self.inode) == (other.volume, other.inode)
    }
}

/// The properties of a file system.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileSystem {
    /// Reads never wait, and need no other thread.
    pub(crate) in_memory: bool,
    /// It never asks another machine or another program.
    pub(crate) local: bool,
    /// An inode is a file's as long as it lives.
    pub(crate) keeps_inodes: bool,
    /// The time of a file's record is that of its last change.
    pub(crate) keeps_records: bool,
}

impl FileSystem {
    pub(crate) const UNKNOWN: Self =
        Self { in_memory: false, local: false, keeps_inodes: false, keeps_records: false };
}

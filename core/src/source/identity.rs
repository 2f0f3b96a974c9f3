//! The signs that a source has changed.
//!
//! Size and time decide. An inode, and the time of a file's record, count only where the file system keeps
//! them: FUSE, SMB and FAT make them up, and an overlay gives a file another inode when it is first written
//! to. The doubt they leave in doubt is decided by the bytes.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::Result;
use crate::runtime::blocking;
use crate::sys::{self, FileFacts, FileSystem, Time};

/// The facts of a file at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    inode: u64,
    pub(crate) size: u64,
    modified: Time,
    /// The last change of the file's record, which no program can put back.
    recorded: Time,
}

/// How a later look differs from an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileChange {
    None,
    /// Its time moved, or another file has its name. The bytes may be the same.
    Doubtful,
    /// It is longer: something was added to it, or it was written anew.
    Grown,
    Shrunk,
}

impl Identity {
    /// Of an open file.
    pub(crate) fn of(file: &File) -> io::Result<Self> {
        Ok(sys::facts_of(file, &file.metadata()?)?.into())
    }

    /// Of the file at a path, which was looked at just before.
    pub(crate) fn at(path: &Path, meta: &Metadata) -> io::Result<Self> {
        Ok(sys::facts_at(path, meta)?.into())
    }

    /// The difference that a later look shows, at a file of this file system.
    pub(crate) fn change(&self, later: &Self, system: FileSystem) -> FileChange {
        match later.size.cmp(&self.size) {
            std::cmp::Ordering::Greater => FileChange::Grown,
            std::cmp::Ordering::Less => FileChange::Shrunk,
            _ if !same_time(self.modified, later.modified) => FileChange::Doubtful,
            _ if self.is_another(later, system) => FileChange::Doubtful,
            _ => FileChange::None,
        }
    }

    /// The same, but that nothing else proves the bytes: a time that was put back is noticed by the file's
    /// record.
    pub(crate) fn is_same(&self, later: &Self, system: FileSystem) -> bool {
        self.change(later, system) == FileChange::None
            && (!system.keeps_records || self.recorded == later.recorded)
    }

    /// Whether a file that has grown is another one that has its name, as far as the file system tells. Of
    /// such a one the first bytes were never all that there was.
    pub(super) fn is_another(&self, later: &Self, system: FileSystem) -> bool {
        system.keeps_inodes && later.inode != self.inode
    }

    /// How a later look differs, in words that follow on the file's name.
    pub(crate) fn difference(&self, later: &Self) -> String {
        let (then, now) = (self.size, later.size);
        if now != then {
            let how = if now > then { "grew" } else { "shrank" };
            return format!("{how} from {then} to {now} bytes");
        }
        if same_time(self.modified, later.modified) {
            return "was replaced, or its permissions or links changed".to_owned();
        }
        format!("was written to (its time went from {} to {})", shown(self.modified), shown(later.modified))
    }

    /// When anything about it changed last.
    pub(crate) fn last_change(&self) -> Time {
        self.modified.max(self.recorded)
    }

    /// The part of it that is kept for another process. Device numbers are handed out anew by each boot. With
    /// `record` the last change of the file's record too, for a file whose bytes nothing else proves.
    pub(super) fn lasting(&self, record: bool) -> Value {
        json!({
            "inode": self.inode,
            "size": self.size,
            "modified": self.modified,
            "recorded": record.then_some(self.recorded),
        })
    }

    /// The facts that an earlier process kept; `None` if that was no file.
    fn from_lasting(kept: &Value) -> Option<(Self, bool)> {
        let time = |value: &Value| Some((value[0].as_i64()?, value[1].as_i64()?));
        let recorded = time(&kept["recorded"]);
        let identity = Self {
            inode: kept["inode"].as_u64()?,
            size: kept["size"].as_u64()?,
            modified: time(&kept["modified"])?,
            recorded: recorded.unwrap_or_default(),
        };
        Some((identity, recorded.is_some()))
    }

    /// Compares with what an earlier process kept: `Ok` if it is the same, else how it differs.
    pub(super) fn since(
        &self,
        kept: &Value,
        system: FileSystem,
    ) -> std::result::Result<(), (FileChange, String)> {
        let Some((then, with_record)) = Self::from_lasting(kept) else {
            return Err((FileChange::Shrunk, "was no file then".to_owned()));
        };
        let change = match then.change(self, system) {
            FileChange::None if !with_record || then.is_same(self, system) => return Ok(()),
            FileChange::None => FileChange::Doubtful,
            other => other,
        };
        Err((change, then.difference(self)))
    }
}

impl From<FileFacts> for Identity {
    fn from(facts: FileFacts) -> Self {
        let FileFacts { inode, size, modified, recorded, .. } = facts;
        Self { inode, size, modified, recorded }
    }
}

/// Whether two looks saw one time, as exactly as the later of them tells it. A file system may keep a time in
/// memory in nanoseconds and on the disk in whole seconds (NFSv2, ext3), in pairs of them (FAT), or by 100 ns
/// (SMB, NTFS), and say the one first and the other after it had to read its record again.
fn same_time(earlier: Time, later: Time) -> bool {
    let ((was, was_nanos), (is, is_nanos)) = (earlier, later);
    if earlier == later {
        return true;
    }
    if is_nanos == 0 {
        // Only a whole second; an even one may be a pair of them.
        return was == is || (is % 2 == 0 && was == is + 1);
    }
    let grain = [10_000_000, 1_000_000, 1000, 100].into_iter().find(|grain| is_nanos % grain == 0);
    was == is && grain.is_some_and(|grain| was_nanos / grain == is_nanos / grain)
}

fn shown((seconds, nanos): Time) -> String {
    let whole = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    let time = OffsetDateTime::from_unix_timestamp_nanos(whole).ok().and_then(|t| t.format(&Rfc3339).ok());
    time.unwrap_or_else(|| format!("{seconds} s"))
}

/// The bytes themselves are what tells memory apart.
pub(super) async fn of_memory(bytes: Bytes) -> Result<Value> {
    blocking("hashing memory", move || Ok(json!({ "blake3": blake3::hash(&bytes).to_hex().to_string() })))
        .await
}

/// One reading of a file: what it was when it was opened, and when its last byte had been read.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(super) file: Arc<File>,
    pub(super) path: Arc<Path>,
    pub(super) system: FileSystem,
    pub(super) opened: Identity,
    ended: OnceLock<Option<Identity>>,
}

impl Reading {
    pub(super) fn new(file: Arc<File>, path: Arc<Path>, opened: Identity) -> Self {
        let system = sys::file_system_of(&file);
        Self { file, path, system, opened, ended: OnceLock::new() }
    }

    /// Looks at the file once its last byte is read. Later changes are not of the bytes that were sent.
    pub(super) fn end(&self) {
        self.ended.get_or_init(|| Identity::of(&self.file).ok());
    }

    /// How the file differs now that it is read from what it was when `looked` at, in words too.
    pub(crate) fn change_since(&self, looked: &Identity) -> (FileChange, String) {
        // Where nothing was left to be read, it is looked at now.
        self.end();
        match self.ended.get() {
            Some(Some(ended)) => {
                // A file that is open has one inode, whatever number it is given.
                match looked.change(ended, FileSystem::UNKNOWN) {
                    FileChange::None => (FileChange::None, String::new()),
                    change => (change, looked.difference(ended)),
                }
            }
            _ => (FileChange::Doubtful, "could not be looked at again".to_owned()),
        }
    }

    /// The same, since it was opened.
    pub(crate) fn change(&self) -> (FileChange, String) {
        self.change_since(&self.opened)
    }

    /// Whether it differs from what it was when it was opened.
    pub(crate) fn changed(&self) -> bool {
        self.change().0 != FileChange::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEN: Identity =
        Identity { inode: 7, size: 10, modified: (1_700_000_001, 123_456_789), recorded: (1_700_000_001, 5) };

    const DISK: FileSystem =
        FileSystem { in_memory: false, local: true, keeps_inodes: true, keeps_records: true };
    const OVERLAY: FileSystem = FileSystem { keeps_inodes: false, ..DISK };
    const FUSE: FileSystem = FileSystem::UNKNOWN;

    fn at(modified: Time) -> FileChange {
        THEN.change(&Identity { modified, ..THEN }, DISK)
    }

    #[test]
    fn size_and_time_decide_to_what_the_later_look_tells() {
        assert_eq!(at((1_700_000_001, 123_456_789)), FileChange::None);
        for coarser in [123_456_700, 123_456_000, 123_000_000, 120_000_000, 0] {
            assert_eq!(at((1_700_000_001, coarser)), FileChange::None, "{coarser}");
        }
        assert_eq!(at((1_700_000_000, 0)), FileChange::None, "FAT counts in pairs");
        for other in [
            (1_700_000_002, 0),
            (1_699_999_999, 0),
            (1_700_000_001, 123_456_790),
            (1_700_000_001, 124_000_000),
            (1_700_000_002, 123_456_789),
        ] {
            assert_eq!(at(other), FileChange::Doubtful, "{other:?}");
        }
        // A time that was coarse at first, and is exact now, is of a write in between.
        let coarse = Identity { modified: (1_700_000_001, 0), ..THEN };
        assert_eq!(coarse.change(&THEN, FUSE), FileChange::Doubtful);
        let size = |size| THEN.change(&Identity { size, ..THEN }, DISK);
        assert_eq!((size(11), size(9)), (FileChange::Grown, FileChange::Shrunk));
    }

    #[test]
    fn an_inode_counts_where_it_is_kept() {
        let other = Identity { inode: 8, recorded: (1_700_000_009, 9), ..THEN };
        assert_eq!(THEN.change(&other, DISK), FileChange::Doubtful);
        assert_eq!(THEN.change(&other, FUSE), FileChange::None);
        assert!(THEN.is_same(&other, FUSE) && !THEN.is_same(&other, DISK));
        assert!(THEN.is_another(&other, DISK) && !THEN.is_another(&other, FUSE));
        let linked = Identity { recorded: (1_700_000_009, 9), ..THEN };
        assert_eq!(THEN.change(&linked, DISK), FileChange::None, "a new link changes no byte");
        assert!(!THEN.is_same(&linked, DISK) && !THEN.is_same(&linked, OVERLAY));
    }

    #[test]
    fn what_an_earlier_process_kept_follows_the_same_rule() {
        let kept = THEN.lasting(true);
        assert_eq!(THEN.since(&kept, DISK), Ok(()));
        let coarser = Identity { inode: 9, modified: (1_700_000_001, 0), recorded: (1, 0), ..THEN };
        assert_eq!(coarser.since(&kept, FUSE), Ok(()));
        for doubtful in [
            Identity { inode: 9, ..THEN },
            Identity { recorded: (1_700_000_009, 0), ..THEN },
            Identity { modified: (1_700_000_009, 0), ..THEN },
        ] {
            assert_eq!(doubtful.since(&kept, DISK).expect_err("differs").0, FileChange::Doubtful);
        }
        assert_eq!(Identity { recorded: (9, 9), ..THEN }.since(&THEN.lasting(false), DISK), Ok(()));
        let (change, how) = Identity { size: 12, ..THEN }.since(&kept, DISK).expect_err("grew");
        assert_eq!((change, how.as_str()), (FileChange::Grown, "grew from 10 to 12 bytes"));
        assert!(THEN.since(&json!({ "blake3": "00" }), DISK).is_err());
    }
}

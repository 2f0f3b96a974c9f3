//! What tells a changed source.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use bytes::Bytes;
use serde_json::{Value, json};

use super::changed;
use crate::error::Result;
use crate::runtime::blocking;

/// What tells a changed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
    pub(crate) size: u64,
    modified: (i64, i64),
    /// The last change of the file's record, which no program can put back.
    recorded: (i64, i64),
}

impl Identity {
    pub(crate) fn of(meta: &std::fs::Metadata) -> Self {
        Self {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            recorded: (meta.ctime(), meta.ctime_nsec()),
        }
    }

    pub(super) fn check(self, path: &Path, meta: &std::fs::Metadata) -> Result<()> {
        // Not the record's time: a new permission or link changes that too.
        let now = Self { recorded: self.recorded, ..Self::of(meta) };
        if now == self {
            return Ok(());
        }
        let what = if now.size == self.size {
            "was rewritten or replaced".to_owned()
        } else {
            format!("went from {} to {} bytes", self.size, now.size)
        };
        Err(changed(path, &what))
    }

    /// When anything about it changed last, as seconds and nanoseconds since 1970.
    pub(crate) fn last_change(&self) -> (i64, i64) {
        self.modified.max(self.recorded)
    }

    /// What of it holds beyond this process and this boot: device numbers are handed out anew. With `record` the
    /// last change of the file's record too, for a file whose bytes nothing else proves.
    pub(super) fn lasting(&self, record: bool) -> Value {
        let pair = |(seconds, nanos): (i64, i64)| json!([seconds, nanos]);
        json!({
            "inode": self.inode,
            "size": self.size,
            "modified": pair(self.modified),
            "recorded": record.then(|| pair(self.recorded)),
        })
    }
}

/// The bytes themselves are what tells memory apart.
pub(super) async fn of_memory(bytes: Bytes) -> Result<Value> {
    blocking("hashing memory", move || Ok(json!({ "blake3": blake3::hash(&bytes).to_hex().to_string() })))
        .await
}

//! The work of packing, cut into tasks that several threads share: a folder, a whole file, or a piece of a
//! large one.

use std::sync::{Arc, Mutex, OnceLock};

use super::archive::Method;
use super::compress;
use super::read::{EntryReader, OpenedEntry};
use crate::error::Result;
use crate::profile::walk::TreeEntry;

/// One thing to do for one thread.
pub(super) struct PackTask<'a> {
    pub(super) entry: &'a TreeEntry,
    pub(super) kind: TaskKind<'a>,
}

pub(super) enum TaskKind<'a> {
    Folder,
    Whole,
    Piece(Piece<'a>),
}

/// A part of a large file.
pub(super) struct Piece<'a> {
    pub(super) of: Arc<LargeFile<'a>>,
    pub(super) start: u64,
    pub(super) len: u64,
    pub(super) is_last: bool,
}

/// A file that is compressed in pieces: opened once, and stored or deflated as a whole.
pub(super) struct LargeFile<'a> {
    pub(super) entry: &'a TreeEntry,
    /// Closed again once the last piece is written.
    pub(super) opened: Mutex<Option<OpenedEntry>>,
    pub(super) method: OnceLock<Result<Method>>,
}

pub(super) fn tasks_of<'a>(entries: &'a [TreeEntry], reader: &EntryReader<'_>) -> Vec<PackTask<'a>> {
    let mut tasks = Vec::with_capacity(entries.len());
    for entry in entries {
        match reader.len(entry) {
            None => tasks.push(PackTask { entry, kind: TaskKind::Folder }),
            Some(len) if len <= compress::MAX_WHOLE_FILE => {
                tasks.push(PackTask { entry, kind: TaskKind::Whole })
            }
            Some(size) => {
                let large = Arc::new(LargeFile { entry, opened: Mutex::new(None), method: OnceLock::new() });
                let mut start = 0;
                while start < size {
                    let len = compress::PIECE_LEN.min(size - start);
                    let piece = Piece { of: Arc::clone(&large), start, len, is_last: start + len == size };
                    tasks.push(PackTask { entry, kind: TaskKind::Piece(piece) });
                    start += len;
                }
            }
        }
    }
    tasks
}

impl PackTask<'_> {
    /// Memory it takes at most: the bytes as they are read, and compressed.
    pub(super) fn memory(&self, reader: &EntryReader<'_>) -> u64 {
        match &self.kind {
            TaskKind::Folder => 0,
            TaskKind::Whole => 2 * reader.len(self.entry).unwrap_or(0),
            TaskKind::Piece(piece) => 2 * piece.len + compress::DEFLATE_WINDOW,
        }
    }
}

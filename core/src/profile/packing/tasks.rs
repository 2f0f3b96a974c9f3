//! The work of packing, cut so that several threads share it: a folder, a whole file, or a piece of a large one.

use std::sync::{Arc, Mutex, OnceLock};

use super::archive::Method;
use super::compress;
use super::read::{Opened, Reader};
use crate::error::Result;
use crate::profile::walk::Entry;

/// One thing to do for one thread.
pub(super) struct Work<'a> {
    pub(super) entry: &'a Entry,
    pub(super) kind: Kind<'a>,
}

pub(super) enum Kind<'a> {
    Folder,
    Whole,
    Piece { of: Arc<Large<'a>>, start: u64, len: u64, is_last: bool },
}

/// A file that is compressed in pieces: opened once, and stored or deflated as a whole.
pub(super) struct Large<'a> {
    pub(super) entry: &'a Entry,
    /// Closed again once the last piece is written.
    pub(super) opened: Mutex<Option<Opened>>,
    pub(super) method: OnceLock<Result<Method>>,
}

pub(super) fn work_of<'a>(entries: &'a [Entry], reader: &Reader<'_>) -> Vec<Work<'a>> {
    let mut work = Vec::with_capacity(entries.len());
    for entry in entries {
        match reader.len(entry) {
            None => work.push(Work { entry, kind: Kind::Folder }),
            Some(len) if len <= compress::WHOLE => work.push(Work { entry, kind: Kind::Whole }),
            Some(len) => {
                let large = Arc::new(Large { entry, opened: Mutex::new(None), method: OnceLock::new() });
                let mut start = 0;
                while start < len {
                    let piece = compress::PIECE.min(len - start);
                    let is_last = start + piece == len;
                    let kind = Kind::Piece { of: Arc::clone(&large), start, len: piece, is_last };
                    work.push(Work { entry, kind });
                    start += piece;
                }
            }
        }
    }
    work
}

impl Work<'_> {
    /// Memory it takes at most: what is read, and what becomes of it.
    pub(super) fn needs(&self, reader: &Reader<'_>) -> u64 {
        match &self.kind {
            Kind::Folder => 0,
            Kind::Whole => 2 * reader.len(self.entry).unwrap_or(0),
            Kind::Piece { len, .. } => 2 * len + compress::WINDOW,
        }
    }
}

//! Each thread of packing takes a task, reads, compresses and hands the result over.

use std::io;
use std::sync::PoisonError;
use std::sync::mpsc::SyncSender;

use super::archive::{EntryHeader, Method};
use super::compress::{self, FileCompressor};
use super::queue::{CloseOnPanic, TaskQueue};
use super::read::{EntryReader, OpenedEntry, WholeFile};
use super::tasks::{LargeFile, PackTask, Piece, TaskKind};
use crate::error::Result;
use crate::profile::pack_options::IfRunning;
use crate::sys::PositionalIo as _;

/// The outcome of one task.
pub(super) enum TaskResult {
    Folder,
    /// It could not be read and is left out; others may not fit together without it.
    LeftOut {
        warning: String,
        torn: bool,
    },
    Whole {
        header: EntryHeader,
        bytes: Vec<u8>,
        changed: bool,
    },
    Piece(CompressedPiece),
}

pub(super) struct CompressedPiece {
    pub(super) method: Method,
    pub(super) bytes: Vec<u8>,
    pub(super) crc: crc32fast::Hasher,
}

pub(super) fn compress_all(
    queue: &TaskQueue<'_>,
    reader: &EntryReader<'_>,
    results: &SyncSender<(usize, Result<TaskResult>)>,
) {
    let mut compressor = FileCompressor::new();
    let _close = CloseOnPanic(queue);
    while let Some(result) = compress_next(queue, reader, &mut compressor) {
        if results.send(result).is_err() {
            return;
        }
    }
}

pub(super) fn compress_next(
    queue: &TaskQueue<'_>,
    reader: &EntryReader<'_>,
    compressor: &mut Result<FileCompressor>,
) -> Option<(usize, Result<TaskResult>)> {
    let (index, task) = queue.next(reader)?;
    let result = match compressor {
        Ok(compressor) => reader.compress(task, compressor),
        Err(error) => Err(error.clone()),
    };
    let kept = match &result {
        Ok(TaskResult::Whole { bytes, .. } | TaskResult::Piece(CompressedPiece { bytes, .. })) => {
            bytes.len() as u64
        }
        _ => 0,
    };
    // The writer gives back the memory of the result.
    queue.give_back(task.memory(reader).saturating_sub(kept));
    Some((index, result))
}

impl EntryReader<'_> {
    pub(super) fn compress(
        &self,
        task: &PackTask<'_>,
        compressor: &mut FileCompressor,
    ) -> Result<TaskResult> {
        match &task.kind {
            TaskKind::Folder => Ok(TaskResult::Folder),
            TaskKind::Whole => {
                let (bytes, changed) = match self.whole(task.entry)? {
                    WholeFile::Read(bytes, changed) => (bytes, changed),
                    WholeFile::LeftOut { warning, torn } => return Ok(TaskResult::LeftOut { warning, torn }),
                };
                let (crc, size) = (crc32fast::hash(&bytes), bytes.len() as u64);
                let (method, packed) = match compressor.whole(&bytes) {
                    Some(packed) => (Method::Deflated, packed),
                    None => (Method::Stored, bytes),
                };
                let header = EntryHeader { method, crc, packed: packed.len() as u64, size };
                Ok(TaskResult::Whole { header, bytes: packed, changed })
            }
            TaskKind::Piece(piece) => self.piece(piece, compressor),
        }
    }

    fn piece(&self, piece: &Piece<'_>, compressor: &mut FileCompressor) -> Result<TaskResult> {
        let Piece { of: large, start, len, is_last } = piece;
        let opened = {
            let mut opened = large.opened.lock().unwrap_or_else(PoisonError::into_inner);
            let open = || self.open(large.entry).unwrap_or_else(OpenedEntry::Failed);
            opened.get_or_insert_with(open).clone()
        };
        let (file, offset) = match opened {
            OpenedEntry::File(file, offset) => (file, offset),
            OpenedEntry::LeftOut { warning, torn } => return Ok(TaskResult::LeftOut { warning, torn }),
            OpenedEntry::Failed(error) => return Err(error),
        };
        let read = |start: u64, len: u64| {
            let mut bytes = vec![0; usize::try_from(len).unwrap_or(usize::MAX)];
            match file.read_exact_at(&mut bytes, offset + start) {
                Ok(()) => Ok(bytes),
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Err(self.changed(large.entry)),
                Err(e) => Err(self.unreadable(large.entry, "reading", &e)),
            }
        };
        let method = large.method.get_or_init(|| {
            let len = usize::try_from(self.len(large.entry).unwrap_or(0)).unwrap_or(usize::MAX);
            let sample = |at: usize| read(at as u64, compress::sample_len(len) as u64);
            let [one, two] = compress::sample_places(len).map(sample);
            let (one, two) = (one?, two?);
            Ok(if compressor.is_worth_it(&[&one, &two]) { Method::Deflated } else { Method::Stored })
        });
        let method = *method.as_ref().map_err(Clone::clone)?;
        let back = if method == Method::Deflated { (*start).min(compress::DEFLATE_WINDOW) } else { 0 };
        let bytes = read(start - back, back + len)?;
        let (before, bytes) = bytes.split_at(usize::try_from(back).unwrap_or(0));
        let mut crc = crc32fast::Hasher::new();
        crc.update(bytes);
        let packed = match method {
            Method::Stored => bytes.to_vec(),
            Method::Deflated => compress::piece(before, bytes, *is_last)?,
        };
        Ok(TaskResult::Piece(CompressedPiece { method, bytes: packed, crc }))
    }

    /// Whether a large file changed while it was read, where that is no error.
    pub(super) fn check_large(&self, large: &LargeFile<'_>) -> Result<bool> {
        let opened = large.opened.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (Some(OpenedEntry::File(file, _)), None) = (opened, self.copies.len(&large.entry.path)) else {
            return Ok(false);
        };
        let stamp = self.stamp(large.entry, &file)?;
        match self.if_running {
            _ if self.scan.folder.is_same(large.entry.file, Some(stamp)) => Ok(false),
            IfRunning::Refuse => Err(self.changed(large.entry)),
            IfRunning::Snapshot | IfRunning::Force => Ok(true),
        }
    }
}

//! Writes the archive, in the order of the names.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;

use super::archive::{Archive, ArchiveError, EntryHeader, OpenEntry};
use super::context::FolderPacking;
use super::queue::TaskQueue;
use super::read::EntryReader;
use super::tasks::{PackTask, Piece, TaskKind};
use super::worker::{CompressedPiece, TaskResult};
use crate::error::{Error, ErrorKind, Result};
use crate::profile::walk::TreeEntry;
use crate::profile::warning_list::WarningList;

/// Gives the result of one task after the other, in any order; `None` at the end.
pub(super) type NextResult<'a> = dyn FnMut() -> Option<(usize, Result<TaskResult>)> + 'a;

pub(super) struct WrittenArchive {
    pub(super) archive: (File, u64),
    pub(super) files: u64,
    pub(super) bytes: u64,
    /// Files that changed while they were packed.
    pub(super) changed: u64,
    pub(super) warnings: WarningList,
}

pub(super) struct ArchiveWriter<'a> {
    packing: &'a FolderPacking<'a>,
    reader: &'a EntryReader<'a>,
    queue: &'a TaskQueue<'a>,
    entries: &'a [TreeEntry],
    archive: Archive,
    files: u64,
    bytes: u64,
    changed: u64,
    warnings: WarningList,
    left_out: HashSet<&'a str>,
    /// The large file whose pieces come, and the CRC of those that came.
    open: Option<(OpenEntry, crc32fast::Hasher)>,
}

impl<'a> ArchiveWriter<'a> {
    pub(super) fn new(
        packing: &'a FolderPacking<'a>,
        reader: &'a EntryReader<'a>,
        queue: &'a TaskQueue<'a>,
        entries: &'a [TreeEntry],
        archive: Archive,
    ) -> Self {
        Self {
            packing,
            reader,
            queue,
            entries,
            archive,
            files: 0,
            bytes: 0,
            changed: 0,
            warnings: WarningList::default(),
            left_out: HashSet::new(),
            open: None,
        }
    }

    pub(super) fn write(
        mut self,
        tasks: &'a [PackTask<'a>],
        next: &mut NextResult<'_>,
    ) -> Result<WrittenArchive> {
        let mut early = BTreeMap::new();
        for (index, task) in tasks.iter().enumerate() {
            let result = self.result(index, next, &mut early)?;
            let name = self.packing.pack.prefixed(&task.entry.path)?;
            match (result, &task.kind) {
                (TaskResult::Folder, _) => self.archive.folder(&name).map_err(|e| self.failed(e))?,
                (TaskResult::LeftOut { warning, torn }, _) => {
                    if self.left_out.insert(&task.entry.path) {
                        self.warnings.push(warning);
                        self.changed += u64::from(torn);
                    }
                }
                (TaskResult::Whole { header, bytes, changed }, _) => {
                    self.whole(&name, header, &bytes)?;
                    self.changed += u64::from(changed);
                }
                (TaskResult::Piece(compressed), TaskKind::Piece(piece)) => {
                    self.piece(&name, task.entry, piece, &compressed)?;
                }
                (TaskResult::Piece(_), _) => return Err(Error::internal("a piece of a whole file")),
            }
        }
        let Self { packing, reader, entries, archive, files, bytes, changed, warnings, .. } = self;
        let archive = archive.finish().map_err(|e| failed(packing, reader, entries, e))?;
        Ok(WrittenArchive { archive, files, bytes, changed, warnings })
    }

    fn whole(&mut self, name: &str, header: EntryHeader, bytes: &[u8]) -> Result<()> {
        self.archive.file(name, header, bytes).map_err(|e| self.failed(e))?;
        self.queue.give_back(bytes.len() as u64);
        self.packing.context.progress.add_bytes(header.size);
        self.files += 1;
        self.bytes += header.size;
        Ok(())
    }

    fn piece(
        &mut self,
        name: &str,
        entry: &TreeEntry,
        piece: &Piece<'_>,
        compressed: &CompressedPiece,
    ) -> Result<()> {
        if piece.start == 0 {
            let size = self.reader.len(entry).unwrap_or(0);
            let open = self.archive.begin(name, size).map_err(|e| self.failed(e))?;
            self.open = Some((open, crc32fast::Hasher::new()));
        }
        self.archive.piece(&compressed.bytes).map_err(|e| self.failed(e))?;
        self.queue.give_back(compressed.bytes.len() as u64);
        self.packing.context.progress.add_bytes(piece.len);
        let Some((open, crc)) = &mut self.open else {
            return Err(Error::internal("a piece came before its file"));
        };
        crc.combine(&compressed.crc);
        if piece.is_last {
            let (crc, size) = (crc.clone().finalize(), piece.start + piece.len);
            let ended = self.archive.end(open, compressed.method, crc, size);
            ended.map_err(|e| self.failed(e))?;
            self.files += 1;
            self.bytes += size;
            self.changed += u64::from(self.reader.check_large(&piece.of)?);
        }
        Ok(())
    }

    /// The result of the task at this place; others are kept until it is their turn.
    fn result(
        &self,
        index: usize,
        next: &mut NextResult<'_>,
        early: &mut BTreeMap<usize, Result<TaskResult>>,
    ) -> Result<TaskResult> {
        loop {
            self.packing.guard.checkpoint()?;
            if let Some(result) = early.remove(&index) {
                return result;
            }
            match next() {
                Some((other, result)) => {
                    early.insert(other, result);
                }
                None if self.packing.guard.is_stopped() => {}
                None => return Err(Error::internal("packing stopped on its own")),
            }
        }
    }

    fn failed(&self, error: ArchiveError) -> Error {
        failed(self.packing, self.reader, self.entries, error)
    }
}

fn failed(
    packing: &FolderPacking<'_>,
    reader: &EntryReader<'_>,
    entries: &[TreeEntry],
    error: ArchiveError,
) -> Error {
    match error {
        ArchiveError::Io(error) => packing.context.spool.failed("writing", &error),
        ArchiveError::TooLarge => {
            let limit = packing.limit;
            let whose =
                if limit.by_ticket { "the service allows" } else { "the service documents as its limit" };
            Error::new(
                ErrorKind::TooLarge,
                format!(
                    "the packed profile is larger than the {} bytes {whose}, and nothing was sent; leave out what is not needed (the largest files: {})",
                    limit.bytes,
                    reader.scan.largest_listed(entries)
                ),
            )
        }
    }
}

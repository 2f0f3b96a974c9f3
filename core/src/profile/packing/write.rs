//! Writes the archive, in the order of the names.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;

use super::archive::{Archive, Failure};
use super::pack::Packing;
use super::queue::Queue;
use super::read::Reader;
use super::tasks::{Kind, Work};
use super::worker::Done;
use crate::error::{Error, ErrorKind, Result};
use crate::profile::walk::Entry;
use crate::profile::warning_list::Remarks;

/// What became of one piece of work after the other, in any order; `None` at the end.
pub(super) type Results<'a> = dyn FnMut() -> Option<(usize, Result<Done>)> + 'a;

pub(super) struct Written {
    pub(super) archive: (File, u64),
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) changed: u64,
    pub(super) remarks: Remarks,
}

pub(super) struct Writer<'a> {
    pub(super) packing: &'a Packing<'a>,
    pub(super) reader: &'a Reader<'a>,
    pub(super) queue: &'a Queue<'a>,
    pub(super) work: &'a [Work<'a>],
    pub(super) entries: &'a [Entry],
}

impl Writer<'_> {
    pub(super) fn run(&self, mut archive: Archive, results: &mut Results<'_>) -> Result<Written> {
        let (mut files, mut bytes, mut changed, mut remarks) = (0, 0, 0, Remarks::default());
        let mut early = BTreeMap::new();
        let mut open = None;
        let mut left_out: HashSet<&str> = HashSet::new();
        for (at, work) in self.work.iter().enumerate() {
            let done = self.result(at, results, &mut early)?;
            let name = self.packing.pack.prefixed(&work.entry.path)?;
            let failed = |failure| self.failed(failure);
            match (done, &work.kind) {
                (Done::Folder, _) => archive.folder(&name).map_err(failed)?,
                (Done::Left { remark, torn }, _) => {
                    if left_out.insert(&work.entry.path) {
                        remarks.push(remark);
                        changed += u64::from(torn);
                    }
                }
                (Done::Whole { facts, bytes: packed, changed: was_changed }, _) => {
                    archive.file(&name, facts, &packed).map_err(failed)?;
                    self.queue.give_back(packed.len() as u64);
                    self.packing.room.progress.add_bytes(facts.size);
                    files += 1;
                    bytes += facts.size;
                    changed += u64::from(was_changed);
                }
                (Done::Piece { method, bytes: packed, crc }, Kind::Piece { of, start, len, is_last }) => {
                    if *start == 0 {
                        let size = self.reader.len(work.entry).unwrap_or(0);
                        open = Some((archive.begin(&name, size).map_err(failed)?, crc32fast::Hasher::new()));
                    }
                    let Some((entry, whole)) = &mut open else {
                        return Err(Error::internal("a piece came before its file"));
                    };
                    archive.piece(&packed).map_err(failed)?;
                    self.queue.give_back(packed.len() as u64);
                    self.packing.room.progress.add_bytes(*len);
                    whole.combine(&crc);
                    if *is_last {
                        archive.end(entry, method, whole.clone().finalize(), start + len).map_err(failed)?;
                        files += 1;
                        bytes += start + len;
                        changed += u64::from(self.reader.check_large(of)?);
                    }
                }
                (Done::Piece { .. }, _) => return Err(Error::internal("a piece of a whole file")),
            }
        }
        let archive = archive.finish().map_err(|failure| self.failed(failure))?;
        Ok(Written { archive, files, bytes, changed, remarks })
    }

    /// What became of the work at this place; others are kept until it is their turn.
    fn result(
        &self,
        at: usize,
        results: &mut Results<'_>,
        early: &mut BTreeMap<usize, Result<Done>>,
    ) -> Result<Done> {
        loop {
            self.packing.watch.step()?;
            if let Some(done) = early.remove(&at) {
                return done;
            }
            match results() {
                Some((number, done)) => {
                    early.insert(number, done);
                }
                None if self.packing.watch.is_stopped() => {}
                None => return Err(Error::internal("packing stopped on its own")),
            }
        }
    }

    fn failed(&self, failure: Failure) -> Error {
        match failure {
            Failure::Io(error) => self.packing.room.spool.failed("writing", &error),
            Failure::TooLarge => {
                let limit = self.packing.limit;
                let whose =
                    if limit.by_ticket { "the service allows" } else { "the service documents as its limit" };
                Error::new(
                    ErrorKind::TooLarge,
                    format!(
                        "the packed profile is larger than the {} bytes {whose}, and nothing was sent; leave out what is not needed (the largest files: {})",
                        limit.bytes,
                        self.reader.look.largest_listed(self.entries)
                    ),
                )
            }
        }
    }
}

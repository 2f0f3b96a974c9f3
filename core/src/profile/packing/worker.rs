//! What each thread of packing does: take work, read, compress, hand over.

use std::io;
use std::os::unix::fs::FileExt;
use std::sync::PoisonError;
use std::sync::mpsc::SyncSender;

use super::archive::{Facts, Method};
use super::compress::{self, Packer};
use super::queue::{CloseOnPanic, Queue};
use super::read::{Opened, Reader, Whole};
use super::tasks::{Kind, Large, Work};
use crate::error::Result;
use crate::profile::pack_options::Live;

/// What became of one piece of work.
pub(super) enum Done {
    Folder,
    /// It could not be read and is left out; others may not fit together without it.
    Left {
        remark: String,
        torn: bool,
    },
    Whole {
        facts: Facts,
        bytes: Vec<u8>,
        changed: bool,
    },
    Piece {
        method: Method,
        bytes: Vec<u8>,
        crc: crc32fast::Hasher,
    },
}

pub(super) fn compress_all(queue: &Queue<'_>, reader: &Reader<'_>, done: &SyncSender<(usize, Result<Done>)>) {
    let mut packer = Packer::new();
    // Otherwise the others would wait for the room that a thread took with it.
    let _ends = CloseOnPanic(queue);
    while let Some(result) = compress_next(queue, reader, &mut packer) {
        if done.send(result).is_err() {
            return;
        }
    }
}

pub(super) fn compress_next(
    queue: &Queue<'_>,
    reader: &Reader<'_>,
    packer: &mut Result<Packer>,
) -> Option<(usize, Result<Done>)> {
    let (at, work) = queue.next(reader)?;
    let result = match packer {
        Ok(packer) => reader.compress(work, packer),
        Err(error) => Err(error.clone()),
    };
    let kept = match &result {
        Ok(Done::Whole { bytes, .. } | Done::Piece { bytes, .. }) => bytes.len() as u64,
        _ => 0,
    };
    // What is kept waits for the writer, who gives its room back.
    queue.give_back(work.needs(reader).saturating_sub(kept));
    Some((at, result))
}

impl Reader<'_> {
    pub(super) fn compress(&self, work: &Work<'_>, packer: &mut Packer) -> Result<Done> {
        match &work.kind {
            Kind::Folder => Ok(Done::Folder),
            Kind::Whole => {
                let (bytes, changed) = match self.whole(work.entry)? {
                    Whole::Read(bytes, changed) => (bytes, changed),
                    Whole::Left { remark, torn } => return Ok(Done::Left { remark, torn }),
                };
                let (crc, size) = (crc32fast::hash(&bytes), bytes.len() as u64);
                let (method, packed) = match packer.whole(&bytes) {
                    Some(packed) => (Method::Deflated, packed),
                    None => (Method::Stored, bytes),
                };
                let facts = Facts { method, crc, packed: packed.len() as u64, size };
                Ok(Done::Whole { facts, bytes: packed, changed })
            }
            Kind::Piece { of, start, len, is_last } => self.piece(of, *start, *len, *is_last, packer),
        }
    }

    fn piece(
        &self,
        large: &Large<'_>,
        start: u64,
        len: u64,
        is_last: bool,
        packer: &mut Packer,
    ) -> Result<Done> {
        let opened = {
            let mut opened = large.opened.lock().unwrap_or_else(PoisonError::into_inner);
            let open = || self.open(large.entry).unwrap_or_else(Opened::Failed);
            opened.get_or_insert_with(open).clone()
        };
        let (file, offset) = match opened {
            Opened::File(file, offset) => (file, offset),
            Opened::Left { remark, torn } => return Ok(Done::Left { remark, torn }),
            Opened::Failed(error) => return Err(error),
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
            Ok(if packer.is_worth_it(&[&one, &two]) { Method::Deflated } else { Method::Stored })
        });
        let method = *method.as_ref().map_err(Clone::clone)?;
        let back = if method == Method::Deflated { start.min(compress::WINDOW) } else { 0 };
        let bytes = read(start - back, back + len)?;
        let (before, bytes) = bytes.split_at(usize::try_from(back).unwrap_or(0));
        let mut crc = crc32fast::Hasher::new();
        crc.update(bytes);
        let packed = match method {
            Method::Stored => bytes.to_vec(),
            Method::Deflated => compress::piece(before, bytes, is_last)?,
        };
        Ok(Done::Piece { method, bytes: packed, crc })
    }

    /// Whether a large file changed while it was read, where that is no error.
    pub(super) fn check_large(&self, large: &Large<'_>) -> Result<bool> {
        let opened = large.opened.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (Some(Opened::File(file, _)), None) = (opened, self.copies.len(&large.entry.path)) else {
            return Ok(false);
        };
        let stamp = self.stamp(large.entry, &file)?;
        match self.live {
            _ if self.look.folder.is_same(large.entry.file, Some(stamp)) => Ok(false),
            Live::Refuse => Err(self.changed(large.entry)),
            Live::Snapshot | Live::Force => Ok(true),
        }
    }
}

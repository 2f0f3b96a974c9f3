//! One body that is not sealed: bytes of a source from the first to the last, as chunks.
//!
//! Files are read inline on the sending thread when the page cache has them, where a system can ask for that,
//! which costs no thread hand-off, and on the blocking pool when the disk has to be waited for.

use std::fs::File;
use std::future::Future;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::buffers::{Buffer, CHUNK_BYTES};
use super::files::{changed, made_up};
use super::identity::Reading;
use crate::error::{Error, Result};
use crate::runtime::spawn_blocking;
use crate::sys::{self, FileSystem, PositionalIo as _};

/// Bytes that were read already, and the room they take, which is free when the last body of them is gone.
pub(super) struct BufferedPart {
    pub(super) pieces: Vec<Bytes>,
    pub(super) _permit: OwnedSemaphorePermit,
}

pub(super) struct PlainReader(Inner);

enum Inner {
    Memory(Bytes),
    BufferedPart { part: Arc<BufferedPart>, next: usize },
    File(FileReader),
}

struct FileReader {
    file: Arc<File>,
    system: FileSystem,
    offset: u64,
    end: u64,
    /// `None` for our own temporary file.
    reading: Option<Arc<Reading>>,
    waiting: Option<oneshot::Receiver<(Buffer, io::Result<usize>)>>,
}

impl PlainReader {
    pub(super) fn memory(bytes: Bytes) -> Self {
        Self(Inner::Memory(bytes))
    }

    pub(super) fn part(part: Arc<BufferedPart>) -> Self {
        Self(Inner::BufferedPart { part, next: 0 })
    }

    pub(super) fn file(reading: Reading, range: Range<u64>) -> Self {
        let (file, system) = (Arc::clone(&reading.file), reading.system);
        Self::ranged(file, system, range, Some(Arc::new(reading)))
    }

    /// A part of our own temporary file.
    pub(super) fn spooled(file: Arc<File>, range: Range<u64>) -> Self {
        Self::again(&file, sys::file_system_of(&file), range)
    }

    /// A file that is open already, whatever became of it.
    pub(super) fn again(file: &Arc<File>, system: FileSystem, range: Range<u64>) -> Self {
        Self::ranged(Arc::clone(file), system, range, None)
    }

    fn ranged(file: Arc<File>, system: FileSystem, range: Range<u64>, reading: Option<Arc<Reading>>) -> Self {
        let Range { start, end } = range;
        Self(Inner::File(FileReader { file, system, offset: start, end, reading, waiting: None }))
    }

    /// The file it reads, if it reads one of the caller's.
    pub(super) fn reading(&self) -> Option<Arc<Reading>> {
        match &self.0 {
            Inner::File(reader) => reader.reading.clone(),
            Inner::Memory(_) | Inner::BufferedPart { .. } => None,
        }
    }

    /// The next chunk; `None` after exactly the declared length. A file that ends early is
    /// `source_changed`.
    pub(super) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        match &mut self.0 {
            Inner::Memory(bytes) if bytes.is_empty() => Poll::Ready(None),
            Inner::Memory(bytes) => {
                let chunk = bytes.split_to(bytes.len().min(CHUNK_BYTES));
                Poll::Ready(Some(Ok(chunk)))
            }
            Inner::BufferedPart { part, next } => {
                let piece = part.pieces.get(*next).cloned().map(Ok);
                *next += 1;
                Poll::Ready(piece)
            }
            Inner::File(reader) => reader.poll_chunk(cx),
        }
    }
}

impl FileReader {
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        if let Some(task) = &mut self.waiting {
            let joined = ready!(Pin::new(task).poll(cx));
            self.waiting = None;
            return Poll::Ready(Some(match joined {
                Ok((buffer, read)) => self.accept(buffer, read),
                Err(_) => Err(Error::internal("a file read was lost")),
            }));
        }
        if self.offset == self.end {
            return Poll::Ready(None);
        }
        let left = self.end - self.offset;
        let want = usize::try_from(left).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        let mut buffer = Buffer::take();
        // After its last byte the file is looked at once more, and only a local file system tells that at
        // once.
        let may_wait = !self.system.local && left <= CHUNK_BYTES as u64 && self.reading.is_some();
        let read = match may_wait {
            true => Ok(None),
            false => {
                read_at_once(&self.file, self.system.in_memory, &mut buffer.as_mut()[..want], self.offset)
            }
        };
        match read {
            Ok(Some(count)) => {
                self.look_if_over(count);
                Poll::Ready(Some(self.accept(buffer, Ok(count))))
            }
            Err(e) => Poll::Ready(Some(self.accept(buffer, Err(e)))),
            Ok(None) => {
                let (file, offset, reading) = (Arc::clone(&self.file), self.offset, self.reading.clone());
                let task = spawn_blocking(move || {
                    let read = file.read_at(&mut buffer.as_mut()[..want], offset);
                    if let (Ok(count), Some(reading)) = (&read, reading) {
                        look_if_over(&reading, *count as u64, left);
                    }
                    (buffer, read)
                });
                self.waiting = Some(task);
                self.poll_chunk(cx)
            }
        }
    }

    fn look_if_over(&self, count: usize) {
        if let Some(reading) = &self.reading {
            look_if_over(reading, count as u64, self.end - self.offset);
        }
    }

    fn accept(&mut self, buffer: Buffer, read: io::Result<usize>) -> Result<Bytes> {
        match read {
            Ok(0) => Err(self.ended_early()),
            Ok(count) => {
                self.offset += count as u64;
                Ok(buffer.freeze(count))
            }
            Err(e) => Err(Error::local_io(self.path(), "reading", &e)),
        }
    }

    fn ended_early(&self) -> Error {
        match self.file.metadata() {
            // As long as it was, and yet there is no more to be had.
            Ok(meta) if meta.len() >= self.end => made_up(self.path(), meta.len()),
            Ok(meta) => changed(self.path(), &format!("shrank to {} bytes", meta.len())),
            Err(e) => Error::local_io(self.path(), "reading", &e),
        }
    }

    fn path(&self) -> &Path {
        self.reading.as_ref().map_or(Path::new("the temporary file"), |reading| &reading.path)
    }
}

/// Looks at a file if this read gave its last byte.
fn look_if_over(reading: &Reading, count: u64, left: u64) {
    if count == left {
        reading.end();
    }
}

/// The bytes that can be had without waiting; `None` if another thread has to wait for it. Memory never
/// waits, and tmpfs does not know how to be asked for what is cached alone.
fn read_at_once(file: &File, in_memory: bool, into: &mut [u8], offset: u64) -> io::Result<Option<usize>> {
    match in_memory {
        true => file.read_at(into, offset).map(Some),
        false => Ok(sys::read_cached(file, into, offset)),
    }
}

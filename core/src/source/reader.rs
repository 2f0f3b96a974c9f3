//! One body: bytes of a source from the first to the last, as chunks.
//!
//! Files are read inline on the sending thread when the page cache has them (`RWF_NOWAIT`), which
//! costs no thread hand-off, and on the blocking pool when the disk has to be waited for.

use std::fs::File;
use std::future::Future;
use std::io::{self, IoSliceMut};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use rustix::io::{ReadWriteFlags, preadv2};
use tokio::sync::oneshot;

use super::Held;
use super::buffers::{Buffer, CHUNK};
use super::sealed::SealedReader;
use crate::error::{Error, Result};
use crate::runtime::spawn_blocking;
use crate::seal::FileSeal;

pub(crate) struct SourceReader(Inner);

enum Inner {
    Memory(Bytes),
    Held { held: Arc<Held>, next: usize },
    File(FileReader),
    Sealed(Box<SealedReader>),
}

struct FileReader {
    file: Arc<File>,
    /// The file system answers at once, so reads need no other thread.
    in_memory: bool,
    offset: u64,
    end: u64,
    /// For messages; `None` for our own temporary file.
    path: Option<Arc<Path>>,
    waiting: Option<oneshot::Receiver<(Buffer, io::Result<usize>)>>,
}

impl SourceReader {
    pub(super) fn memory(bytes: Bytes) -> Self {
        Self(Inner::Memory(bytes))
    }

    pub(super) fn held(held: Arc<Held>) -> Self {
        Self(Inner::Held { held, next: 0 })
    }

    pub(super) fn file(file: Arc<File>, range: Range<u64>, path: Option<Arc<Path>>) -> Self {
        let in_memory = is_in_memory(&file);
        let Range { start, end } = range;
        Self(Inner::File(FileReader { file, in_memory, offset: start, end, path, waiting: None }))
    }

    /// `path` is for messages.
    pub(super) fn sealed(plain: Self, seal: Arc<FileSeal>, path: Option<Arc<Path>>) -> Result<Self> {
        SealedReader::new(plain, seal, path).map(|reader| Self(Inner::Sealed(Box::new(reader))))
    }

    /// The next chunk; `None` after exactly the declared length. A file that ends early is
    /// `source_changed`.
    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        match &mut self.0 {
            Inner::Memory(bytes) if bytes.is_empty() => Poll::Ready(None),
            Inner::Memory(bytes) => {
                let chunk = bytes.split_to(bytes.len().min(CHUNK));
                Poll::Ready(Some(Ok(chunk)))
            }
            Inner::Held { held, next } => {
                let piece = held.pieces.get(*next).cloned().map(Ok);
                *next += 1;
                Poll::Ready(piece)
            }
            Inner::File(reader) => reader.poll_chunk(cx),
            Inner::Sealed(reader) => reader.poll_chunk(cx),
        }
    }
}

impl SourceReader {
    /// The same, to be awaited.
    pub(crate) async fn chunk(&mut self) -> Option<Result<Bytes>> {
        std::future::poll_fn(|cx| self.poll_chunk(cx)).await
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
        let want = usize::try_from(self.end - self.offset).unwrap_or(CHUNK).min(CHUNK);
        let mut buffer = Buffer::take();
        match read_at_once(&self.file, self.in_memory, &mut buffer.as_mut()[..want], self.offset) {
            Ok(Some(count)) => Poll::Ready(Some(self.accept(buffer, Ok(count)))),
            Err(e) => Poll::Ready(Some(self.accept(buffer, Err(e)))),
            Ok(None) => {
                let (file, offset) = (Arc::clone(&self.file), self.offset);
                let task = spawn_blocking(move || {
                    let read = file.read_at(&mut buffer.as_mut()[..want], offset);
                    (buffer, read)
                });
                self.waiting = Some(task);
                self.poll_chunk(cx)
            }
        }
    }

    fn accept(&mut self, buffer: Buffer, read: io::Result<usize>) -> Result<Bytes> {
        let path = self.path.as_deref().unwrap_or(Path::new("the temporary file"));
        match read {
            Ok(0) => Err(super::changed(path, &format!("ended at byte {} of {}", self.offset, self.end))),
            Ok(count) => {
                self.offset += count as u64;
                Ok(buffer.freeze(count))
            }
            Err(e) => Err(Error::local_io(path, "reading", &e)),
        }
    }
}

/// What can be had without waiting; `None` if another thread has to wait for it. tmpfs does not know
/// `RWF_NOWAIT` and never waits. FUSE and network file systems do not know it either and may wait for
/// ever, so a refused flag alone is no reason to read here. Nor is any other refusal one to fail: sandboxes
/// answer calls they do not know with EPERM, EINVAL or ENOSYS, and what is wrong with the file the plain read
/// tells too.
fn read_at_once(file: &File, in_memory: bool, into: &mut [u8], offset: u64) -> io::Result<Option<usize>> {
    if in_memory {
        return file.read_at(into, offset).map(Some);
    }
    match preadv2(file, &mut [IoSliceMut::new(into)], offset, ReadWriteFlags::NOWAIT) {
        Ok(count) => Ok(Some(count)),
        Err(_) => Ok(None),
    }
}

fn is_in_memory(file: &File) -> bool {
    /// `TMPFS_MAGIC` and `RAMFS_MAGIC` of linux/magic.h.
    const IN_MEMORY: [i64; 2] = [0x0102_1994, 0x8584_58f6];
    rustix::fs::fstatfs(file).is_ok_and(|fs| IN_MEMORY.contains(&fs.f_type))
}

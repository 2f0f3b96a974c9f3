//! A source that is ready: its size is known, and it can be opened as often as an attempt needs it.

use std::future::Future;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use super::files::{blocking_with_timeout, changed, no_answer, open_regular, read_start, refuse_made_up};
use super::identity::{self, FileChange, Identity, Reading};
use super::input::{Source, SourceKind, described_only};
use super::plain_reader::{BufferedPart, PlainReader};
use super::reader::SourceReader;
use super::spool::{Spool, Spooled};
use crate::error::{Error, Result};
use crate::seal::{FileSeal, TAG_LEN};

/// A source whose size is known and that can be opened as often as an attempt needs it.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(super) backing: Backing,
    /// Where in the backing it begins; more than 0 for a part.
    pub(super) start: u64,
    pub(super) len: u64,
    /// How long opening the file or looking at it may take.
    pub(super) io_timeout: Duration,
}

#[derive(Clone)]
pub(super) enum Backing {
    Memory(Bytes),
    /// Opened per attempt, so that ten thousand waiting files hold no descriptor.
    Path(Arc<InspectedFile>),
    /// An unnamed temporary file of ours; nobody else can change it.
    Spooled(Spooled),
    /// Another source as it is once it is sealed. Only ever opened from its beginning: a cipher's state is
    /// that of everything before.
    Sealed {
        plain: Box<Prepared>,
        seal: Arc<FileSeal>,
    },
    /// Bytes that somebody else has; there are none to read.
    Described,
    /// A part that was cut from a body that is read once, in order.
    Pieces(Arc<BufferedPart>),
}

/// A file as it was when it was first looked at.
pub(super) struct InspectedFile {
    pub(super) path: Arc<Path>,
    pub(super) identity: Identity,
    /// A part of it was read when its record was another. Whether all parts are of one file is decided by
    /// their bytes.
    pub(super) doubtful: AtomicBool,
}

impl Prepared {
    /// Looks at the source, and spools it if it can be read only once. A file system that does not answer
    /// within `io_timeout` is an error; a stream may take as long as it likes.
    pub(crate) async fn new(source: Source, spool: Spool, io_timeout: Duration) -> Result<Self> {
        source.check()?;
        let (backing, len) = match source.0 {
            SourceKind::Url | SourceKind::Misread(_) => {
                return Err(Error::internal("what is no source got past its check"));
            }
            SourceKind::Described(len) => (Backing::Described, len),
            SourceKind::Memory(bytes) => {
                let len = bytes.len() as u64;
                (Backing::Memory(bytes), len)
            }
            SourceKind::Path(path) => {
                let path: Arc<Path> = path.into();
                let looked_at = Arc::clone(&path);
                blocking_with_timeout(io_timeout, &path, move || Self::look_at(looked_at)).await?
            }
            SourceKind::Stream(stream) => {
                let spooled = spool.take(stream).await?;
                let len = spooled.len();
                (Backing::Spooled(spooled), len)
            }
        };
        Ok(Self { backing, start: 0, len, io_timeout })
    }

    /// Nothing.
    pub(crate) fn empty() -> Self {
        Self { backing: Backing::Memory(Bytes::new()), start: 0, len: 0, io_timeout: Duration::MAX }
    }

    /// Looks at the source and seals it: a stream while it is spooled, so that no plaintext is kept, anything
    /// else each time it is opened.
    pub(crate) async fn sealed(
        source: Source,
        seal: Arc<FileSeal>,
        spool: Spool,
        io_timeout: Duration,
    ) -> Result<Self> {
        source.check()?;
        if let SourceKind::Stream(stream) = source.0 {
            return Ok(Self::spooled(spool.take_sealed(stream, seal).await?, io_timeout));
        }
        let plain = Self::new(source, spool, io_timeout).await?;
        let len = plain.len + TAG_LEN as u64;
        Ok(Self { backing: Backing::Sealed { plain: Box::new(plain), seal }, start: 0, len, io_timeout })
    }

    /// A temporary file of ours.
    pub(crate) fn spooled(spooled: Spooled, io_timeout: Duration) -> Self {
        Self { len: spooled.len(), start: 0, backing: Backing::Spooled(spooled), io_timeout }
    }

    /// Bytes that were read already.
    pub(super) fn part_in_memory(
        pieces: Vec<Bytes>,
        permit: OwnedSemaphorePermit,
        io_timeout: Duration,
    ) -> Self {
        let len = pieces.iter().map(|p| p.len() as u64).sum();
        Self {
            backing: Backing::Pieces(Arc::new(BufferedPart { pieces, _permit: permit })),
            start: 0,
            len,
            io_timeout,
        }
    }

    /// `len` bytes from `start` on; `None` if it can be read from its beginning only, with a
    /// [`SequentialReader`].
    pub(crate) fn part(&self, start: u64, len: u64) -> Option<Self> {
        debug_assert!(start + len <= self.len, "a part is inside its source");
        match self.backing {
            Backing::Sealed { .. } | Backing::Pieces(_) => None,
            _ => Some(Self { start: self.start + start, len, ..self.clone() }),
        }
    }

    /// Marks every block of a sealed source before any of it is sealed; see [`FileSeal`].
    pub(crate) async fn mark_blocks(&self) -> Result<()> {
        match &self.backing {
            Backing::Sealed { .. } => self.each_chunk(|_| {}).await,
            _ => Ok(()),
        }
    }

    /// The facts by which another process knows that it is the same source, and not changed; `None` for a
    /// stream, which is gone with its process.
    pub(crate) async fn lasting_identity(&self) -> Result<Option<serde_json::Value>> {
        match &self.backing {
            // Marks tell sealed memory apart. A digest without a key would give a short secret away.
            Backing::Sealed { plain, .. } if matches!(plain.backing, Backing::Memory(_)) => {
                Ok(Some(serde_json::json!({ "bytes": plain.len })))
            }
            Backing::Sealed { plain, .. } => match &plain.backing {
                // The marks are, so that a new permission or link need not end it.
                Backing::Path(file) => Ok(Some(file.identity.lasting(false))),
                _ => Box::pin(plain.lasting_identity()).await,
            },
            Backing::Path(file) => Ok(Some(file.identity.lasting(true))),
            Backing::Memory(bytes) => identity::of_memory(bytes.clone()).await.map(Some),
            Backing::Spooled(_) | Backing::Pieces(_) | Backing::Described => Ok(None),
        }
    }

    fn look_at(path: Arc<Path>) -> Result<(Backing, u64)> {
        let (file, facts) = open_regular(&path)?;
        refuse_made_up(&file, &path, &facts)?;
        let identity = Identity::from(facts);
        let file = InspectedFile { path, identity, doubtful: AtomicBool::new(false) };
        Ok((Backing::Path(Arc::new(file)), identity.size))
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Waits for a read no longer than the file system has to answer. Outside an attempt nobody else looks.
    pub(super) async fn within_io_timeout<T>(&self, reading: impl Future<Output = T>) -> Result<T> {
        let read = tokio::time::timeout(self.io_timeout, reading).await;
        read.map_err(|_| no_answer(self.path().as_deref(), self.io_timeout))
    }

    /// The path it was given by.
    fn path(&self) -> Option<Arc<Path>> {
        match &self.backing {
            Backing::Path(file) => Some(Arc::clone(&file.path)),
            Backing::Sealed { plain, .. } => plain.path(),
            _ => None,
        }
    }

    /// A fresh body from the first byte.
    pub(crate) async fn open(&self) -> Result<SourceReader> {
        self.open_to_be_proved(false).await
    }

    /// The same. With `digested` what is read is digested, so that its bytes can prove what its record leaves
    /// in doubt.
    pub(crate) async fn open_to_be_proved(&self, digested: bool) -> Result<SourceReader> {
        match &self.backing {
            Backing::Sealed { plain, seal } => {
                SourceReader::sealed(plain.open_plain(false).await?, Arc::clone(seal), plain.path())
            }
            _ => self.open_plain(digested).await.map(SourceReader::plain),
        }
    }

    async fn open_plain(&self, digested: bool) -> Result<PlainReader> {
        match &self.backing {
            Backing::Memory(bytes) => {
                let whole = usize::try_from(self.start).ok().zip(usize::try_from(self.start + self.len).ok());
                let (start, end) = whole.ok_or_else(|| Error::internal("memory is longer than memory"))?;
                Ok(PlainReader::memory(bytes.slice(start..end)))
            }
            Backing::Described => Err(described_only()),
            Backing::Pieces(part) => Ok(PlainReader::part(Arc::clone(part))),
            Backing::Sealed { .. } => Err(Error::internal("what is sealed was to be sealed again")),
            Backing::Spooled(spooled) => {
                Ok(PlainReader::spooled(spooled.file(), self.start..self.start + self.len))
            }
            Backing::Path(file) => {
                let (file, range) = (Arc::clone(file), self.start..self.start + self.len);
                let path = Arc::clone(&file.path);
                blocking_with_timeout(self.io_timeout, &path, move || file.reader(range, digested)).await
            }
        }
    }

    /// The first bytes, for telling what kind of file it is.
    pub(crate) async fn peek(&self, count: usize) -> Result<Vec<u8>> {
        let count = count.min(usize::try_from(self.len).unwrap_or(count));
        match &self.backing {
            Backing::Memory(bytes) => Ok(bytes[..count].to_vec()),
            Backing::Described => Err(described_only()),
            Backing::Sealed { .. } | Backing::Pieces(_) => {
                Err(Error::internal("the first bytes of what is sealed tell nothing"))
            }
            Backing::Spooled(spooled) => read_start(&spooled.file(), spooled.folder(), count),
            Backing::Path(file) => {
                let path = Arc::clone(&file.path);
                let read = move || read_start(&open_regular(&path)?.0, &path, count);
                blocking_with_timeout(self.io_timeout, &file.path, read).await
            }
        }
    }
}

impl Prepared {
    /// Whether reading it costs nothing.
    pub(crate) fn is_in_memory(&self) -> bool {
        matches!(self.backing, Backing::Memory(_) | Backing::Pieces(_))
    }

    /// Whether what is sent is made while it is read.
    pub(crate) fn is_sealed(&self) -> bool {
        matches!(self.backing, Backing::Sealed { .. })
    }

    /// Reads all of it.
    pub(crate) async fn each_chunk(&self, take: impl FnMut(&[u8])) -> Result<()> {
        self.read_through(self.open().await?, take).await
    }

    pub(super) async fn read_through(
        &self,
        mut reader: SourceReader,
        mut each: impl FnMut(&[u8]),
    ) -> Result<()> {
        while let Some(piece) = self.within_io_timeout(reader.chunk()).await? {
            each(&piece?);
            // A file in the page cache never makes this wait, and other work is due too.
            tokio::task::consume_budget().await;
        }
        Ok(())
    }
}

impl InspectedFile {
    /// Opens it and reads a part of it. A file that goes whole is taken as it is now, whatever became of it
    /// since it was looked at; of one that something was added to, as much as there was. Parts are to be of
    /// one file.
    fn reader(&self, range: Range<u64>, digested: bool) -> Result<PlainReader> {
        let (file, facts) = open_regular(&self.path)?;
        // Of the file that is open, not of the name: the two can be swapped in between.
        let now = Identity::from(facts);
        let is_part = range != (0..self.identity.size);
        let reading = Reading::new(Arc::new(file), Arc::clone(&self.path), now);
        let different = || changed(&self.path, &self.identity.difference(&now));
        match self.identity.change(&now, reading.system) {
            FileChange::None => {}
            FileChange::Grown if self.identity.is_another(&now, reading.system) => return Err(different()),
            FileChange::Doubtful | FileChange::Grown if !is_part => {}
            FileChange::Doubtful | FileChange::Grown if digested => self.doubtful.store(true, Relaxed),
            _ => return Err(different()),
        }
        Ok(PlainReader::file(reading, range))
    }
}

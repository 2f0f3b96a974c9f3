//! Where bytes come from. A source is a *factory of bodies*: each attempt opens a fresh one at the
//! start, so a retry sends the same bytes again. Knows nothing of HTTP or of any service.

mod buffers;
mod cutter;
mod identity;
mod proof;
mod reader;
mod sealed;
mod spool;
mod stream;

use std::fs::File;
use std::future::Future;
use std::io::{Read, Seek};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use rustix::io::Errno;
use tokio::sync::OwnedSemaphorePermit;

use crate::error::{Error, ErrorKind, Result};
use crate::runtime::blocking;
use crate::seal::{FileSeal, TAG_LEN};
use identity::Change;

pub(crate) use buffers::Reserve;
pub(crate) use cutter::Cutter;
pub(crate) use identity::{FileSystem, Identity, Reading};
pub(crate) use proof::{Sent, Since};
pub(crate) use reader::SourceReader;
pub(crate) use spool::{Spool, Spooled};
pub(crate) use stream::{Standing, Stream, let_go};

/// What to upload: a path, bytes in memory, or a stream.
pub struct Source(Kind);

enum Kind {
    Path(PathBuf),
    Memory(Bytes),
    Stream(Stream),
    /// A URL where a path is due. Not kept: it may be a signed one, and an error would print it.
    Url,
}

impl Source {
    /// A file, or a folder where a browser profile is due. A leading `~/` is the home folder. A relative
    /// path is relative to the current folder of this moment.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        if is_url(&path) { Self(Kind::Url) } else { Self(Kind::Path(absolute(path))) }
    }

    /// Bytes in memory. A [`Bytes`] is shared, not copied.
    pub fn memory(bytes: impl Into<Bytes>) -> Self {
        Self(Kind::Memory(bytes.into()))
    }

    /// A stream of unknown length, read once on a thread of its own into an unnamed temporary file
    /// (option `spool_dir`), so that a retry can send it again. After a call that failed it is spent, so the
    /// error is not retryable.
    pub fn reader(reader: impl Read + Send + 'static) -> Self {
        Self(Kind::Stream(Stream::once(Box::new(reader))))
    }

    /// The same of a stream that can seek, such as an `Arc<File>`: it is read from where it stands, and set back
    /// to there if the call fails, so that the same call again sends the same bytes. One that stands at the
    /// end of something is refused. After a success it stands at its end.
    pub fn seekable(reader: impl Read + Seek + Send + 'static) -> Self {
        Self(Kind::Stream(Stream::seeking(Box::new(reader))))
    }

    /// Refuses what is no source.
    pub(crate) fn check(&self) -> Result<()> {
        match &self.0 {
            Kind::Url => {
                Err(Error::invalid("a source is a file's path or its bytes, not a URL; fetch it first"))
            }
            _ => Ok(()),
        }
    }

    /// Whether it can be read only once.
    pub(crate) fn is_stream(&self) -> bool {
        self.as_stream().is_some()
    }

    pub(crate) fn as_stream(&self) -> Option<&Stream> {
        match &self.0 {
            Kind::Stream(stream) => Some(stream),
            _ => None,
        }
    }

    pub(crate) fn as_path(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Path(path) => Some(path),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Kind::Path(path) => write!(f, "Source({})", path.display()),
            Kind::Memory(bytes) => write!(f, "Source({} bytes in memory)", bytes.len()),
            Kind::Stream(_) => f.write_str("Source(a stream)"),
            Kind::Url => f.write_str("Source(a URL)"),
        }
    }
}

impl From<&str> for Source {
    fn from(path: &str) -> Self {
        Self::path(path)
    }
}
impl From<String> for Source {
    fn from(path: String) -> Self {
        Self::path(path)
    }
}
impl From<PathBuf> for Source {
    fn from(path: PathBuf) -> Self {
        Self::path(path)
    }
}
impl From<&Path> for Source {
    fn from(path: &Path) -> Self {
        Self::path(path)
    }
}
impl From<Vec<u8>> for Source {
    fn from(bytes: Vec<u8>) -> Self {
        Self::memory(bytes)
    }
}
impl From<Bytes> for Source {
    fn from(bytes: Bytes) -> Self {
        Self::memory(bytes)
    }
}

/// Whether somebody gave a URL for a path. It may be a signed one, so it must not become a path that is printed.
fn is_url(path: &Path) -> bool {
    // One slash or two, in any case: a slip is a slip.
    let path = path.as_os_str().as_encoded_bytes();
    let starts = |with: &[u8]| path.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    starts(b"https:/") || starts(b"http:/")
}

/// A local path that is no source; `what` is for the message.
pub(crate) fn local_path(path: PathBuf, what: &str) -> Result<PathBuf> {
    if is_url(&path) {
        return Err(Error::invalid(format!("{what} is a path, and a URL was given; give a path")));
    }
    Ok(absolute(path))
}

/// The path as it is meant at this moment: the current folder may be another one when it is used.
fn absolute(path: PathBuf) -> PathBuf {
    let path = expand_home(path);
    std::path::absolute(&path).unwrap_or(path)
}

pub(crate) fn expand_home(path: PathBuf) -> PathBuf {
    let in_home = path.strip_prefix("~").ok().and_then(|rest| Some(home()?.join(rest)));
    in_home.unwrap_or(path)
}

/// The home folder, for a service that runs without `HOME` too.
pub(crate) fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| !home.as_os_str().is_empty())
}

/// A source whose size is known and that can be opened as often as an attempt needs it.
#[derive(Clone)]
pub(crate) struct Prepared {
    origin: Origin,
    /// Where in the origin it begins; more than 0 for a part.
    start: u64,
    len: u64,
    /// How long opening the file or looking at it may take.
    patience: Duration,
}

#[derive(Clone)]
enum Origin {
    Memory(Bytes),
    /// Opened per attempt, so that ten thousand waiting files hold no descriptor.
    Path(Arc<Looked>),
    /// An unnamed temporary file of ours; nobody else can change it.
    Spooled(Spooled),
    /// Another source as it is once it is sealed. Only ever opened from its beginning: a cipher's state is
    /// that of everything before.
    Sealed {
        plain: Box<Prepared>,
        seal: Arc<FileSeal>,
    },
    /// What was cut from a body that is read once, in order.
    Pieces(Arc<Held>),
}

/// A file as it was when it was first looked at.
struct Looked {
    path: Arc<Path>,
    identity: Identity,
    /// A part of it was read when its record was another. Whether all parts are of one file is decided by their bytes.
    doubtful: AtomicBool,
}

/// Bytes that were read already, and the room they take, which is free when the last body of them is gone.
struct Held {
    pieces: Vec<Bytes>,
    _room: OwnedSemaphorePermit,
}

impl Prepared {
    /// Looks at the source, and spools it if it can be read only once. A file system that does not answer
    /// within `patience` is an error; a stream may take as long as it likes.
    pub(crate) async fn new(source: Source, spool: Spool, patience: Duration) -> Result<Self> {
        source.check()?;
        let (origin, len) = match source.0 {
            Kind::Url => return Err(Error::internal("a URL got past its check")),
            Kind::Memory(bytes) => {
                let len = bytes.len() as u64;
                (Origin::Memory(bytes), len)
            }
            Kind::Path(path) => {
                let path: Arc<Path> = path.into();
                let looked_at = Arc::clone(&path);
                blocking_with_timeout(patience, &path, move || Self::look_at(looked_at)).await?
            }
            Kind::Stream(stream) => {
                let spooled = spool.take(stream).await?;
                let len = spooled.len();
                (Origin::Spooled(spooled), len)
            }
        };
        Ok(Self { origin, start: 0, len, patience })
    }

    /// Looks at the source and seals it: a stream while it is spooled, so that no plaintext is kept, anything
    /// else each time it is opened.
    pub(crate) async fn sealed(
        source: Source,
        seal: Arc<FileSeal>,
        spool: Spool,
        patience: Duration,
    ) -> Result<Self> {
        source.check()?;
        if let Kind::Stream(stream) = source.0 {
            return Ok(Self::spooled(spool.take_sealed(stream, seal).await?, patience));
        }
        let plain = Self::new(source, spool, patience).await?;
        let len = plain.len + TAG_LEN as u64;
        Ok(Self { origin: Origin::Sealed { plain: Box::new(plain), seal }, start: 0, len, patience })
    }

    /// A temporary file of ours.
    pub(crate) fn spooled(spooled: Spooled, patience: Duration) -> Self {
        Self { len: spooled.len(), start: 0, origin: Origin::Spooled(spooled), patience }
    }

    /// Bytes that were read already.
    fn held(pieces: Vec<Bytes>, room: OwnedSemaphorePermit, patience: Duration) -> Self {
        let len = pieces.iter().map(|p| p.len() as u64).sum();
        Self { origin: Origin::Pieces(Arc::new(Held { pieces, _room: room })), start: 0, len, patience }
    }

    /// `len` bytes from `start` on; `None` if it can be read from its beginning only, with a [`Cutter`].
    pub(crate) fn part(&self, start: u64, len: u64) -> Option<Self> {
        debug_assert!(start + len <= self.len, "a part is inside its source");
        match self.origin {
            Origin::Sealed { .. } | Origin::Pieces(_) => None,
            _ => Some(Self { start: self.start + start, len, ..self.clone() }),
        }
    }

    /// Marks every block of a sealed source before any of it is sealed; see [`FileSeal`].
    pub(crate) async fn mark(&self) -> Result<()> {
        match &self.origin {
            Origin::Sealed { .. } => sealed::mark(self).await,
            _ => Ok(()),
        }
    }

    /// What tells that it is the same source in another process, and not changed; `None` for a stream, which
    /// is gone with its process.
    pub(crate) async fn lasting_identity(&self) -> Result<Option<serde_json::Value>> {
        match &self.origin {
            // Marks tell sealed memory apart. A digest without a key would give a short secret away.
            Origin::Sealed { plain, .. } if matches!(plain.origin, Origin::Memory(_)) => {
                Ok(Some(serde_json::json!({ "bytes": plain.len })))
            }
            Origin::Sealed { plain, .. } => match &plain.origin {
                // The marks are, so that a new permission or link need not end it.
                Origin::Path(looked) => Ok(Some(looked.identity.lasting(false))),
                _ => Box::pin(plain.lasting_identity()).await,
            },
            Origin::Path(looked) => Ok(Some(looked.identity.lasting(true))),
            Origin::Memory(bytes) => identity::of_memory(bytes.clone()).await.map(Some),
            Origin::Spooled(_) | Origin::Pieces(_) => Ok(None),
        }
    }

    fn look_at(path: Arc<Path>) -> Result<(Origin, u64)> {
        let (file, meta) = open_regular(&path)?;
        let identity = Identity::of(&meta);
        refuse_made_up(&file, &path, &meta)?;
        let looked = Looked { path, identity, doubtful: AtomicBool::new(false) };
        Ok((Origin::Path(Arc::new(looked)), identity.size))
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Waits for a read no longer than the file system has to answer. Outside an attempt nobody else looks.
    async fn within_patience<T>(&self, reading: impl Future<Output = T>) -> Result<T> {
        let read = tokio::time::timeout(self.patience, reading).await;
        read.map_err(|_| no_answer(self.path().as_deref(), self.patience))
    }

    /// The path it was given by.
    fn path(&self) -> Option<Arc<Path>> {
        match &self.origin {
            Origin::Path(looked) => Some(Arc::clone(&looked.path)),
            Origin::Sealed { plain, .. } => plain.path(),
            _ => None,
        }
    }

    /// A fresh body from the first byte.
    pub(crate) async fn open(&self) -> Result<SourceReader> {
        self.open_to_be_proved(false).await
    }

    /// The same. With `digested` what is read is digested, so that its bytes can prove what its record leaves in doubt.
    pub(crate) async fn open_to_be_proved(&self, digested: bool) -> Result<SourceReader> {
        match &self.origin {
            Origin::Memory(bytes) => {
                let whole = usize::try_from(self.start).ok().zip(usize::try_from(self.start + self.len).ok());
                let (start, end) = whole.ok_or_else(|| Error::internal("memory is longer than memory"))?;
                Ok(SourceReader::memory(bytes.slice(start..end)))
            }
            Origin::Pieces(held) => Ok(SourceReader::held(Arc::clone(held))),
            Origin::Sealed { plain, seal } => {
                let path = plain.path();
                SourceReader::sealed(Box::pin(plain.open()).await?, Arc::clone(seal), path)
            }
            Origin::Spooled(spooled) => {
                Ok(SourceReader::spooled(spooled.file(), self.start..self.start + self.len))
            }
            Origin::Path(looked) => {
                let (looked, range) = (Arc::clone(looked), self.start..self.start + self.len);
                let path = Arc::clone(&looked.path);
                blocking_with_timeout(self.patience, &path, move || looked.reader(range, digested)).await
            }
        }
    }

    /// The first bytes, for telling what kind of file it is.
    pub(crate) async fn peek(&self, count: usize) -> Result<Vec<u8>> {
        let count = count.min(usize::try_from(self.len).unwrap_or(count));
        match &self.origin {
            Origin::Memory(bytes) => Ok(bytes[..count].to_vec()),
            Origin::Sealed { .. } | Origin::Pieces(_) => {
                Err(Error::internal("the first bytes of what is sealed tell nothing"))
            }
            Origin::Spooled(spooled) => read_start(&spooled.file(), spooled.folder(), count),
            Origin::Path(looked) => {
                let file = Arc::clone(&looked.path);
                let read = move || read_start(&open_regular(&file)?.0, &file, count);
                blocking_with_timeout(self.patience, &looked.path, read).await
            }
        }
    }
}

impl Prepared {
    /// Whether reading it costs nothing.
    pub(crate) fn is_in_memory(&self) -> bool {
        matches!(self.origin, Origin::Memory(_) | Origin::Pieces(_))
    }

    /// Whether what is sent is made while it is read.
    pub(crate) fn is_sealed(&self) -> bool {
        matches!(self.origin, Origin::Sealed { .. })
    }

    /// Reads all of it.
    pub(crate) async fn each_chunk(&self, take: impl FnMut(&[u8])) -> Result<()> {
        self.read_through(self.open().await?, take).await
    }
}

impl Looked {
    /// Opens it and reads a part of it. A file that goes whole is taken as it is now, whatever became of it since it was
    /// looked at; of one that something was added to, as much as there was. Parts are to be of one file.
    fn reader(&self, range: Range<u64>, digested: bool) -> Result<SourceReader> {
        let (file, meta) = open_regular(&self.path)?;
        // Of the file that is open, not of the name: the two can be swapped in between.
        let now = Identity::of(&meta);
        let is_part = range != (0..self.identity.size);
        let reading = Reading::new(Arc::new(file), Arc::clone(&self.path), &meta);
        let different = || changed(&self.path, &self.identity.difference(&now));
        match self.identity.change(&now, reading.system) {
            Change::None => {}
            Change::Grown if self.identity.is_another(&now, reading.system) => return Err(different()),
            Change::Doubtful | Change::Grown if !is_part => {}
            Change::Doubtful | Change::Grown if digested => self.doubtful.store(true, Relaxed),
            _ => return Err(different()),
        }
        Ok(SourceReader::file(reading, range))
    }
}

/// Opening and looking at a file can wait for a network file system for ever; a worker that waits with
/// it would take every timer and every other upload along.
pub(crate) async fn blocking_with_timeout<T: Send + 'static>(
    patience: Duration,
    path: &Path,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let looking = blocking("looking at a file", work);
    tokio::time::timeout(patience, looking).await.unwrap_or_else(|_| Err(no_answer(Some(path), patience)))
}

/// The error for a disk or a mount that does not answer.
pub(crate) fn no_answer(path: Option<&Path>, patience: Duration) -> Error {
    let what = path.map_or_else(|| "the temporary file".to_owned(), |path| path.display().to_string());
    let error = Error::new(
        ErrorKind::SourceUnreadable,
        format!(
            "the file system did not answer for {what} within {:.1} s (stall_timeout); check the disk or network mount it is on",
            patience.as_secs_f64()
        ),
    );
    let error = error.errno_of(Errno::TIMEDOUT);
    match path {
        Some(path) => error.with_path(path),
        None => error,
    }
}

/// `what` follows on the file's name, and says how it differs.
pub(crate) fn changed(path: &Path, what: &str) -> Error {
    let shown = path.display();
    // A stream is read to wherever it ends.
    let or = if what.starts_with("grew") { ", or give it as a stream" } else { "" };
    Error::new(
        ErrorKind::SourceChanged,
        format!("{shown} {what} while it was being sent; send it again when nothing writes to it{or}"),
    )
    .with_path(path)
}

fn read_start(file: &File, path: &Path, count: usize) -> Result<Vec<u8>> {
    use std::os::unix::fs::FileExt;
    let mut start = vec![0; count];
    file.read_exact_at(&mut start, 0).map_err(|e| Error::local_io(path, "reading", &e))?;
    Ok(start)
}

/// Files of /proc say that they are empty and are not, and those of /sys that they have a page. To send nothing would
/// be a lie, and what is shorter than its size never ends.
fn refuse_made_up(file: &File, path: &Path, meta: &std::fs::Metadata) -> Result<()> {
    use std::os::unix::fs::{FileExt, MetadataExt};
    let size = meta.size();
    let at = match size.checked_sub(1) {
        None => 0,
        // What takes no room on a disk is made up, or a hole, or kept in the record itself.
        Some(last) if meta.blocks() == 0 => last,
        Some(_) => return Ok(()),
    };
    let there = file.read_at(&mut [0], at).map_err(|e| Error::local_io(path, "reading", &e))?;
    if (there > 0) == (size > 0) { Ok(()) } else { Err(made_up(path, size)) }
}

/// The error for a file whose size is not its own.
fn made_up(path: &Path, size: u64) -> Error {
    let says = match size {
        0 => "does not tell its size".to_owned(),
        _ => format!("says that it has {size} bytes and gives fewer"),
    };
    let shown = path.display();
    Error::new(
        ErrorKind::SourceUnreadable,
        format!("{shown} {says}, as files the system makes up do; read it and send the bytes"),
    )
    .with_path(path)
    .errno_of(Errno::INVAL)
}

/// Opens a regular file. `O_NONBLOCK` keeps a FIFO from hanging the open; it does not change how
/// regular files read.
fn open_regular(path: &Path) -> Result<(File, std::fs::Metadata)> {
    use std::os::unix::fs::OpenOptionsExt;
    let unreadable = |e: std::io::Error| Error::local_io(path, "opening", &e);
    let nonblock = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let file = File::options().read(true).custom_flags(nonblock).open(path).map_err(unreadable)?;
    let meta = file.metadata().map_err(unreadable)?;
    if meta.is_file() {
        return Ok((file, meta));
    }
    let (errno, what) = match meta.is_dir() {
        true => (Errno::ISDIR, "a folder; name a file in it, or zip it first"),
        false => (Errno::INVAL, "not a regular file; name a file, or give it as a stream"),
    };
    let shown = path.display();
    Err(Error::new(ErrorKind::SourceUnreadable, format!("{shown} is {what}")).with_path(path).errno_of(errno))
}

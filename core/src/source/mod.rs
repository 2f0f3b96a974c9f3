//! Where bytes come from. A source is a *factory of bodies*: each attempt opens a fresh one at the
//! start, so a retry sends the same bytes again. Knows nothing of HTTP or of any service.

mod buffers;
mod reader;
mod spool;

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use crate::error::{Error, ErrorKind, Result};

pub(crate) use reader::SourceReader;
pub(crate) use spool::{Spool, Spooled};

/// What to upload: a path, bytes in memory, or a stream.
pub struct Source(Kind);

enum Kind {
    Path(PathBuf),
    Memory(Bytes),
    Reader(Box<dyn Read + Send>),
}

impl Source {
    /// A file, or a folder where a browser profile is due. A leading `~/` is the home folder.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self(Kind::Path(expand_home(path.into())))
    }

    /// Bytes in memory. A [`Bytes`] is shared, not copied.
    pub fn memory(bytes: impl Into<Bytes>) -> Self {
        Self(Kind::Memory(bytes.into()))
    }

    /// A stream of unknown length, read once on a thread of its own into an unnamed temporary file
    /// (option `spool_dir`), so that a retry can send it again.
    pub fn reader(reader: impl Read + Send + 'static) -> Self {
        Self(Kind::Reader(Box::new(reader)))
    }

    /// Whether reading it runs the caller's code.
    pub(crate) fn is_reader(&self) -> bool {
        matches!(self.0, Kind::Reader(_))
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
            Kind::Reader(_) => f.write_str("Source(a stream)"),
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

pub(crate) fn expand_home(path: PathBuf) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) if path.starts_with("~") => Path::new(&home).join(rest),
        _ => path,
    }
}

/// A source whose size is known and that can be opened as often as an attempt needs it.
#[derive(Clone)]
pub(crate) struct Prepared {
    origin: Origin,
    len: u64,
}

#[derive(Clone)]
enum Origin {
    Memory(Bytes),
    /// Opened per attempt, so that ten thousand waiting files hold no descriptor.
    Path {
        path: Arc<Path>,
        identity: Identity,
    },
    /// An unnamed temporary file of ours; nobody else can change it.
    Spooled(Spooled),
}

/// What tells a changed file. An edit in place that restores size and mtime is not seen here; the
/// digest of what was sent is.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Identity {
    fn of(meta: &std::fs::Metadata) -> Self {
        Self {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
        }
    }

    fn check(self, path: &Path, meta: &std::fs::Metadata) -> Result<()> {
        let now = Self::of(meta);
        if now == self {
            return Ok(());
        }
        let what = if now.size == self.size {
            "was rewritten or replaced".to_owned()
        } else {
            format!("went from {} to {} bytes", self.size, now.size)
        };
        Err(changed(path, &what))
    }
}

impl Prepared {
    /// Looks at the source, and spools it if it can be read only once. Blocking: call it off the
    /// runtime's workers.
    pub(crate) fn new(source: Source, spool: &Spool, wanted: &dyn Fn() -> bool) -> Result<Self> {
        match source.0 {
            Kind::Memory(bytes) => Ok(Self { len: bytes.len() as u64, origin: Origin::Memory(bytes) }),
            Kind::Path(path) => {
                let (file, meta) = open_regular(&path)?;
                let identity = Identity::of(&meta);
                if identity.size == 0 {
                    refuse_pseudo_file(&file, &path)?;
                }
                let origin = Origin::Path { path: path.into(), identity };
                Ok(Self { len: identity.size, origin })
            }
            Kind::Reader(reader) => spool.take(reader, wanted).map(Self::from),
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// A fresh body from the first byte.
    pub(crate) async fn open(&self) -> Result<SourceReader> {
        match &self.origin {
            Origin::Memory(bytes) => Ok(SourceReader::memory(bytes.clone())),
            Origin::Spooled(spooled) => Ok(SourceReader::file(spooled.file(), self.len, None)),
            Origin::Path { path, identity } => {
                let (path, identity, len) = (Arc::clone(path), *identity, self.len);
                off_the_workers(move || {
                    let (file, meta) = open_regular(&path)?;
                    // Of the file that is open, not of the name: the two can be swapped in between.
                    identity.check(&path, &meta)?;
                    Ok(SourceReader::file(Arc::new(file), len, Some(path)))
                })
                .await
            }
        }
    }

    /// The first bytes, for telling what kind of file it is. Blocking.
    pub(crate) fn peek(&self, count: usize) -> Result<Vec<u8>> {
        let count = count.min(usize::try_from(self.len).unwrap_or(count));
        let mut start = vec![0; count];
        match &self.origin {
            Origin::Memory(bytes) => start.copy_from_slice(&bytes[..count]),
            Origin::Spooled(spooled) => read_start(&spooled.file(), spooled.folder(), &mut start)?,
            Origin::Path { path, .. } => read_start(&open_regular(path)?.0, path, &mut start)?,
        }
        Ok(start)
    }

    /// Fails with `source_changed` if the file is not the one that was looked at first.
    pub(crate) async fn verify_unchanged(&self) -> Result<()> {
        let Origin::Path { path, identity } = &self.origin else { return Ok(()) };
        let (path, identity) = (Arc::clone(path), *identity);
        off_the_workers(move || {
            let meta = std::fs::metadata(&path).map_err(|e| Error::local_io(&path, "looking at", &e))?;
            identity.check(&path, &meta)
        })
        .await
    }
}

/// Opening and looking at a file can wait for a network file system for ever; a worker that waits with
/// it would take every timer and every other upload along.
async fn off_the_workers<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|e| Err(Error::internal("looking at a file panicked").cause(&e)))
}

impl From<Spooled> for Prepared {
    fn from(spooled: Spooled) -> Self {
        Self { len: spooled.len(), origin: Origin::Spooled(spooled) }
    }
}

pub(crate) fn changed(path: &Path, what: &str) -> Error {
    let shown = path.display();
    Error::new(
        ErrorKind::SourceChanged,
        format!("{shown} {what} while it was being sent; send it again when nothing writes to it"),
    )
}

fn read_start(file: &File, path: &Path, start: &mut [u8]) -> Result<()> {
    use std::os::unix::fs::FileExt;
    file.read_exact_at(start, 0).map_err(|e| Error::local_io(path, "reading", &e))
}

/// Files of /proc and /sys say that they are empty and are not. Sending nothing would be a lie.
fn refuse_pseudo_file(file: &File, path: &Path) -> Result<()> {
    use std::os::unix::fs::FileExt;
    match file.read_at(&mut [0], 0) {
        Ok(0) => Ok(()),
        Ok(_) => Err(Error::new(
            ErrorKind::SourceUnreadable,
            format!(
                "{} does not tell its size, as files the system makes up do; read it and send the bytes",
                path.display()
            ),
        )
        .about(path)),
        Err(e) => Err(Error::local_io(path, "reading", &e)),
    }
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
    let what = if meta.is_dir() { "a folder" } else { "not a regular file" };
    let shown = path.display();
    let hint = if meta.is_dir() { "name a file in it, or zip it first" } else { "name a file" };
    Err(Error::new(ErrorKind::SourceUnreadable, format!("{shown} is {what}; {hint}")).about(path))
}

//! The source that a caller hands in to be uploaded.

use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::stream::Stream;
use crate::error::{Error, Result};
use crate::paths::{absolute, is_url, names_no_file};
use crate::sys;

/// The bytes to upload: a path, memory, or a stream.
pub struct Source(pub(super) SourceKind);

pub(super) enum SourceKind {
    Path(PathBuf),
    Memory(Bytes),
    Stream(Stream),
    /// So many bytes that somebody else has.
    Described(u64),
    /// A URL where a path is due. Not kept: it may be a signed one, and an error would print it.
    Url,
    /// A path for which the system opens something else.
    Misread(PathBuf),
}

impl Source {
    /// A file, or a folder where a browser profile is due. A leading `~/` is the home folder. A relative
    /// path is relative to the current folder of this moment.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self(match () {
            () if is_url(&path) => SourceKind::Url,
            () if sys::is_misread(&path) => SourceKind::Misread(path),
            () => SourceKind::Path(absolute(path)),
        })
    }

    /// Bytes in memory. A [`Bytes`] is shared, not copied.
    pub fn memory(bytes: impl Into<Bytes>) -> Self {
        Self(SourceKind::Memory(bytes.into()))
    }

    /// A stream of unknown length, read once on a thread of its own into an unnamed temporary file
    /// (option `spool_dir`), so that a retry can send it again. After a call that failed it is spent, so the
    /// error is not retryable.
    pub fn reader(reader: impl Read + Send + 'static) -> Self {
        Self(SourceKind::Stream(Stream::once(Box::new(reader))))
    }

    /// The same of a stream that can seek, such as an `Arc<File>`: it is read from where it stands, and set
    /// back to there if the call fails, so that the same call again sends the same bytes. One that stands at
    /// the end of something is refused. After a success it stands at its end.
    pub fn seekable(reader: impl Read + Seek + Send + 'static) -> Self {
        Self(SourceKind::Stream(Stream::seeking(Box::new(reader))))
    }

    /// So many bytes that somebody else will send: for [`AgentDrop::presign`](crate::AgentDrop::presign) and
    /// [`AgentDrop::plan`](crate::AgentDrop::plan), which want no more than the size. Everything else refuses
    /// it.
    pub fn described(bytes: u64) -> Self {
        Self(SourceKind::Described(bytes))
    }

    /// The same source once more; none of a stream, which is read once. Memory is shared, not copied.
    #[must_use]
    pub fn again(&self) -> Option<Self> {
        match &self.0 {
            SourceKind::Path(path) => Some(Self(SourceKind::Path(path.clone()))),
            SourceKind::Memory(bytes) => Some(Self(SourceKind::Memory(bytes.clone()))),
            SourceKind::Described(bytes) => Some(Self::described(*bytes)),
            SourceKind::Url => Some(Self(SourceKind::Url)),
            SourceKind::Misread(path) => Some(Self(SourceKind::Misread(path.clone()))),
            SourceKind::Stream(_) => None,
        }
    }

    /// Refuses what is no source.
    pub(crate) fn check(&self) -> Result<()> {
        match &self.0 {
            SourceKind::Url => {
                Err(Error::invalid("a source is a file's path or its bytes, not a URL; fetch it first"))
            }
            SourceKind::Misread(path) => Err(Error::invalid(format!("the source {}", names_no_file(path)))),
            _ => Ok(()),
        }
    }

    /// Refuses one whose bytes somebody else has, where bytes are wanted.
    pub(crate) fn check_bytes(&self) -> Result<()> {
        match &self.0 {
            SourceKind::Described(_) => Err(described_only()),
            _ => Ok(()),
        }
    }

    /// Whether it can be read only once.
    pub(crate) fn is_stream(&self) -> bool {
        self.as_stream().is_some()
    }

    pub(crate) fn as_stream(&self) -> Option<&Stream> {
        match &self.0 {
            SourceKind::Stream(stream) => Some(stream),
            _ => None,
        }
    }

    pub(crate) fn as_path(&self) -> Option<&Path> {
        match &self.0 {
            SourceKind::Path(path) => Some(path),
            _ => None,
        }
    }
}

/// Bytes were wanted where only their number is known.
pub(super) fn described_only() -> Error {
    Error::invalid(
        "only the size of the file is given, and here its bytes are wanted; give its path, its bytes or a stream",
    )
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            SourceKind::Path(path) => write!(f, "Source({})", path.display()),
            SourceKind::Memory(bytes) => write!(f, "Source({} bytes in memory)", bytes.len()),
            SourceKind::Stream(_) => f.write_str("Source(a stream)"),
            SourceKind::Described(bytes) => write!(f, "Source({bytes} bytes elsewhere)"),
            SourceKind::Url => f.write_str("Source(a URL)"),
            SourceKind::Misread(path) => write!(f, "Source({})", path.display()),
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

//! Opening a file that was downloaded sealed.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};

use super::encryption::wrap_key;
use crate::error::{Error, ErrorKind, Result, Side};
use crate::job::{self, Ctx, Job};
use crate::progress::Phase;
use crate::seal::{KeyPair, Nonce, Opener, PublicKey, TAG_LEN, encryption};
use crate::source::{Prepared, Source, Spool, expand_home};

/// A sealed file and what opens it. The texts are those of the transfer's download reply.
#[derive(Debug, Clone)]
pub struct SealedFile {
    path: PathBuf,
    sender_public_key: String,
    encrypted_key: crate::secret::Secret,
    encryption_iv: String,
}

/// A file that was opened.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OpenedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Bytes of it.
    pub bytes: u64,
}

impl SealedFile {
    /// `path` is the file as it was downloaded.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            sender_public_key: String::new(),
            encrypted_key: crate::secret::Secret::new(""),
            encryption_iv: String::new(),
        }
    }
    /// The sender's public key: standard base64 of 32 raw bytes.
    #[must_use]
    pub fn sender_public_key(mut self, base64: impl Into<String>) -> Self {
        self.sender_public_key = base64.into();
        self
    }
    /// The transfer's wrapped key: base64 of 60 bytes.
    #[must_use]
    pub fn encrypted_key(mut self, base64: impl Into<String>) -> Self {
        self.encrypted_key = crate::secret::Secret::new(base64);
        self
    }
    /// The file's nonce: base64 of 12 bytes.
    #[must_use]
    pub fn encryption_iv(mut self, base64: impl Into<String>) -> Self {
        self.encryption_iv = base64.into();
        self
    }
}

/// Opens a sealed file with the recipient's key pair, and writes it to `to`, where nothing may be yet, readable by
/// its owner alone. The file appears there whole, after its tag was checked, or not at all: until then it has no
/// name. Blocks; see [`start_open_sealed`].
///
/// # Errors
/// `encryption` if it is not what the sender sealed for these keys, `source_unreadable`, `invalid_input` if there
/// is something at `to`, `disk_full`.
pub fn open_sealed(sealed: &SealedFile, to: impl Into<PathBuf>, key_pair: &KeyPair) -> Result<OpenedFile> {
    start_open_sealed(sealed, to, key_pair)?.wait()
}

/// Starts [`open_sealed`].
///
/// # Errors
/// `encryption` for keys and nonces that are none; everything else ends the job.
pub fn start_open_sealed(
    sealed: &SealedFile,
    to: impl Into<PathBuf>,
    key_pair: &KeyPair,
) -> Result<Job<OpenedFile>> {
    let sender = PublicKey::parse(&sealed.sender_public_key, "the sender")?;
    let nonce = Nonce::parse(&sealed.encryption_iv)?;
    let key = wrap_key(key_pair, &sender)?.unwrap(sealed.encrypted_key.reveal())?;
    let opener = key.opener(nonce)?;
    let (from, to) = (Source::path(sealed.path.clone()), expand_home(to.into()));
    from.check()?;
    job::start("open_sealed", None, move |ctx| async move {
        let options = crate::options::Options::new();
        let source = Prepared::new(from, Spool::new(None), options.stall_timeout).await?;
        open(source, &to, opener, &ctx).await
    })
}

async fn open(source: Prepared, to: &Path, mut opener: Opener, ctx: &Ctx) -> Result<OpenedFile> {
    let Some(len) = source.len().checked_sub(TAG_LEN as u64) else {
        return Err(encryption(&format!(
            "the file has {} bytes, and what is sealed has at least {TAG_LEN}; download it again",
            source.len()
        )));
    };
    ctx.progress.expect(1, len);
    ctx.progress.enter(Phase::Opening);
    let mut out = Unnamed::beside(to)?;
    let mut reader = source.open().await?;
    let (mut left, mut tag) = (len, Vec::with_capacity(TAG_LEN));
    while let Some(chunk) = reader.chunk().await {
        let chunk = chunk?;
        let (sealed, rest) = chunk.split_at(usize::try_from(left).unwrap_or(usize::MAX).min(chunk.len()));
        tag.extend_from_slice(rest);
        left -= sealed.len() as u64;
        let mut plain = zeroize::Zeroizing::new(vec![0; sealed.len()]);
        opener.open(sealed, &mut plain)?;
        let count = sealed.len() as u64;
        out = blocking(move || out.write(&plain)).await?;
        ctx.progress.add_bytes(count);
    }
    let tag = tag.try_into().map_err(|_| Error::internal("the tag was cut wrongly"))?;
    if !opener.verify(tag)? {
        return Err(Error::new(
            ErrorKind::Encryption,
            "the file is not what the sender sealed: it was changed, is not whole, or goes with another encryption_iv; nothing was written, download it again",
        )
        .side_is(Side::Service));
    }
    source.verify_unchanged().await?;
    let to = to.to_owned();
    blocking(move || out.name(&to).map(|()| OpenedFile { path: to, bytes: len })).await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|e| Err(Error::internal("writing a file panicked").cause(&e)))
}

/// A file without a name yet, on the file system where it will get one.
struct Unnamed {
    file: File,
    folder: PathBuf,
    /// Where the file system makes no file without a name: one that is removed unless it gets its own.
    named: Option<tempfile::TempPath>,
}

impl Unnamed {
    fn beside(to: &Path) -> Result<Self> {
        if to.symlink_metadata().is_ok() {
            return Err(taken(to));
        }
        let folder = to.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        if let Ok(file) = rustix::fs::open(&folder, flags, Mode::RUSR | Mode::WUSR) {
            return Ok(Self { file: file.into(), folder, named: None });
        }
        let named = tempfile::Builder::new().prefix(".dropoff-").tempfile_in(&folder);
        let (file, path) = named.map_err(|e| failed(&folder, &e))?.into_parts();
        Ok(Self { file, folder, named: Some(path) })
    }

    fn write(mut self, plain: &[u8]) -> Result<Self> {
        match self.file.write_all(plain) {
            Ok(()) => Ok(self),
            Err(e) => Err(failed(&self.folder, &e)),
        }
    }

    fn name(self, to: &Path) -> Result<()> {
        self.file.sync_all().map_err(|e| failed(&self.folder, &e))?;
        let named = match self.named {
            Some(path) => path.persist_noclobber(to).map_err(|e| e.error),
            // The documented way to give such a file a name: open(2), O_TMPFILE.
            None => {
                let itself = format!("/proc/self/fd/{}", self.file.as_raw_fd());
                rustix::fs::linkat(CWD, itself, CWD, to, AtFlags::SYMLINK_FOLLOW).map_err(Into::into)
            }
        };
        named.map_err(|e| match e.kind() {
            std::io::ErrorKind::AlreadyExists => taken(to),
            _ => failed(&self.folder, &e),
        })
    }
}

fn failed(folder: &Path, error: &std::io::Error) -> Error {
    use std::io::ErrorKind as Io;
    let shown = folder.display();
    let (kind, message) = match error.kind() {
        Io::StorageFull | Io::QuotaExceeded => (
            ErrorKind::DiskFull,
            format!("no room left in {shown} for the opened file; free some or give another path"),
        ),
        _ => (
            ErrorKind::InvalidInput,
            format!("writing to {shown} failed ({error}); give a path in a folder that can be written to"),
        ),
    };
    Error::new(kind, message).about(folder).cause(error)
}

fn taken(to: &Path) -> Error {
    Error::invalid(format!("there is something at {} already; give a path where nothing is", to.display()))
        .about(to)
}

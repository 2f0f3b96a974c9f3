//! Opening a file that was downloaded sealed.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::sealing::wrap_key;
use crate::error::{Error, ErrorKind, Outcome, Result, Side};
use crate::job::{self, Job, JobContext};
use crate::paths::local_path;
use crate::progress::Phase;
use crate::runtime::blocking;
use crate::seal::{FileKey, KeyPair, NONCE_LEN, Nonce, Opener, PublicKey, TAG_LEN, encryption, missing};
use crate::secret::Secret;
use crate::source::{Prepared, SequentialReader, Source, Spool};
use crate::sys::{self, os_error};

/// A sealed file and what opens it. The texts are those of the transfer's download reply.
#[derive(Debug, Clone)]
pub struct SealedFile {
    path: PathBuf,
    sender_public_key: String,
    encrypted_key: Secret,
    encryption_salt: String,
    encryption_iv: String,
}

/// How a file was sealed. Files sent through presigned URLs are always of the first kind; the others are what
/// the official SDK makes of small files, and the service's pages of files for a person.
enum Scheme {
    /// A key per transfer, wrapped.
    Wrapped,
    /// A key that follows from the two agents' keys and a salt.
    Channel,
    /// The same from a key pair of the sender's for this one transfer, with the nonce ahead of the file.
    ToAPerson,
}

const CHANNEL_INFO: &[u8] = b"agentdrop-transfer-v1";
const TO_A_PERSON_INFO: &[u8] = b"agentdrop-a2h-v1";

/// A file that was opened.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OpenedFile {
    /// Where it is.
    #[serde(serialize_with = "shown")]
    pub path: PathBuf,
    /// Bytes of it.
    pub bytes: u64,
}

/// JSON has no way to say a path that is not UTF-8.
fn shown<S: serde::Serializer>(path: &Path, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_str(&path.to_string_lossy())
}

impl SealedFile {
    /// * `path`: the file as it was downloaded.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            sender_public_key: String::new(),
            encrypted_key: Secret::new(""),
            encryption_salt: String::new(),
            encryption_iv: String::new(),
        }
    }
    /// The sender's public key: standard base64 of 32 raw bytes. With it, only what that sender sealed opens.
    /// A file that is sealed for a person tells no sender, and opens without it alone.
    #[must_use]
    pub fn sender_public_key(mut self, base64: impl Into<String>) -> Self {
        self.sender_public_key = base64.into();
        self
    }
    /// The transfer's wrapped key: base64 of 60 bytes. A transfer without one has a salt.
    #[must_use]
    pub fn encrypted_key(mut self, base64: impl Into<String>) -> Self {
        self.encrypted_key = Secret::new(base64);
        self
    }
    /// The transfer's salt, where it has one: base64 of 32 bytes.
    #[must_use]
    pub fn encryption_salt(mut self, base64: impl Into<String>) -> Self {
        self.encryption_salt = base64.into();
        self
    }
    /// The file's nonce: base64 of 12 bytes. A file that is sealed for a person holds its own.
    #[must_use]
    pub fn encryption_iv(mut self, base64: impl Into<String>) -> Self {
        self.encryption_iv = base64.into();
        self
    }

    /// The scheme that the given fields belong to.
    fn scheme(&self) -> Scheme {
        match (self.encryption_salt.trim(), self.encrypted_key.reveal().trim()) {
            ("", _) => Scheme::Wrapped,
            (_, "") => Scheme::Channel,
            _ => Scheme::ToAPerson,
        }
    }

    fn key(&self, pair: &KeyPair, scheme: &Scheme) -> Result<FileKey> {
        let sender = || match self.sender_public_key.trim() {
            "" => Err(missing("sender_public_key", "the sender's public key, standard base64 of 32 bytes")),
            key => PublicKey::parse(key, "the sender"),
        };
        let salt = || {
            let salt = STANDARD.decode(self.encryption_salt.trim()).unwrap_or_default();
            <[u8; 32]>::try_from(salt).map_err(|_| {
                encryption("the encryption_salt is not the base64 of 32 bytes; check where it is from")
            })
        };
        match scheme {
            // Of the two fields that tell the scheme apart neither is there.
            Scheme::Wrapped if self.encrypted_key.reveal().trim().is_empty() => Err(missing(
                "encrypted_key",
                "the transfer's wrapped key, base64 of 60 bytes (or its encryption_salt, where it has one)",
            )),
            Scheme::Wrapped => wrap_key(pair, &sender()?)?.unwrap(self.encrypted_key.reveal()),
            Scheme::Channel => pair.agree_on_file_key(&sender()?, &salt()?, CHANNEL_INFO),
            // Anybody can make such a file: its key pair is new, and nothing says whose.
            Scheme::ToAPerson if !self.sender_public_key.trim().is_empty() => Err(encryption(
                "the file is sealed as for a person, which does not tell who sealed it; leave sender_public_key out if that is all the same",
            )),
            Scheme::ToAPerson => {
                let sender =
                    PublicKey::parse(self.encrypted_key.reveal(), "the sender, which is in encrypted_key,")?;
                pair.agree_on_file_key(&sender, &salt()?, TO_A_PERSON_INFO)
            }
        }
    }
}

/// Opens a sealed file with the recipient's key pair, and writes it to `to`, where nothing may be yet,
/// readable by its owner alone. The file appears there whole, after its tag was checked, or not at all. Until
/// then it has no name; where the file system cannot do that, it is `.dropoff-…` beside it. Blocks; see
/// [`start_open_sealed`].
///
/// # Errors
/// `encryption` if it is not what the sender sealed for these keys, `source_unreadable`, `invalid_input` if
/// there is something at `to`, `disk_full`.
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
    let scheme = sealed.scheme();
    let key = sealed.key(key_pair, &scheme)?;
    let nonce = match scheme {
        Scheme::ToAPerson => None,
        _ => Some(Nonce::parse(&sealed.encryption_iv)?),
    };
    let (from, to) = (Source::path(sealed.path.clone()), to.into());
    // Asked of what was given: making it absolute, Windows makes other names of some.
    let is_name = sys::may_be_named(&to);
    let to = local_path(to, "to")?;
    from.check()?;
    job::start("open_sealed", None, move |ctx| async move {
        let options = crate::options::Options::new();
        let source = Prepared::new(from, Spool::new(None), options.stall_timeout).await?;
        let around = TAG_LEN + if nonce.is_none() { NONCE_LEN } else { 0 };
        let Some(len) = source.len().checked_sub(around as u64) else {
            return Err(encryption(&format!(
                "the file has {} bytes, and what is sealed has at least {around}; download it again",
                source.len()
            )));
        };
        let mut reader = SequentialReader::new(source);
        let nonce = match nonce {
            Some(nonce) => nonce,
            None => Nonce::read(&reader.bytes(NONCE_LEN as u64).await?)?,
        };
        ctx.progress.expect(1, len);
        ctx.progress.enter(Phase::Opening);
        let unnamed = Unnamed::beside(&to, is_name)?;
        let opened = open(reader, len, unnamed, key.opener(nonce)?, &ctx).await?;
        let opened = blocking("writing a file", move || opened.sync()).await?;
        // The name is given on another thread, which no cancel stops.
        ctx.outcome_if_stopped(Outcome::Unknown);
        let opened = blocking("writing a file", move || {
            opened.name(&to).map(|()| OpenedFile { path: to, bytes: len })
        })
        .await?;
        ctx.progress.file_done();
        Ok(opened)
    })
}

/// Writes the plaintext to a file without a name yet.
async fn open(
    mut reader: SequentialReader,
    len: u64,
    mut out: Unnamed,
    mut opener: Opener,
    ctx: &JobContext,
) -> Result<Unnamed> {
    let mut left = len;
    while left > 0 {
        let sealed = reader.piece(left).await?;
        let mut plain = zeroize::Zeroizing::new(vec![0; sealed.len()]);
        opener.open(&sealed, &mut plain)?;
        let count = sealed.len() as u64;
        out = blocking("writing a file", move || out.write(&plain)).await?;
        ctx.progress.add_bytes(count);
        left -= count;
    }
    let tag = reader.bytes(TAG_LEN as u64).await?;
    let tag = tag.try_into().map_err(|_| Error::internal("the tag was cut wrongly"))?;
    if !opener.verify(tag)? {
        return Err(Error::new(
            ErrorKind::Encryption,
            "the file is not what the sender sealed: it was changed, is not whole, or goes with another encryption_iv; nothing was written, download it again",
        )
        .side_is(Side::Service));
    }
    Ok(out)
}

/// A file without a name yet, on the file system where it will get one.
struct Unnamed {
    file: File,
    folder: PathBuf,
    /// Where the file system makes no file without a name: one that is removed unless it gets its own.
    named: Option<tempfile::TempPath>,
}

impl Unnamed {
    /// `is_name`: whether what the caller gave may be a file's.
    fn beside(to: &Path, is_name: bool) -> Result<Self> {
        if to.symlink_metadata().is_ok() {
            return Err(taken(to));
        }
        if !is_name {
            return Err(Error::invalid(format!(
                "to names no file ({to:?}); give the path of one that is not there yet"
            )));
        }
        let folder = folder_of(to);
        match sys::unnamed_file_in(&folder) {
            Ok(file) => Ok(Self { file, folder, named: None }),
            Err(_) => named_beside(to),
        }
    }

    fn write(mut self, plain: &[u8]) -> Result<Self> {
        match self.file.write_all(plain) {
            Ok(()) => Ok(self),
            Err(e) => Err(failed(&self.folder, &e)),
        }
    }

    fn sync(self) -> Result<Self> {
        match sys::sync_all(&self.file) {
            Ok(()) => Ok(self),
            Err(e) => Err(failed(&self.folder, &e)),
        }
    }

    fn name(self, to: &Path) -> Result<()> {
        let named = match self.named {
            Some(path) => {
                // Not every system renames a file that is open.
                drop(self.file);
                let to = sys::of_any_length(to);
                path.persist_noclobber(&to).or_else(|e| match e.error.kind() {
                    std::io::ErrorKind::AlreadyExists => Err(e.error),
                    _ if !sys::MAY_LACK_EXCLUSIVE_NAMES => Err(e.error),
                    _ => over_an_empty_one(e.path, &to),
                })
            }
            None => sys::name_file(&self.file, to),
        };
        named.map_err(|e| match e.kind() {
            std::io::ErrorKind::AlreadyExists => taken(to),
            _ => failed(&self.folder, &e),
        })
    }
}

/// For file systems that make no file without a name.
fn named_beside(to: &Path) -> Result<Unnamed> {
    let folder = folder_of(to);
    let place = sys::of_any_length(&folder);
    let named = tempfile::Builder::new().prefix(".dropoff-").make_in(place, sys::create_private);
    let (file, path) = named.map_err(|e| failed(&folder, &e))?.into_parts();
    Ok(Unnamed { file, folder, named: Some(path) })
}

/// For file systems that cannot rename where nothing is alone, as macOS' of servers and of other systems'
/// disks: an empty file of ours takes the name first.
fn over_an_empty_one(path: tempfile::TempPath, to: &Path) -> std::io::Result<()> {
    drop(sys::create_private(to)?);
    path.persist(to).map_err(|e| {
        let _ = std::fs::remove_file(to);
        e.error
    })
}

fn folder_of(to: &Path) -> PathBuf {
    to.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

fn failed(folder: &Path, error: &std::io::Error) -> Error {
    use std::io::ErrorKind as Io;
    let shown = folder.display();
    let (kind, message) = match error.kind() {
        Io::StorageFull | Io::QuotaExceeded => (
            ErrorKind::DiskFull,
            format!("no room left in {shown} for the opened file; free some or give another path"),
        ),
        _ if sys::is_held_elsewhere(error) => (
            ErrorKind::InvalidInput,
            format!(
                "another program has the new file in {shown} open and does not share it; close that program, or give another path"
            ),
        ),
        _ => (
            ErrorKind::InvalidInput,
            format!("writing to {shown} failed ({error}); give a path in a folder that can be written to"),
        ),
    };
    Error::new(kind, message).of_file(folder, error)
}

fn taken(to: &Path) -> Error {
    Error::invalid(format!("there is something at {} already; give a path where nothing is", to.display()))
        .with_path(to)
        .errno_of(os_error::EXISTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(first: u8) -> KeyPair {
        let raw: Vec<u8> = (first..first + 32).collect();
        KeyPair::from_private_key(&STANDARD.encode(raw)).expect("a pair")
    }

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
    }

    /// Vectors computed with another implementation, and opened with the official SDK's own functions.
    #[test]
    fn the_older_schemes_open_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let (sender, recipient) = (pair(0x01), pair(0x41));
        let salt = STANDARD.encode((0..32).collect::<Vec<u8>>());
        let open = |name: &str, hex: &str, change: &dyn Fn(SealedFile) -> SealedFile| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes(hex)).expect("written");
            let sealed = change(SealedFile::new(path).encryption_salt(&salt));
            let opened = open_sealed(&sealed, folder.path().join(format!("{name}.open")), &recipient)?;
            Ok::<_, Error>(std::fs::read(opened.path).expect("read"))
        };
        let channel = "51981aa456c78bfbecc50d826b9efabf1548fdb5af2313e2c35703a23bb70d584026ac5c";
        let by_channel =
            |s: SealedFile| s.sender_public_key(sender.public_key()).encryption_iv("4OHi4+Tl5ufo6err");
        assert_eq!(open("channel", channel, &by_channel).expect("opened"), b"relay test vector 1\n");
        // Ephemeral key in encrypted_key, nonce ahead of the file.
        let person = "e0e1e2e3e4e5e6e7e8e9eaeb5c761615472849a2a34d2db911224563b3125c5199e3ae4cf07278aea445acc93a00d044";
        let by_person = |s: SealedFile| s.encrypted_key(sender.public_key());
        assert_eq!(open("person", person, &by_person).expect("opened"), b"relay test vector 1\n");

        // Who chooses the fields must not choose the sender.
        let error = open("forged", person, &|s| by_person(s).sender_public_key(sender.public_key()));
        assert_eq!(error.expect_err("no sender").kind(), ErrorKind::Encryption);
        let error =
            open("other", channel, &|s| by_channel(s).encryption_salt("AAAA")).expect_err("another salt");
        assert_eq!(error.kind(), ErrorKind::Encryption);
        assert!(!folder.path().join("other.open").exists());
    }

    #[test]
    fn an_empty_file_keeps_a_name_where_nothing_else_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let written = |content: &str| {
            let named = named_beside(&folder.path().join("new")).expect("made");
            named.write(content.as_bytes()).expect("written").named.expect("a name")
        };
        let to = folder.path().join("to");
        over_an_empty_one(written("first"), &to).expect("named");
        assert_eq!(
            over_an_empty_one(written("second"), &to).expect_err("taken").kind(),
            std::io::ErrorKind::AlreadyExists
        );
        assert_eq!(std::fs::read_to_string(&to).expect("read"), "first");
        let others = std::fs::read_dir(folder.path()).expect("entries").count();
        assert_eq!(others, 1);
    }

    #[test]
    fn what_is_there_already_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let there = folder.path().join("there");
        std::fs::write(&there, "mine").expect("written");
        let error = Unnamed::beside(&there, true).err().expect("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let later = folder.path().join("later");
        for unnamed in [Unnamed::beside(&later, true), named_beside(&later)] {
            let unnamed = unnamed.and_then(|u| u.write(b"plain")).expect("written");
            assert!(!later.exists());
            std::fs::write(&later, "theirs").expect("written");
            assert_eq!(unnamed.name(&later).expect_err("taken").kind(), ErrorKind::InvalidInput);
            assert_eq!(std::fs::read(&later).expect("read"), b"theirs");
            std::fs::remove_file(&later).expect("removed");
        }
        named_beside(&later).and_then(|u| u.write(b"plain")).and_then(|u| u.name(&later)).expect("named");
        assert_eq!(std::fs::read(&later).expect("read"), b"plain");
        assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 2, "nothing else is left");
    }
}

//! The caller's request: a transfer, its files, and how it is to be sent.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use super::encryption::{self, Encryption};
use crate::error::Result;
use crate::source::Source;

/// One file of a transfer.
#[derive(Debug)]
pub struct File {
    pub(super) source: Source,
    pub(super) name: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) encryption_iv: Option<String>,
}

impl File {
    /// A file whose name is the last part of its path. Bytes and streams need [`File::name`].
    pub fn new(source: impl Into<Source>) -> Self {
        Self { source: source.into(), name: None, content_type: None, encryption_iv: None }
    }
    /// The name that the recipient sees, without folders. Default: the last part of the path; memory and
    /// streams need one.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
    /// The media type. Default: guessed from the name, and `application/octet-stream` for a sealed file.
    #[must_use]
    pub fn content_type(mut self, media_type: impl Into<String>) -> Self {
        self.content_type = Some(media_type.into());
        self
    }

    /// The nonce that the file was sealed with before it came here: base64 of 12 bytes. For
    /// [`Encryption::presealed`] alone; each file needs its own.
    #[must_use]
    pub fn encryption_iv(mut self, base64: impl Into<String>) -> Self {
        self.encryption_iv = Some(base64.into());
        self
    }
}

impl From<&str> for File {
    fn from(path: &str) -> Self {
        Self::new(path)
    }
}
impl From<&Path> for File {
    fn from(path: &Path) -> Self {
        Self::new(path)
    }
}
impl From<Source> for File {
    fn from(source: Source) -> Self {
        Self::new(source)
    }
}

/// The files to send and their recipient. Everything but sender, recipient and files is left to the service's
/// defaults unless set, except `auto_delete`, which is always sent because the service's documents
/// disagree on its default.
#[derive(Debug)]
pub struct Transfer {
    pub(super) terms: Terms,
    pub(super) files: Vec<File>,
    pub(super) journal: Option<Result<PathBuf>>,
    pub(super) timeout: Option<Duration>,
}

/// A transfer but for its files. All of it is what makes two calls the same: no field may be skipped, and a
/// new one needs nothing but to be here.
#[derive(Debug, Serialize)]
pub(super) struct Terms {
    pub(super) sender: String,
    pub(super) recipient: String,
    pub(super) mode: String,
    pub(super) expires_in: Option<String>,
    pub(super) max_downloads: Option<u64>,
    pub(super) message: Option<String>,
    pub(super) metadata: Option<Map<String, Value>>,
    pub(super) auto_delete: bool,
    pub(super) recipient_account: Option<String>,
    pub(super) multipart: Option<bool>,
    #[serde(serialize_with = "encryption::identity")]
    pub(super) encryption: Option<Encryption>,
}

impl Terms {
    /// Whether files are sealed here.
    pub(super) fn seals_here(&self) -> bool {
        self.encryption.as_ref().is_some_and(|e| matches!(e.mode, encryption::SealMode::Seal { .. }))
    }
}

impl Transfer {
    /// * `sender`: the id of the agent that sends.
    /// * `recipient`: the id of the agent that receives; an e-mail address in mode `agent-to-human`.
    pub fn new(sender: impl Into<String>, recipient: impl Into<String>) -> Self {
        let terms = Terms {
            sender: sender.into(),
            recipient: recipient.into(),
            mode: "agent-to-agent".to_owned(),
            expires_in: None,
            max_downloads: None,
            message: None,
            metadata: None,
            auto_delete: false,
            recipient_account: None,
            multipart: None,
            encryption: None,
        };
        Self { terms, files: Vec::new(), journal: None, timeout: None }
    }
    /// One of the files to send; results come in their order.
    #[must_use]
    pub fn file(mut self, file: impl Into<File>) -> Self {
        self.files.push(file.into());
        self
    }
    /// Who sends to whom: `agent-to-agent` (default), `agent-to-human` or `human-to-agent`.
    #[must_use]
    pub fn mode(mut self, mode: impl Into<String>) -> Self {
        self.terms.mode = mode.into();
        self
    }
    /// How long the transfer lives, such as `12h` or `7d`; the account's plan decides how much is allowed.
    /// Default: the service's.
    #[must_use]
    pub fn expires_in(mut self, time: impl Into<String>) -> Self {
        self.terms.expires_in = Some(time.into());
        self
    }
    /// How often it may be downloaded; the service allows 1 to 1000. Default: the service's.
    #[must_use]
    pub fn max_downloads(mut self, count: u64) -> Self {
        self.terms.max_downloads = Some(count);
        self
    }
    /// A text for the recipient.
    #[must_use]
    pub fn message(mut self, text: impl Into<String>) -> Self {
        self.terms.message = Some(text.into());
        self
    }
    /// Free data kept with the transfer, as a JSON object.
    #[must_use]
    pub fn metadata(mut self, data: Map<String, Value>) -> Self {
        self.terms.metadata = Some(data);
        self
    }
    /// Whether the service deletes the transfer once it was downloaded. Default false.
    #[must_use]
    pub fn auto_delete(mut self, delete: bool) -> Self {
        self.terms.auto_delete = delete;
        self
    }
    /// The recipient's account (e-mail, id or display name), where an agent's id alone is ambiguous.
    #[must_use]
    pub fn recipient_account(mut self, account: impl Into<String>) -> Self {
        self.terms.recipient_account = Some(account.into());
        self
    }
    /// Seals every file for the recipient before it leaves. Default: files are sent as they are.
    #[must_use]
    pub fn encrypt(mut self, encryption: Encryption) -> Self {
        self.terms.encryption = Some(encryption);
        self
    }
    /// Whether all files go in parts. Default: if one of them has at least `multipart_threshold` bytes.
    #[must_use]
    pub fn multipart(mut self, parts: bool) -> Self {
        self.terms.multipart = Some(parts);
        self
    }
    /// A journal: a file that lets the same call go on where this one stopped, after its process was killed
    /// or the network failed. It is made if it is not there, readable by its owner alone, and removed once
    /// the transfer is active. It holds live upload URLs, and never a key. The second call takes the same
    /// arguments and sources, on a client of the same service; options may differ. Streams cannot be resumed.
    #[must_use]
    pub fn journal(mut self, journal: impl Into<PathBuf>) -> Self {
        self.journal = Some(crate::paths::local_path(journal.into(), "journal"));
        self
    }
    /// Bounds the whole call, retries included. Default: no limit.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }
}

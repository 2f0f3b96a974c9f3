//! AgentDrop's transfers: presigned → PUT each file, or the parts of large ones, several at once → confirm.

mod confirm;
mod encryption;
mod flow;
mod multipart;
mod open;
mod plan;
mod prepare;
mod resume;
mod ticket;
mod wire;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::job::{self, Job};
use crate::options::Options;
use crate::secret::Secret;
use crate::service::{self, Service};
use crate::source::Source;

pub use encryption::Encryption;
pub use open::{OpenedFile, SealedFile, open_sealed, start_open_sealed};
pub use plan::{PlannedFile, TransferPlan};
#[cfg(any(test, fuzzing))]
pub use resume::exercise_journal;
pub use ticket::TransferTicket;
pub use wire::TransferInfo;
#[cfg(any(test, fuzzing))]
pub use wire::exercise;

const ROOT: &str = "v1";
const KEY_VARIABLE: &str = "AGENTDROP_API_KEY";
const BASE: &str = "https://api.agent-drop.com";

/// A client of AgentDrop transfers.
///
/// Cheap to clone; clones share connections. May be used from any thread.
#[derive(Clone)]
pub struct AgentDrop {
    service: Arc<Service>,
}

/// Settings of an [`AgentDrop`] client.
#[derive(Debug, Default)]
pub struct AgentDropBuilder {
    api_key: Option<Secret>,
    base_url: Option<Secret>,
    options: Options,
}

impl AgentDropBuilder {
    /// The API key (`agd_…` or `ada_…`). Default: the environment variable `AGENTDROP_API_KEY`.
    #[must_use]
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(Secret::new(key));
        self
    }
    /// Another place for the API; https, or http on loopback.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(Secret::new(url));
        self
    }
    /// Time limits, retries and the rest.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }
    /// Makes the client; no connection yet.
    ///
    /// # Errors
    /// `authentication` without a key; `invalid_input` for a bad base URL.
    pub fn build(self) -> Result<AgentDrop> {
        let base = service::base_url(self.base_url.as_ref().map_or(BASE, Secret::reveal))?;
        let given = self.api_key.map(|k| k.reveal().to_owned());
        let key = service::api_key(given, KEY_VARIABLE, None)?;
        Ok(AgentDrop { service: Arc::new(Service::new(self.options, base, key, ROOT, wire::refusal)) })
    }
}

/// One file of a transfer.
#[derive(Debug)]
pub struct File {
    source: Source,
    name: Option<String>,
    content_type: Option<String>,
    encryption_iv: Option<String>,
}

impl File {
    /// A file whose name is the last part of its path. Bytes and streams need [`File::name`].
    pub fn new(source: impl Into<Source>) -> Self {
        Self { source: source.into(), name: None, content_type: None, encryption_iv: None }
    }
    /// The name the recipient sees: a base name, no folders.
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

    fn resolved_name(&self) -> Result<String> {
        self.source.check()?;
        let file_name = self.source.as_path().and_then(Path::file_name);
        let from_path = || Some(file_name?.to_str()?.to_owned());
        let name = self.name.clone().or_else(from_path).ok_or_else(|| {
            if let Some(odd) = file_name {
                return Error::invalid(format!(
                    "the file name {odd:?} is not UTF-8, which the service needs; give the file another name for the recipient"
                ));
            }
            if let Some(path) = self.source.as_path() {
                return Error::invalid(format!("the path {path:?} names no file; give that of a file"));
            }
            Error::invalid(
                "a file without a path has no name; give it the one that the recipient will see",
            )
        })?;
        let base_name = Path::new(&name).file_name().is_some_and(|n| n == name.as_str());
        if !base_name || name.contains('\\') || name.chars().any(char::is_control) {
            return Err(Error::invalid(format!(
                "the file name {:?} is not a plain base name; leave folders and control characters out",
                crate::secret::scrub(&name)
            )));
        }
        Ok(name)
    }

    /// A type guessed from the name says nothing true of what is sealed.
    fn type_to_send(&self, name: &str, sealed: bool) -> Result<String> {
        if self.content_type.is_none() && (sealed || self.encryption_iv.is_some()) {
            return Ok("application/octet-stream".to_owned());
        }
        self.resolved_type(name)
    }

    fn resolved_type(&self, name: &str) -> Result<String> {
        match &self.content_type {
            Some(given) if http::HeaderValue::from_str(given).is_ok() && given.contains('/') => {
                Ok(given.clone())
            }
            Some(given) => {
                Err(Error::invalid(format!("content_type {given:?} is not a media type such as text/csv")))
            }
            None => Ok(mime_guess::from_path(name).first_or_octet_stream().essence_str().to_owned()),
        }
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

/// What to send and to whom. Everything but sender, recipient and files is left to the service's
/// defaults unless set, except `auto_delete`, which is always sent because the service's documents
/// disagree on its default.
#[derive(Debug)]
pub struct Transfer {
    terms: Terms,
    files: Vec<File>,
    multipart: Option<bool>,
    resume: Option<Result<PathBuf>>,
    timeout: Option<Duration>,
}

/// A transfer but for its files.
#[derive(Debug)]
struct Terms {
    sender: String,
    recipient: String,
    mode: String,
    expires_in: Option<String>,
    max_downloads: Option<u64>,
    message: Option<String>,
    metadata: Option<Map<String, Value>>,
    auto_delete: bool,
    recipient_account: Option<String>,
    encryption: Option<Encryption>,
}

impl Terms {
    /// Whether files are sealed here.
    fn seals_here(&self) -> bool {
        self.encryption.as_ref().is_some_and(|e| matches!(e.how, encryption::How::Seal { .. }))
    }
}

impl Transfer {
    /// Agent ids; the recipient is an e-mail address in mode `agent-to-human`.
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
            encryption: None,
        };
        Self { terms, files: Vec::new(), multipart: None, resume: None, timeout: None }
    }
    /// Adds a file. Results come back in the order files were added.
    #[must_use]
    pub fn file(mut self, file: impl Into<File>) -> Self {
        self.files.push(file.into());
        self
    }
    /// `agent-to-agent` (default), `agent-to-human` or `human-to-agent`.
    #[must_use]
    pub fn mode(mut self, mode: impl Into<String>) -> Self {
        self.terms.mode = mode.into();
        self
    }
    /// How long the transfer lives, such as `12h` or `7d`; the plan decides how much is allowed.
    #[must_use]
    pub fn expires_in(mut self, time: impl Into<String>) -> Self {
        self.terms.expires_in = Some(time.into());
        self
    }
    /// How often it may be downloaded; the service allows 1 to 1000.
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
    /// Free data kept with the transfer.
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
    /// The recipient's account (e-mail, id or display name), where an agent id alone is ambiguous.
    #[must_use]
    pub fn recipient_account(mut self, account: impl Into<String>) -> Self {
        self.terms.recipient_account = Some(account.into());
        self
    }
    /// Seals every file for the recipient. Without it files are sent as they are.
    #[must_use]
    pub fn encrypt(mut self, encryption: Encryption) -> Self {
        self.terms.encryption = Some(encryption);
        self
    }
    /// Whether all files go in parts. Default: if one of them has at least `multipart_threshold` bytes.
    #[must_use]
    pub fn multipart(mut self, parts: bool) -> Self {
        self.multipart = Some(parts);
        self
    }
    /// A journal: a file that lets the same call go on where this one stopped, after its process was killed or
    /// the network failed. It is made if it is not there, readable by its owner alone, and removed once the
    /// transfer is active. It holds live upload URLs, and never a key. Streams cannot be resumed.
    #[must_use]
    pub fn resume(mut self, journal: impl Into<PathBuf>) -> Self {
        self.resume = Some(crate::source::local_path(journal.into(), "resume"));
        self
    }
    /// Bounds the whole call, retries included. Default: no limit.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }
}

/// A transfer that is active, file by file.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SentTransfer {
    /// The transfer's id.
    pub id: String,
    /// `active`, as the service reported it.
    pub status: String,
    /// Whether its files were sealed before they left.
    pub encrypted: bool,
    /// When the service says the upload URLs (or the transfer) expire; its documents disagree.
    pub expires_at: Option<String>,
    /// SHA-256, in hex, of the public key that files were sealed for; compare it with the recipient's.
    pub recipient_key_fingerprint: Option<String>,
    /// Whose word it is that this key is the recipient's: `caller` or `service`.
    pub recipient_key_source: Option<String>,
    /// The files, in the order given.
    pub files: Vec<SentFile>,
}

/// One file of a [`SentTransfer`].
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct SentFile {
    /// The service's id of it.
    pub file_id: String,
    /// Its name.
    pub name: String,
    /// Bytes sent.
    pub size: u64,
    /// Storage's ETag; for a file in parts the one that S3 and R2 make of the parts' ETags.
    pub etag: Option<String>,
    /// MD5 of what was sent, in hex, if it was computed. A file in parts has none.
    pub md5: Option<String>,
    /// SHA-256 of what was sent, in hex: with `integrity_check` on, for a file sent whole.
    pub sha256: Option<String>,
    /// Whether storage's ETag, or that of every part, equals the MD5 of what was sent.
    pub verified: bool,
    /// Requests it took, over all its parts.
    pub attempts: u32,
    /// How many parts it was sent in; 0 if it went whole.
    pub parts: u32,
}

/// What confirming answered.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Confirmed {
    /// The transfer's id.
    pub id: String,
    /// `active`, as the service reported it.
    pub status: String,
}

impl AgentDrop {
    /// A builder with the defaults.
    #[must_use]
    pub fn builder() -> AgentDropBuilder {
        AgentDropBuilder::default()
    }

    /// From now on all uploads of this client and its clones together send at most so many bytes a second,
    /// those under way too; `None`: no limit. See [`Options::bandwidth_limit`].
    ///
    /// # Errors
    /// `invalid_input` outside 1 KiB to 1 TiB per second.
    pub fn set_bandwidth_limit(&self, bytes_per_second: Option<u64>) -> Result<()> {
        self.service.clients.set_bandwidth_limit(bytes_per_second)
    }

    /// Sends files and waits until the transfer is active.
    ///
    /// # Errors
    /// Any kind. `transfer_id` names the pending transfer if one was made; it is not delivered unless
    /// `outcome` says so. A presign whose reply was lost is not repeated, since that could leave two
    /// pending transfers; calling again is safe.
    pub fn send(&self, transfer: Transfer) -> Result<SentTransfer> {
        self.start_send(transfer)?.wait()
    }

    /// Starts [`AgentDrop::send`].
    ///
    /// # Errors
    /// `invalid_input`; everything else ends the job.
    pub fn start_send(&self, transfer: Transfer) -> Result<Job<SentTransfer>> {
        prepare::check(&transfer)?;
        let service = Arc::clone(&self.service);
        job::start(
            "send",
            transfer.timeout,
            move |ctx| async move { flow::send(service, transfer, &ctx).await },
        )
    }

    /// What [`AgentDrop::send`] would send, without a network: the files as they would go, and the first
    /// request's body without its secrets.
    ///
    /// # Errors
    /// `invalid_input`, also for a stream, which telling its size would use up; `source_unreadable`.
    pub fn plan(&self, transfer: Transfer) -> Result<TransferPlan> {
        self.start_plan(transfer)?.wait()
    }

    /// Starts [`AgentDrop::plan`].
    ///
    /// # Errors
    /// `invalid_input`; everything else ends the job.
    pub fn start_plan(&self, transfer: Transfer) -> Result<Job<TransferPlan>> {
        prepare::check(&transfer)?;
        let service = Arc::clone(&self.service);
        job::start(
            "plan",
            transfer.timeout,
            move |ctx| async move { plan::plan(&service, transfer, &ctx).await },
        )
    }

    /// Step one: makes a pending transfer and asks for a presigned URL per file. The sources are
    /// looked at for their sizes; give the same ones to [`AgentDrop::upload`].
    ///
    /// # Errors
    /// `rejected` with details, `too_large`, `source_unreadable`, and the transport's.
    pub fn presign(&self, transfer: Transfer) -> Result<TransferTicket> {
        self.start_presign(transfer)?.wait()
    }

    /// Starts [`AgentDrop::presign`].
    ///
    /// # Errors
    /// `invalid_input`; everything else ends the job.
    pub fn start_presign(&self, transfer: Transfer) -> Result<Job<TransferTicket>> {
        prepare::check(&transfer)?;
        if transfer.resume.is_some() {
            return Err(Error::invalid("a journal is for a whole send; leave resume out of a presign"));
        }
        let service = Arc::clone(&self.service);
        job::start("presign", transfer.timeout, move |ctx| async move {
            let (ticket, _) = flow::begin(&service, transfer, flow::Kept::Ticket, &ctx).await?;
            Ok(TransferTicket(Arc::new(ticket)))
        })
    }

    /// Step two: sends the files to storage, several at once. Files go with URLs by position; their
    /// names and sizes must be those that were presigned.
    ///
    /// # Errors
    /// As [`Storage::put`](crate::Storage::put), with the file's name in the message.
    pub fn upload(&self, ticket: &TransferTicket, files: Vec<File>) -> Result<Vec<SentFile>> {
        self.start_upload(ticket, files)?.wait()
    }

    /// Starts [`AgentDrop::upload`].
    ///
    /// # Errors
    /// `invalid_input`; everything else ends the job.
    pub fn start_upload(&self, ticket: &TransferTicket, files: Vec<File>) -> Result<Job<Vec<SentFile>>> {
        let (service, ticket) = (Arc::clone(&self.service), ticket.clone());
        job::start(
            "upload",
            None,
            move |ctx| async move { flow::upload_only(service, ticket, files, &ctx).await },
        )
    }

    /// Step three: makes the transfer active.
    ///
    /// # Errors
    /// `rejected` with code `FILES_MISSING` if storage lacks a file, `not_found`, `conflict` if
    /// somebody else confirmed it, `unknown_outcome`.
    pub fn confirm(&self, transfer_id: &str) -> Result<Confirmed> {
        self.start_confirm(transfer_id)?.wait()
    }

    /// Starts [`AgentDrop::confirm`].
    ///
    /// # Errors
    /// `invalid_input` for an empty id.
    pub fn start_confirm(&self, transfer_id: &str) -> Result<Job<Confirmed>> {
        let (service, id) = (Arc::clone(&self.service), wire::checked_id(transfer_id)?);
        job::start("confirm", None, move |ctx| async move {
            ctx.reserved_transfer(&id);
            let status = confirm::confirm(&service, &id, confirm::Earlier::None, &ctx).await?;
            Ok(Confirmed { id, status })
        })
    }

    /// The transfer as the service has it now.
    ///
    /// # Errors
    /// `not_found`, and the transport's.
    pub fn get_transfer(&self, transfer_id: &str) -> Result<TransferInfo> {
        self.start_get_transfer(transfer_id)?.wait()
    }

    /// Starts [`AgentDrop::get_transfer`].
    ///
    /// # Errors
    /// `invalid_input` for an empty id.
    pub fn start_get_transfer(&self, transfer_id: &str) -> Result<Job<TransferInfo>> {
        let (service, id) = (Arc::clone(&self.service), wire::checked_id(transfer_id)?);
        job::start("get_transfer", None, move |ctx| async move { confirm::get(&service, &id, &ctx).await })
    }
}

impl std::fmt::Debug for AgentDrop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AgentDrop{:?}", self.service)
    }
}

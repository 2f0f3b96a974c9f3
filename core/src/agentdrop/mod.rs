//! AgentDrop's transfers: presigned → PUT each file, several at once → confirm.

mod confirm;
mod flow;
mod wire;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::job::{self, Job};
use crate::options::Options;
use crate::secret::Secret;
use crate::service::{self, Service};
use crate::source::Source;

pub use wire::TransferInfo;
#[cfg(any(test, fuzzing))]
pub use wire::exercise;

const ROOT: &str = "v1/transfers";
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
}

impl File {
    /// A file whose name is the last part of its path. Bytes and streams need [`File::name`].
    pub fn new(source: impl Into<Source>) -> Self {
        Self { source: source.into(), name: None, content_type: None }
    }
    /// The name the recipient sees: a base name, no folders.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
    /// The media type. Default: guessed from the name.
    #[must_use]
    pub fn content_type(mut self, media_type: impl Into<String>) -> Self {
        self.content_type = Some(media_type.into());
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
        };
        Self { terms, files: Vec::new(), timeout: None }
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
    /// Storage's ETag.
    pub etag: Option<String>,
    /// MD5 of what was sent, in hex, if it was computed.
    pub md5: Option<String>,
    /// Whether storage's ETag equals the MD5 of what was sent.
    pub verified: bool,
    /// Requests it took.
    pub attempts: u32,
}

/// A pending transfer and its presigned URLs. Printing shows no secret.
#[derive(Clone)]
pub struct TransferTicket {
    wire: wire::Presigned,
    /// What was promised, to be compared with what is sent.
    promised: Vec<wire::FileEntry>,
    targets: Vec<crate::storage::PutTarget>,
}

impl TransferTicket {
    /// The transfer's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.wire.id
    }
    /// When the service says its URLs expire, RFC 3339.
    #[must_use]
    pub fn expires_at(&self) -> Option<&str> {
        self.wire.expires_at.as_deref()
    }
    /// The service's reply, secrets included. Do not log it.
    #[must_use]
    pub fn reveal(&self) -> Value {
        self.wire.reveal()
    }
}

impl std::fmt::Debug for TransferTicket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.wire.fmt(f)
    }
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
        flow::check(&transfer)?;
        let service = Arc::clone(&self.service);
        job::start(
            "send",
            transfer.timeout,
            move |ctx| async move { flow::send(&service, transfer, &ctx).await },
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
        flow::check(&transfer)?;
        let service = Arc::clone(&self.service);
        job::start("presign", transfer.timeout, move |ctx| async move {
            flow::presign_only(&service, transfer, &ctx).await
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
        job::start("upload", None, move |ctx| async move {
            flow::upload_only(&service, &ticket, files, &ctx).await
        })
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
            let status = confirm::confirm(&service, &id, &ctx).await?;
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

//! The client: each call checked, started as a job, and waited for.

use std::sync::Arc;

use serde_json::Value;

use super::checked::CheckedTransfer;
use super::plan::{self, TransferPlan};
use super::presign::{self, Retention};
use super::request::{File, Transfer};
use super::resource::TRANSFER;
use super::result::{Confirmed, SentFile, SentTransfer};
use super::ticket::TransferTicket;
use super::wire::{self, TransferInfo};
use super::{confirm, revealed, send};
use crate::error::{Error, Result};
use crate::job::{self, Job};
use crate::options::Options;
use crate::secret::Secret;
use crate::service::{self, Service, ServiceCheck};

const ROOT: &str = "v1";
const KEY_VARIABLE: &str = "AGENTDROP_API_KEY";
/// The service's own SDK reads none.
const BASE_URL_VARIABLE: &str = "AGENTDROP_BASE_URL";
const BASE: &str = "https://api.agent-drop.com";
/// Where no transfer is.
const NO_TRANSFER: &[&str] = &["transfers", "none"];

/// A client of AgentDrop transfers.
///
/// Cheap to clone; clones share connections. May be used from any thread.
#[derive(Clone)]
pub struct AgentDrop {
    service: Arc<Service>,
}

/// Settings for [`AgentDrop`].
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
    /// Another place for the API; https, or http on loopback. Default: the environment variable
    /// `AGENTDROP_BASE_URL`.
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
        let base = service::base_url(self.base_url.as_ref(), BASE_URL_VARIABLE, BASE)?;
        let given = self.api_key.map(|k| k.reveal().to_owned());
        let key = service::api_key(given, KEY_VARIABLE, None)?;
        Ok(AgentDrop { service: Arc::new(Service::new(self.options, base, key, ROOT, wire::refusal)) })
    }
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
        let transfer = CheckedTransfer::of(transfer)?;
        let service = Arc::clone(&self.service);
        job::start(
            "send",
            transfer.timeout,
            move |ctx| async move { send::send(service, transfer, &ctx).await },
        )
    }

    /// A plan of [`AgentDrop::send`], made without a network: the files as they would go, and the first
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
        let transfer = CheckedTransfer::of(transfer)?;
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
        let transfer = CheckedTransfer::of(transfer)?;
        if transfer.journal.is_some() {
            return Err(Error::invalid("a journal is for a whole send; leave journal out of a presign"));
        }
        let service = Arc::clone(&self.service);
        job::start("presign", transfer.timeout, move |ctx| async move {
            let (ticket, _) = presign::start(&service, transfer, Retention::Ticket, &ctx).await?;
            Ok(TransferTicket(Arc::new(ticket)))
        })
    }

    /// The ticket of what [`TransferTicket::reveal`] gave, also in another process and on another machine: there
    /// it is uploaded to, and whoever has its id confirms it. Nothing is sent. The files of a sealed transfer
    /// are uploaded where their key is.
    ///
    /// # Errors
    /// `invalid_input`: it is not what a ticket revealed, or the files are sealed.
    pub fn restore_ticket(&self, revealed: &Value) -> Result<TransferTicket> {
        let ticket = revealed::ticket(revealed, &self.service.clients.options)?;
        Ok(TransferTicket(Arc::new(ticket)))
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
            move |ctx| async move { send::upload_only(service, ticket, files, &ctx).await },
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
            ctx.set_resource(&TRANSFER, &id);
            let status = confirm::confirm(&service, &id, confirm::PriorConfirm::None, &ctx).await?;
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

    /// Asks the service once, whether it can be reached and takes the key. It changes nothing.
    ///
    /// # Errors
    /// Only if the runtime cannot start: trouble with the service is [`ServiceCheck::error`].
    pub fn check(&self) -> Result<ServiceCheck> {
        self.start_check()?.wait()
    }

    /// Starts [`AgentDrop::check`].
    ///
    /// # Errors
    /// Only if the runtime cannot start.
    pub fn start_check(&self) -> Result<Job<ServiceCheck>> {
        let service = Arc::clone(&self.service);
        job::start("check", None, move |ctx| async move { service::check(&service, NO_TRANSFER, &ctx).await })
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

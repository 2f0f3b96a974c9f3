//! Step one: the pending transfer and its presigned URLs.

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use serde_json::Value;

use super::checked::CheckedTransfer;
use super::multipart::OpenUploads;
use super::prepare::{self, PreparedFile};
use super::request::Terms;
use super::resource::TRANSFER;
use super::sealing::TransferSealing;
use super::ticket::{PresignRequest, Ticket};
use super::wire::{self, FileEntry, PresignBody};
use crate::error::{Error, Result};
use crate::http::api::{CallFailure, REPLY_LIMIT, Repeat};
use crate::job::JobContext;
use crate::progress::Phase;
use crate::seal::FileSeal;
use crate::service::{self, Service};
use crate::storage::{PartPlan, SignedAt};

/// How much of a transfer outlives the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retention {
    /// A journal, for another process to go on from.
    Journal,
    /// A ticket, which the caller may look into.
    Ticket,
    Nothing,
}

/// Everything before the first byte: the files as they will go, and where they go to.
pub(super) async fn start(
    service: &Arc<Service>,
    transfer: CheckedTransfer,
    retention: Retention,
    ctx: &JobContext,
) -> Result<(Ticket, Vec<PreparedFile>)> {
    let CheckedTransfer { terms, files, .. } = transfer;
    if retention != Retention::Ticket {
        files.iter().try_for_each(|file| file.source.check_bytes())?;
    }
    let sealing = TransferSealing::new(service, &terms, ctx).await?;
    let seals = prepare::new_seals(files.len(), &sealing)?;
    let mut files = prepare::open_files(service, files, &seals, ctx).await?;
    prepare::plan(&mut files, terms.multipart, &service.clients.options);
    if retention == Retention::Journal {
        // Before the URLs' life begins: it reads every sealed file.
        prepare::mark(&mut files).await?;
    }
    let ticket = presign(service, &terms, (sealing, seals), &files, retention, ctx).await?;
    Ok((ticket, files))
}

/// The body of a presign, as JSON.
pub(super) fn body(terms: &Terms, sealing: &TransferSealing, entries: &[FileEntry]) -> Result<Value> {
    let key_fields = sealing.wire_key_fields();
    let body = PresignBody {
        mode: &terms.mode,
        sender: &terms.sender,
        recipient: &terms.recipient,
        recipient_account: terms.recipient_account.as_deref(),
        files: entries,
        expires_in: terms.expires_in.as_deref(),
        max_downloads: terms.max_downloads,
        message: terms.message.as_deref(),
        metadata: terms.metadata.as_ref(),
        is_encrypted: !sealing.is_open(),
        encrypted_key: key_fields.map(|(key, _)| key.reveal()),
        encryption_algorithm: key_fields.map(|(_, algorithm)| algorithm),
        auto_delete: terms.auto_delete,
    };
    serde_json::to_value(&body).map_err(|e| Error::internal("a request could not be written").cause(&e))
}

/// Makes the pending transfer.
async fn presign(
    service: &Arc<Service>,
    terms: &Terms,
    (sealing, seals): (TransferSealing, Vec<Option<Arc<FileSeal>>>),
    files: &[PreparedFile],
    retention: Retention,
    ctx: &JobContext,
) -> Result<Ticket> {
    ctx.progress.enter(Phase::Requesting);
    let clients = service.clients.get()?;
    let promised: Vec<FileEntry> = files.iter().map(|f| f.entry.clone()).collect();
    let multipart = promised.iter().any(|entry| entry.part_size.is_some());
    let json = body(terms, &sealing, &promised)?.to_string();
    let hidden = sealing.wire_key_fields().map(|(key, _)| key.clone());
    let path: &[&str] =
        if multipart { &["transfers", "presigned", "multipart"] } else { &["transfers", "presigned"] };
    let mut call = service.call("presign", Method::POST, path, Some(json.into_bytes()))?;
    // A URL with a session token takes some 2 KiB.
    let parts = |entry: &FileEntry| entry.part_size.map_or(1, |p| PartPlan::fixed(entry.size, p).count());
    let urls: u64 = promised.iter().map(parts).sum();
    call.hides = hidden.iter().collect();
    call.reply_limit = REPLY_LIMIT + usize::try_from(urls).unwrap_or(usize::MAX / 8192) * 8 * 1024;
    let mut retry = service.retry(&clients, ctx);
    // A repeat after a lost reply would make a second pending transfer.
    let reply = clients
        .api
        .call(&call, Repeat::OnlyIfNotHandled, &mut retry)
        .await
        .map_err(CallFailure::into_error)?;
    // Nobody will ask for it again, and of ten thousand files it is long.
    let text = if retention == Retention::Nothing { Bytes::new() } else { reply.body.clone() };
    let parsed: Value = service::parse("presign", &reply)?;
    drop(reply);
    let reply = parsed;
    if let Some(id) = reply["id"].as_str().and_then(|id| wire::checked_id(id).ok()) {
        ctx.set_resource(&TRANSFER, &id);
        // If the reply does not fit, what it began is to be ended all the same.
        OpenUploads::of_reply(service, id, &reply, ctx).abort_if_not_completed(ctx);
    }
    let request = PresignRequest { promised, multipart, sealing, seals };
    Ticket::read(reply, text, request, SignedAt::Now, &service.clients.options)
        .map_err(|e| e.with_operation("presign"))
}

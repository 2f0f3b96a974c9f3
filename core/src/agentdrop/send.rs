//! The whole of a transfer, and its middle step on its own: presign → upload → confirm.

use std::sync::Arc;

use super::checked::{CheckedFile, CheckedTransfer};
use super::confirm;
use super::multipart::OpenUploads;
use super::prepare;
use super::presign::{self, Retention};
use super::request::File;
use super::resource::TRANSFER;
use super::result::{SentFile, SentTransfer};
use super::resume;
use super::state::Resend;
use super::ticket::TransferTicket;
use super::transfer_journal::TransferJournal;
use super::upload::{ActiveTransfer, upload};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::job::{JobContext, RawUpload};
use crate::service::Service;
use crate::storage::with_earlier_tries;

/// Presigns, uploads and confirms.
pub(super) async fn send(
    service: Arc<Service>,
    mut transfer: CheckedTransfer,
    ctx: &JobContext,
) -> Result<SentTransfer> {
    let mut transfer = match transfer.journal.take() {
        Some(path) => resume::start_or_resume(&service, transfer, path, ctx).await?,
        None => {
            let (ticket, files) = presign::start(&service, transfer, Retention::Nothing, ctx).await?;
            ActiveTransfer::new(ticket, files, TransferJournal::none())
        }
    };
    let status = match transfer.confirmed.take() {
        Some(status) => status,
        None => finish(&service, &mut transfer, ctx).await?,
    };
    let ActiveTransfer { ticket, mut state, journal, .. } = transfer;
    journal.done(&ticket.id, ctx).await;
    let sealed = ticket.sealing.sealed();
    Ok(SentTransfer {
        id: ticket.id.clone(),
        status,
        encrypted: !ticket.sealing.is_open(),
        expires_at: ticket.expires_at.clone(),
        recipient_key_fingerprint: sealed.map(|s| s.recipient.fingerprint()),
        recipient_key_source: sealed.map(|s| s.from.as_str().to_owned()),
        files: state.sent()?,
    })
}

/// Uploads what is missing and confirms, until the transfer is active. Its status.
async fn finish(service: &Arc<Service>, transfer: &mut ActiveTransfer, ctx: &JobContext) -> Result<String> {
    let uploads = OpenUploads::of(service, &transfer.ticket, ctx);
    transfer.journal.keep_or_abort(&uploads, ctx);
    let clients = service.clients.get()?;
    let mut retry = service.retry(&clients, ctx);
    loop {
        if let Err(error) = upload(service, transfer, &uploads, false, ctx).await {
            // Whatever became of one file, an unconfirmed transfer is not delivered.
            let error = error.outcome_is(Outcome::NotCompleted);
            return Err(transfer.journal.upload_failed(error, &uploads, ctx).await);
        }
        let ActiveTransfer { ticket, state, journal, .. } = &mut *transfer;
        journal.confirming().await?;
        match confirm::confirm(service, &ticket.id, state.confirming, ctx).await {
            Ok(status) => return Ok(status),
            // Storage lost a file between our PUT and the service's look; the reply does not say
            // which. The URLs may be used again while they live.
            Err(error) if error.service_code() == Some("FILES_MISSING") => {
                ctx.outcome_if_stopped(Outcome::NotCompleted);
                let (error, again) = state.missing(ticket, error);
                journal.missing(ctx).await;
                if again == Resend::None {
                    return Err(journal.advised(error));
                }
                retry.again(error).await.map_err(|e| journal.advised(e))?;
                if again == Resend::Completion {
                    // Joining parts may take storage minutes, and it may be at it.
                    let options = &service.clients.options;
                    tokio::time::sleep((options.backoff_base * 10).min(options.backoff_cap)).await;
                }
                ctx.progress.start_over();
            }
            Err(error) => return Err(journal.confirm_failed(error, ctx).await),
        }
    }
}

/// Step two on its own.
pub(super) async fn upload_only(
    service: Arc<Service>,
    ticket: TransferTicket,
    files: Vec<File>,
    ctx: &JobContext,
) -> Result<Vec<SentFile>> {
    let ticket = ticket.0;
    ctx.set_resource(&TRANSFER, &ticket.id);
    ticket.check_unused()?;
    if files.len() != ticket.promised.len() {
        return Err(Error::invalid(format!(
            "the ticket is for {} files and {} were given; give the same files in the same order",
            ticket.promised.len(),
            files.len()
        )));
    }
    let sealed = ticket.sealing.sealed().is_some();
    let files: Vec<_> = files.into_iter().map(|file| CheckedFile::of(file, sealed)).collect::<Result<_>>()?;
    let files = prepare::open_files(&service, files, &ticket.seals, ctx).await?;
    for (file, due) in files.iter().zip(&ticket.promised) {
        let given = &file.entry;
        if given.name != due.name || given.size != due.size {
            return Err(Error::invalid(format!(
                "the ticket is for {:?} of {} bytes where {:?} of {} bytes was given; presign again",
                due.name, due.size, given.name, given.size
            )));
        }
        if given.encryption_iv != due.encryption_iv {
            return Err(Error::invalid(format!(
                "the ticket is for {:?} with another encryption_iv; give the files as they were presigned",
                due.name
            )));
        }
    }
    let uploads = OpenUploads::of(&service, &ticket, ctx);
    if !uploads.are_none() {
        // Whatever comes of it, parts go to a ticket once: what fails is aborted, and must not be another's.
        ticket.use_up()?;
    } else {
        ctx.set_raw_upload(if files.len() == 1 { RawUpload::Object } else { RawUpload::Several });
    }
    uploads.abort_and_end_ticket(ctx);
    let mut transfer = ActiveTransfer::new(ticket, files, TransferJournal::none());
    upload(&service, &mut transfer, &uploads, true, ctx).await.map_err(with_earlier_tries)?;
    if transfer.state.files.iter().any(|file| file.completing) {
        let (error, _) = transfer.state.missing(&transfer.ticket, unclear());
        return Err(error);
    }
    transfer.state.sent()
}

/// The step on its own cannot confirm, which is what would tell.
fn unclear() -> Error {
    Error::new(
        ErrorKind::UnknownOutcome,
        "every part is there, but it is not clear whether they were put together; confirm the transfer, which tells",
    )
    .with_operation("complete_multipart")
    .outcome_is(Outcome::Unknown)
    .retryable_is(false)
}

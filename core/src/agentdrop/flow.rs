//! The transfer flow: look at the files, presign, put them, confirm.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http::Method;

use super::confirm;
use super::wire::{self, FileEntry, PresignBody, Presigned};
use super::{File, SentFile, SentTransfer, Terms, Transfer, TransferTicket};
use crate::error::{Error, Outcome, Result};
use crate::http::api::{Failure, REPLY_LIMIT, Repeat};
use crate::job::Ctx;
use crate::progress::Phase;
use crate::service::{self, Service};
use crate::source::Prepared;
use crate::storage::{self, PutTarget, Sender};

/// A file that was looked at.
struct Ready {
    entry: FileEntry,
    source: Prepared,
}

/// What can be refused without looking at a file.
pub(super) fn check(transfer: &Transfer) -> Result<()> {
    let filled = |value: &str, what: &str| match value.trim() {
        "" => Err(Error::invalid(format!("{what} is empty; every transfer needs one"))),
        _ => Ok(()),
    };
    filled(&transfer.terms.sender, "sender")?;
    filled(&transfer.terms.recipient, "recipient")?;
    filled(&transfer.terms.mode, "mode")?;
    if transfer.files.is_empty() {
        return Err(Error::invalid("the list of files is empty; give at least one"));
    }
    if let Some(text) = &transfer.terms.expires_in {
        let number = text.strip_suffix(['h', 'd']).unwrap_or("");
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Error::invalid(format!(
                "expires_in must be a number of hours or days such as \"12h\" or \"7d\", not {text:?}"
            )));
        }
    }
    for file in &transfer.files {
        file.resolved_type(&file.resolved_name()?)?;
    }
    Ok(())
}

pub(super) async fn send(service: &Service, transfer: Transfer, ctx: &Ctx) -> Result<SentTransfer> {
    let files = look_at(service, transfer.files, ctx).await?;
    let ticket = presign(service, &transfer.terms, &files, ctx).await?;
    let made = service.clients.get()?;
    let mut retry = service.retry(&made, ctx);
    let (sent, status) = loop {
        let sent = put_all(service, &ticket, &files, ctx).await?;
        match confirm::confirm(service, ticket.id(), ctx).await {
            Ok(status) => break (sent, status),
            // Storage lost a file between our PUT and the service's look; the reply does not say
            // which. The URLs may be used again while they live.
            Err(error) if error.service_code() == Some("FILES_MISSING") => {
                retry.again(error).await?;
                ctx.progress.start_over();
                ctx.outcome_if_stopped(Outcome::NotCompleted);
            }
            Err(error) => return Err(error),
        }
    };
    Ok(SentTransfer {
        id: ticket.wire.id,
        status,
        encrypted: false,
        expires_at: ticket.wire.expires_at,
        files: sent,
    })
}

pub(super) async fn presign_only(service: &Service, transfer: Transfer, ctx: &Ctx) -> Result<TransferTicket> {
    let files = look_at(service, transfer.files, ctx).await?;
    presign(service, &transfer.terms, &files, ctx).await
}

pub(super) async fn upload_only(
    service: &Service,
    ticket: &TransferTicket,
    files: Vec<File>,
    ctx: &Ctx,
) -> Result<Vec<SentFile>> {
    ctx.reserved_transfer(ticket.id());
    let files = look_at(service, files, ctx).await?;
    if files.len() != ticket.promised.len() {
        return Err(Error::invalid(format!(
            "the ticket is for {} files and {} were given; give the same files in the same order",
            ticket.promised.len(),
            files.len()
        )));
    }
    for (file, promised) in files.iter().zip(&ticket.promised) {
        let (given, due) = (&file.entry, promised);
        if given.name != due.name || given.size != due.size {
            return Err(Error::invalid(format!(
                "the ticket is for {:?} of {} bytes where {:?} of {} bytes was given; presign again",
                due.name, due.size, given.name, given.size
            )));
        }
    }
    put_all(service, ticket, &files, ctx).await
}

async fn look_at(service: &Service, files: Vec<File>, ctx: &Ctx) -> Result<Vec<Ready>> {
    ctx.progress.enter(Phase::Preparing);
    let mut ready = Vec::with_capacity(files.len());
    for file in files {
        let name = file.resolved_name()?;
        let content_type = file.resolved_type(&name)?;
        let source = storage::prepare(file.source, &service.clients.options).await?;
        let entry = FileEntry { name, size: source.len(), content_type };
        ready.push(Ready { entry, source });
    }
    ctx.progress.expect(ready.len(), ready.iter().map(|f| f.entry.size).sum());
    Ok(ready)
}

async fn presign(service: &Service, terms: &Terms, files: &[Ready], ctx: &Ctx) -> Result<TransferTicket> {
    ctx.progress.enter(Phase::Requesting);
    let made = service.clients.get()?;
    let entries: Vec<FileEntry> = files.iter().map(|f| f.entry.clone()).collect();
    let body = PresignBody {
        mode: &terms.mode,
        sender: &terms.sender,
        recipient: &terms.recipient,
        recipient_account: terms.recipient_account.as_deref(),
        files: &entries,
        expires_in: terms.expires_in.as_deref(),
        max_downloads: terms.max_downloads,
        message: terms.message.as_deref(),
        metadata: terms.metadata.as_ref(),
        is_encrypted: false,
        auto_delete: terms.auto_delete,
    };
    let json =
        serde_json::to_vec(&body).map_err(|e| Error::internal("a request could not be written").cause(&e))?;
    let mut call = service.call("presign", Method::POST, &["presigned"], Some(json))?;
    // A URL with a session token takes some 2 KiB.
    call.reply_limit = REPLY_LIMIT + entries.len() * 8 * 1024;
    let mut retry = service.retry(&made, ctx);
    // A repeat after a lost reply would make a second pending terms.
    let reply =
        made.api.call(&call, Repeat::OnlyIfNotHandled, &mut retry).await.map_err(Failure::into_error)?;
    let wire: Presigned = service::parse("presign", &reply)?;
    let id = wire::checked_id(&wire.id)?;
    ctx.reserved_transfer(&id);
    let ticket = (|| {
        wire.check(&entries)?;
        let targets = wire.upload_urls.iter().zip(&entries).map(|(url, entry)| {
            let method = url.method()?;
            let headers = url.headers(&entry.content_type)?;
            PutTarget::fresh(&url.upload_url, method, &headers, &service.clients.options)
                .map_err(|e| e.context(&format!("file {:?}", entry.name)))
        });
        let targets = targets.collect::<Result<Vec<_>>>()?;
        Ok(TransferTicket { wire, promised: entries, targets })
    })();
    ticket.map_err(|e: Error| e.during("presign"))
}

/// Puts all files, `concurrency` at a time; the first failure stops the others.
async fn put_all(
    service: &Service,
    ticket: &TransferTicket,
    files: &[Ready],
    ctx: &Ctx,
) -> Result<Vec<SentFile>> {
    let mut sent: Vec<Option<SentFile>> = vec![None; files.len()];
    let mut waiting = files.iter().enumerate();
    // Not tasks of their own: bytes move on the connections' tasks anyway, and dropping this set, by an
    // error or a cancel, leaves nothing running.
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < service.clients.options.concurrency {
            let Some((at, file)) = waiting.next() else { break };
            running.push(put_one(service, ctx, at, file, ticket));
        }
        let Some(done) = running.next().await else { break };
        let (at, file) = done?;
        sent[at] = Some(file);
    }
    let all: Option<Vec<SentFile>> = sent.into_iter().collect();
    all.ok_or_else(|| Error::internal("a file was forgotten"))
}

async fn put_one(
    service: &Service,
    ctx: &Ctx,
    at: usize,
    file: &Ready,
    ticket: &TransferTicket,
) -> Result<(usize, SentFile)> {
    let name = &file.entry.name;
    let made = service.clients.get()?;
    let sender = Sender::new(&made, &service.clients.options, ctx);
    let stored = ticket.targets[at].send(&sender, &file.source).await.map_err(|e| {
        // Whatever became of one file, an unconfirmed transfer is not delivered.
        e.context(&format!("file {name:?}")).outcome_is(Outcome::NotCompleted)
    })?;
    ctx.progress.file_done();
    let file = SentFile {
        file_id: ticket.wire.upload_urls[at].file_id.clone(),
        name: name.clone(),
        size: stored.bytes,
        etag: stored.etag,
        md5: stored.md5,
        verified: stored.verified,
        attempts: stored.attempts,
    };
    Ok((at, file))
}

//! The transfer flow: prepare, upload everything, confirm.

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::confirm::{self, Earlier};
use super::encryption::Cover;
use super::multipart::{self, Completion, OpenUploads, UploadId};
use super::prepare::{self, Ready};
use super::request::{File, Transfer};
use super::result::{SentFile, SentTransfer};
use super::resume::{self, Log};
use super::ticket::{How, Ticket, TransferTicket};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::job::{Ctx, Raw};
use crate::service::Service;
use crate::storage::{PartUpload, PutTarget, Sender, StoredPart, Window, send_parts, with_earlier_tries};

/// A transfer whose bytes are to be sent, or the rest of them.
pub(super) struct Begun {
    pub(super) ticket: Arc<Ticket>,
    pub(super) files: Vec<Ready>,
    pub(super) state: State,
    pub(super) log: Option<Log>,
    /// Its status, if it turned out to be confirmed already.
    pub(super) confirmed: Option<String>,
}

/// How far a transfer is.
pub(super) struct State {
    pub(super) files: Vec<FileState>,
    /// What became of earlier tries to confirm it.
    pub(super) confirming: Earlier,
}

#[derive(Clone, Default)]
pub(super) struct FileState {
    /// Storage has it, as far as is known.
    pub(super) sent: Option<SentFile>,
    /// Parts that storage has.
    pub(super) parts: Vec<StoredPart>,
    /// Completing it was asked for, and the answer is not known.
    pub(super) completing: bool,
}

impl State {
    pub(super) fn new(files: usize) -> Self {
        Self { files: vec![FileState::default(); files], confirming: Earlier::None }
    }

    /// The service misses a file. One in parts that was completed for sure stays so: it must be another.
    pub(super) fn forget_whole(&mut self) {
        // A try to confirm that got no answer may be handled yet, and then a 409 is our own doing.
        self.confirming = Earlier::Elsewhere;
        for file in self.files.iter_mut().filter(|file| file.parts.is_empty()) {
            file.sent = None;
        }
    }

    /// The files' facts, once storage has all of them.
    fn sent(&mut self) -> Result<Vec<SentFile>> {
        let sent: Option<Vec<SentFile>> = self.files.iter_mut().map(|file| file.sent.take()).collect();
        sent.ok_or_else(|| Error::internal("a file was forgotten"))
    }
}

pub(super) async fn send(service: Arc<Service>, transfer: Transfer, ctx: &Ctx) -> Result<SentTransfer> {
    let mut begun = match transfer.resume.clone().transpose()? {
        Some(path) => resume::begin(&service, transfer, path, ctx).await?,
        None => {
            let (ticket, files) = begin(&service, transfer, Kept::Nothing, ctx).await?;
            let state = State::new(files.len());
            Begun { ticket: Arc::new(ticket), files, state, log: None, confirmed: None }
        }
    };
    let status = match begun.confirmed.take() {
        Some(status) => status,
        None => finish(&service, &mut begun, ctx).await?,
    };
    if let Some(log) = begun.log.take() {
        ctx.outcome_if_stopped(Outcome::Completed);
        log.done(&begun.ticket.id, ctx).await;
    }
    let ticket = &begun.ticket;
    let sealed = ticket.cover.seals();
    Ok(SentTransfer {
        id: ticket.id.clone(),
        status,
        encrypted: !ticket.cover.is_open(),
        expires_at: ticket.expires_at.clone(),
        recipient_key_fingerprint: sealed.map(|s| s.recipient.fingerprint()),
        recipient_key_source: sealed.map(|s| s.from.as_str().to_owned()),
        files: begun.state.sent()?,
    })
}

/// Uploads what is missing and confirms, until the transfer is active. Its status.
async fn finish(service: &Arc<Service>, begun: &mut Begun, ctx: &Ctx) -> Result<String> {
    let open = OpenUploads::of(&begun.ticket);
    if begun.log.is_none() {
        abort_if_not_completed(service, &begun.ticket, &open, ctx);
    }
    let made = service.clients.get()?;
    let mut retry = service.retry(&made, ctx);
    loop {
        if let Err(error) = upload(service, begun, &open, ctx).await {
            // Whatever became of one file, an unconfirmed transfer is not delivered.
            let error = error.outcome_is(Outcome::NotCompleted);
            return Err(resume::ended(error, service, begun, &open, ctx).await);
        }
        if let Some(log) = &begun.log {
            log.confirming().await?;
        }
        match confirm::confirm(service, &begun.ticket.id, begun.state.confirming, ctx).await {
            Ok(status) => return Ok(status),
            // Storage lost a file between our PUT and the service's look; the reply does not say
            // which. The URLs may be used again while they live.
            Err(error) if error.service_code() == Some("FILES_MISSING") => {
                ctx.outcome_if_stopped(Outcome::NotCompleted);
                let (error, again) = missing(begun, error);
                if let Some(log) = &begun.log {
                    log.missing(ctx).await;
                }
                if again == Again::None {
                    return Err(resume::refused(error, begun.log.as_ref()));
                }
                retry.again(error).await.map_err(|e| resume::refused(e, begun.log.as_ref()))?;
                if again == Again::Completion {
                    // Joining parts may take storage minutes, and it may be at it.
                    let options = &service.clients.options;
                    tokio::time::sleep((options.backoff_base * 10).min(options.backoff_cap)).await;
                }
                ctx.progress.start_over();
            }
            Err(error) => return Err(resume::not_confirmed(error, begun.log.as_ref(), ctx).await),
        }
    }
}

/// What of a transfer is kept beyond the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// A journal, for another process to go on from.
    Journal,
    /// A ticket, which the caller may look into.
    Ticket,
    Nothing,
}

/// Step one: everything before the first byte.
pub(super) async fn begin(
    service: &Arc<Service>,
    transfer: Transfer,
    kept: Kept,
    ctx: &Ctx,
) -> Result<(Ticket, Vec<Ready>)> {
    let Transfer { terms, files, multipart, .. } = transfer;
    let cover = Cover::new(service, &terms, ctx).await?;
    let seals = prepare::seals(&files, &cover)?;
    let mut files = prepare::look_at(service, files, &seals, ctx).await?;
    prepare::plan(&mut files, multipart, &service.clients.options);
    if kept == Kept::Journal {
        // Before the URLs' life begins: it reads every sealed file.
        prepare::mark(&mut files).await?;
    }
    let ticket = prepare::presign(service, &terms, (cover, seals), &files, kept, ctx).await?;
    Ok((ticket, files))
}

/// Step two on its own.
pub(super) async fn upload_only(
    service: Arc<Service>,
    ticket: TransferTicket,
    files: Vec<File>,
    ctx: &Ctx,
) -> Result<Vec<SentFile>> {
    let ticket = ticket.0;
    ctx.reserved_transfer(&ticket.id);
    ticket.check_unspent()?;
    if files.len() != ticket.promised.len() {
        return Err(Error::invalid(format!(
            "the ticket is for {} files and {} were given; give the same files in the same order",
            ticket.promised.len(),
            files.len()
        )));
    }
    let files = prepare::look_at(&service, files, &ticket.seals, ctx).await?;
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
    let open = OpenUploads::of(&ticket);
    if !open.are_none() {
        // Whatever comes of it, parts go to a ticket once: what fails is aborted, and must not be another's.
        ticket.spend()?;
    } else {
        ctx.raw(if files.len() == 1 { Raw::Object } else { Raw::Several });
    }
    abort_if_not_completed(&service, &ticket, &open, ctx);
    let state = State::new(files.len());
    let mut begun = Begun { ticket, files, state, log: None, confirmed: None };
    upload(&service, &mut begun, &open, ctx).await.map_err(with_earlier_tries)?;
    if begun.state.files.iter().any(|file| file.completing) {
        let (error, _) = missing(&mut begun, unclear());
        return Err(error);
    }
    begun.state.sent()
}

/// The step on its own cannot confirm, which is what would tell.
fn unclear() -> Error {
    Error::new(
        ErrorKind::UnknownOutcome,
        "every part is there, but it is not clear whether they were put together; confirm the transfer, which tells",
    )
    .during("complete_multipart")
    .outcome_is(Outcome::Unknown)
    .retryable_is(false)
}

/// A transfer that ends without a journal cannot go on, so its parts are of no use to anybody.
pub(super) fn abort_if_not_completed(
    service: &Arc<Service>,
    ticket: &Arc<Ticket>,
    open: &OpenUploads,
    ctx: &Ctx,
) {
    if open.are_none() {
        return ctx.if_not_completed(None);
    }
    let (service, ticket, open) = (Arc::clone(service), Arc::clone(ticket), open.clone());
    // Without its own remover, which it would otherwise hold on to itself by.
    let theirs = ctx.without_remains();
    ctx.if_not_completed(Some(Box::pin(async move { open.abort(service, ticket.id.clone(), theirs).await })));
}

/// What can be done about a file that the service misses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    /// Nothing: what was completed for sure cannot be sent again.
    None,
    /// A file of one PUT may be sent again.
    Put,
    /// A file in parts may not have been put together yet.
    Completion,
}

fn missing(begun: &mut Begun, error: Error) -> (Error, Again) {
    begun.state.forget_whole();
    let (mut again, mut error) = (Again::None, error);
    let files = begun.state.files.iter_mut().zip(&begun.ticket.places).zip(&begun.ticket.promised);
    for ((state, place), entry) in files {
        match place.how {
            How::Whole(_) => again = Again::Put,
            How::Parts { .. } if state.completing => {
                state.sent = None;
                again = Again::Completion;
                error = error.addition(&format!(
                    "completing the file {:?} got no clear answer, so it is probably that one",
                    entry.name
                ));
            }
            How::Parts { .. } => {}
        }
    }
    (error, again)
}

/// Uploads all files that storage does not have yet; the first failure stops the others.
async fn upload(service: &Service, begun: &mut Begun, open: &OpenUploads, ctx: &Ctx) -> Result<()> {
    let made = service.clients.get()?;
    let window = Window::new(&service.clients.options, ctx);
    let one = Uploading {
        service,
        sender: Sender::new(&made, &service.clients.options, ctx),
        window: &window,
        ticket: &begun.ticket,
        log: begun.log.as_ref(),
        open,
        ctx,
    };
    let mut waiting = begun.files.iter().zip(&begun.state.files).enumerate();
    // Not tasks of their own: bytes move on the connections' tasks anyway, and dropping this set, by an
    // error or a cancel, leaves nothing running.
    let mut running = FuturesUnordered::new();
    let mut done: Vec<Option<FileState>> = vec![None; begun.files.len()];
    loop {
        // One more than have a turn, so that it is known that another one waits.
        while running.len() <= window.width() {
            let Some((at, (file, state))) = waiting.next() else { break };
            let one = &one;
            running.push(async move { one.upload(at, file, state.clone()).await.map(|state| (at, state)) });
        }
        let Some(finished) = running.next().await else { break };
        let others_are_done = || done.iter().flatten().count() + 1 == begun.files.len();
        let (at, state) = finished.map_err(|e| e.unless_all_is_done(others_are_done()))?;
        ctx.progress.file_done();
        done[at] = Some(state);
    }
    drop(running);
    begun.state.files = done.into_iter().flatten().collect();
    if begun.state.files.len() == begun.files.len() {
        return Ok(());
    }
    Err(Error::internal("a file was forgotten"))
}

/// What the uploads of one transfer share.
struct Uploading<'a> {
    service: &'a Service,
    sender: Sender<'a>,
    window: &'a Window,
    ticket: &'a Ticket,
    log: Option<&'a Log>,
    open: &'a OpenUploads,
    ctx: &'a Ctx,
}

impl Uploading<'_> {
    async fn upload(&self, at: usize, file: &Ready, state: FileState) -> Result<FileState> {
        if state.sent.is_some() {
            self.ctx.progress.already_there(file.entry.size);
            return Ok(state);
        }
        let uploaded = match &self.ticket.places[at].how {
            How::Whole(target) => self.whole(at, file, target).await,
            How::Parts { .. } => self.parts(at, file, state).await,
        };
        uploaded.map_err(|e| e.context(&format!("file {:?}", file.entry.name)))
    }

    async fn whole(&self, at: usize, file: &Ready, target: &PutTarget) -> Result<FileState> {
        let slot = self.window.slot().await?;
        let digest = self.sender.digest_for_whole(file.source.len());
        let stored = target.send(&self.sender.in_turn(&slot), &file.source, digest, true).await?;
        slot.sent(stored.bytes);
        let sent = SentFile {
            file_id: self.ticket.places[at].file_id.clone(),
            name: file.entry.name.clone(),
            size: stored.bytes,
            etag: stored.etag,
            md5: stored.md5,
            sha256: stored.sha256,
            verified: stored.verified,
            attempts: stored.attempts,
            parts: 0,
        };
        if let Some(log) = self.log {
            log.sent(at, &sent).await?;
        }
        Ok(FileState { sent: Some(sent), ..FileState::default() })
    }

    async fn parts(&self, at: usize, file: &Ready, state: FileState) -> Result<FileState> {
        let place = &self.ticket.places[at];
        let How::Parts { upload_id, plan, targets } = &place.how else {
            return Err(Error::internal("a file of one PUT was to go in parts"));
        };
        self.ctx.progress.already_there(state.parts.iter().map(|p| p.bytes).sum());
        let log = self.log;
        let on_stored = |part: StoredPart| -> futures_util::future::BoxFuture<'_, Result<()>> {
            Box::pin(async move {
                match log {
                    Some(log) => log.part(at, &part).await,
                    None => Ok(()),
                }
            })
        };
        let upload = PartUpload { plan: *plan, targets, source: &file.source, done: state.parts };
        let parts = send_parts(upload, &self.sender, self.window, &on_stored);
        // Until they are put together there is no object.
        let parts = parts.await.map_err(|e| e.outcome_is(Outcome::NotCompleted))?;

        let upload = UploadId { file_id: place.file_id.clone(), upload_id: upload_id.clone() };
        if let Some(log) = log {
            log.completing(at).await?;
        }
        let completed =
            multipart::complete(self.service, &self.ticket.id, &upload, &parts, state.completing, self.ctx);
        let completion = completed.await?;
        if completion == Completion::Sure {
            self.open.completed(&upload);
        }
        let sent = SentFile {
            file_id: place.file_id.clone(),
            name: file.entry.name.clone(),
            size: plan.size(),
            etag: etag_of(&parts),
            md5: None,
            sha256: None,
            verified: parts.iter().all(|p| p.verified),
            attempts: parts.iter().fold(0, |sum, part| sum.saturating_add(part.attempts)),
            parts: u32::try_from(parts.len()).unwrap_or(u32::MAX),
        };
        if let (Some(log), Completion::Sure) = (log, completion) {
            log.sent(at, &sent).await?;
        }
        Ok(FileState { sent: Some(sent), parts, completing: completion == Completion::Unclear })
    }
}

/// The ETag that S3 and R2 give an object of these parts: MD5 of the parts' MD5s, a dash, their number. `None`
/// where a part's ETag is none.
fn etag_of(parts: &[StoredPart]) -> Option<String> {
    crate::digest::md5_of_md5s(parts.iter().map(|p| p.etag.as_str()))
        .map(|md5| format!("{md5}-{}", parts.len()))
}

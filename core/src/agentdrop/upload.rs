//! Step two: the files of a pending transfer, several at once, until storage has all of them.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::multipart::{self, Completion, OpenUploads, UploadId};
use super::prepare::PreparedFile;
use super::result::SentFile;
use super::state::{FileState, TransferState};
use super::ticket::{Delivery, Ticket};
use super::transfer_journal::TransferJournal;
use crate::error::{Error, Outcome, Result};
use crate::job::JobContext;
use crate::service::Service;
use crate::storage::{
    PartTargets, PartUpload, PutTarget, Sender, StoredPart, UploadLimiter, all_verified_by, crc64_of_all,
    send_parts,
};

/// A transfer whose bytes are to be sent, or the rest of them.
pub(super) struct ActiveTransfer {
    pub(super) ticket: Arc<Ticket>,
    pub(super) files: Vec<PreparedFile>,
    pub(super) state: TransferState,
    pub(super) journal: TransferJournal,
    /// Its status, if it turned out to be confirmed already.
    pub(super) confirmed: Option<String>,
}

impl ActiveTransfer {
    pub(super) fn new(
        ticket: impl Into<Arc<Ticket>>,
        files: Vec<PreparedFile>,
        journal: TransferJournal,
    ) -> Self {
        let state = TransferState::new(files.len());
        Self { ticket: ticket.into(), files, state, journal, confirmed: None }
    }
}

/// Uploads all files that storage does not have yet; the first failure stops the others. `is_all`: whether
/// the call is over as soon as storage has them.
pub(super) async fn upload(
    service: &Service,
    transfer: &mut ActiveTransfer,
    uploads: &OpenUploads,
    is_all: bool,
    ctx: &JobContext,
) -> Result<()> {
    let clients = service.clients.get()?;
    let limiter = UploadLimiter::new(&service.clients.options, ctx);
    let one = Uploading {
        service,
        sender: Sender::new(&clients, &service.clients.options, ctx),
        limiter: &limiter,
        ticket: &transfer.ticket,
        journal: &transfer.journal,
        uploads,
        not_there: AtomicUsize::new(transfer.files.len()),
        // One that has no parts is a raw upload, of which the job knows what a last byte leaves.
        ends_in_doubt: is_all && !uploads.are_none(),
        ctx,
    };
    let mut waiting = transfer.files.iter().zip(&transfer.state.files).enumerate();
    // Not tasks of their own: bytes move on the connections' tasks anyway, and dropping this set, by an
    // error or a cancel, leaves nothing running.
    let mut running = FuturesUnordered::new();
    let mut done: Vec<Option<FileState>> = vec![None; transfer.files.len()];
    loop {
        // One more than have a turn, so that it is known that another one waits.
        while running.len() <= limiter.width() {
            let Some((index, (file, state))) = waiting.next() else { break };
            let one = &one;
            running.push(
                async move { one.upload(index, file, state.clone()).await.map(|state| (index, state)) },
            );
        }
        let Some(finished) = running.next().await else { break };
        let others_are_done = || done.iter().flatten().count() + 1 == transfer.files.len();
        let (index, state) = finished.map_err(|e| e.unless_all_is_done(others_are_done()))?;
        ctx.progress.file_done();
        done[index] = Some(state);
    }
    drop(running);
    transfer.state.files = done.into_iter().flatten().collect();
    if transfer.state.files.len() == transfer.files.len() {
        return Ok(());
    }
    Err(Error::internal("a file was forgotten"))
}

/// The parts that all uploads of one transfer share.
struct Uploading<'a> {
    service: &'a Service,
    sender: Sender<'a>,
    limiter: &'a UploadLimiter,
    ticket: &'a Ticket,
    journal: &'a TransferJournal,
    uploads: &'a OpenUploads,
    /// The files of which it is certain that storage does not have them.
    not_there: AtomicUsize,
    /// Whether being stopped once that is none leaves open whether the call is done.
    ends_in_doubt: bool,
    ctx: &'a JobContext,
}

impl Uploading<'_> {
    /// From here on storage may have one file more. With the last one the upload may be done, whatever stops
    /// it.
    fn may_be_there(&self) {
        let was = self.not_there.fetch_sub(1, Relaxed);
        if self.ends_in_doubt && was == 1 {
            self.ctx.outcome_if_stopped(Outcome::Unknown);
        }
    }

    async fn upload(&self, index: usize, file: &PreparedFile, state: FileState) -> Result<FileState> {
        if state.sent.is_some() {
            self.may_be_there();
            self.ctx.progress.already_there(file.entry.size);
            return Ok(state);
        }
        let uploaded = match &self.ticket.destinations[index].delivery {
            Delivery::Whole(target) => self.whole(index, file, target).await,
            Delivery::Parts { .. } => self.parts(index, file, state).await,
        };
        uploaded.map_err(|e| e.context(&format!("file {:?}", file.entry.name)))
    }

    async fn whole(&self, index: usize, file: &PreparedFile, target: &PutTarget) -> Result<FileState> {
        let slot = self.limiter.slot().await?;
        let sender = self.sender.with_slot(&slot);
        self.may_be_there();
        let stored = sender.put(target, &file.source, file.source.len(), true).await?;
        slot.finish(stored.bytes);
        let sent = SentFile {
            file_id: self.ticket.destinations[index].file_id.clone(),
            name: file.entry.name.clone(),
            bytes: stored.bytes,
            etag: stored.etag,
            md5: stored.md5,
            sha256: stored.sha256,
            verified: stored.verified,
            attempts: stored.attempts,
            parts: 0,
            verified_by: stored.verified_by,
            crc64nvme: stored.crc64nvme,
        };
        self.journal.sent(index, &sent).await?;
        Ok(FileState { sent: Some(sent), ..FileState::default() })
    }

    async fn parts(&self, index: usize, file: &PreparedFile, state: FileState) -> Result<FileState> {
        let destination = &self.ticket.destinations[index];
        let Delivery::Parts { upload_id, plan, targets } = &destination.delivery else {
            return Err(Error::internal("a file of one PUT was to go in parts"));
        };
        self.ctx.progress.already_there(state.parts.iter().map(|p| p.bytes).sum());
        let on_stored = |part: StoredPart| -> futures_util::future::BoxFuture<'_, Result<()>> {
            Box::pin(async move { self.journal.part(index, &part).await })
        };
        let upload = PartUpload {
            plan: plan.clone(),
            needs_etags: true,
            targets: PartTargets::Given(targets),
            source: &file.source,
            done: state.parts,
            doubt: &OnceLock::new(),
        };
        let parts = send_parts(upload, &self.sender, self.limiter, &on_stored);
        // Until they are put together there is no object.
        let parts = parts.await.map_err(|e| e.outcome_is(Outcome::NotCompleted))?;

        let upload = UploadId { file_id: destination.file_id.clone(), upload_id: upload_id.clone() };
        self.journal.completing(index).await?;
        self.may_be_there();
        let completed =
            multipart::complete(self.service, &self.ticket.id, &upload, &parts, state.completing, self.ctx);
        let completion = completed.await?;
        if completion == Completion::Sure {
            self.uploads.completed(&upload);
        }
        let sent = SentFile {
            file_id: destination.file_id.clone(),
            name: file.entry.name.clone(),
            bytes: plan.size(),
            etag: etag_of(&parts),
            md5: None,
            sha256: None,
            verified: parts.iter().all(|p| p.verified),
            attempts: parts.iter().fold(0, |sum, part| sum.saturating_add(part.attempts)),
            parts: u32::try_from(parts.len()).unwrap_or(u32::MAX),
            verified_by: all_verified_by(&parts),
            crc64nvme: crc64_of_all(&parts),
        };
        if completion == Completion::Sure {
            self.journal.sent(index, &sent).await?;
        }
        Ok(FileState { sent: Some(sent), parts, completing: completion == Completion::Unclear })
    }
}

/// The ETag that S3 and R2 give an object of these parts: MD5 of the parts' MD5s, a dash, their number.
/// `None` where a part's ETag is none.
fn etag_of(parts: &[StoredPart]) -> Option<String> {
    crate::digest::md5_of_md5s(parts.iter().map(|p| p.etag.as_str()))
        .map(|md5| format!("{md5}-{}", parts.len()))
}

//! Ending the multipart uploads of a transfer: completing each once storage has its parts, or aborting it so
//! that nothing is left behind.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};

use super::ticket::{Delivery, Ticket};
use super::wire;
use crate::error::{Cleanup, ErrorKind, Result};
use crate::http::api::{CallFailure, Repeat};
use crate::job::JobContext;
use crate::journal::Journal;
use crate::options::AT_ONCE_AT_FIRST;
use crate::secret::Secret;
use crate::service::Service;
use crate::storage::StoredPart;

/// How sure it is that an upload is completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Completion {
    /// The service said that it is done.
    Sure,
    /// Its answer was lost. Confirming tells: the service looks for the file then.
    Unclear,
}

/// One multipart upload, by the service's ids.
#[derive(Clone)]
pub(super) struct UploadId {
    pub(super) file_id: String,
    pub(super) upload_id: Secret,
}

/// Completes one upload. `earlier_lost`: an earlier completion of it got no answer.
pub(super) async fn complete(
    service: &Service,
    transfer_id: &str,
    upload: &UploadId,
    parts: &[StoredPart],
    mut earlier_lost: bool,
    ctx: &JobContext,
) -> Result<Completion> {
    let clients = service.clients.get()?;
    let parts: Vec<_> = parts.iter().map(|p| json!({"part_number": p.part_number, "etag": p.etag})).collect();
    let body = json!({"upload_id": upload.upload_id.reveal(), "parts": parts});
    let path = ["transfers", transfer_id, "files", &upload.file_id, "complete-multipart"];
    let mut call = service.call("complete_multipart", Method::POST, &path, Some(body.to_string().into()))?;
    call.hides = vec![&upload.upload_id];
    let mut retry = service.retry(&clients, ctx);
    loop {
        match clients.api.try_once(&call, retry.job()).await {
            Ok(_) => {
                retry.succeeded();
                return Ok(Completion::Sure);
            }
            Err(CallFailure::NotHandled(error)) if error.retryable() => match retry.again(error).await {
                Ok(()) => {}
                Err(_) if earlier_lost => return Ok(Completion::Unclear),
                Err(error) => return Err(error),
            },
            // The one before this may have ended the upload, and then it is not found any more.
            Err(CallFailure::NotHandled(_) | CallFailure::Refused(_)) if earlier_lost => {
                return Ok(Completion::Unclear);
            }
            Err(CallFailure::NotHandled(error) | CallFailure::Refused(error)) => return Err(error),
            Err(CallFailure::Unclear { error, .. }) => {
                earlier_lost = true;
                if retry.again(error).await.is_err() {
                    return Ok(Completion::Unclear);
                }
            }
        }
    }
}

/// The uploads of a transfer that would be left behind if it ended now. Whatever is done about them if the
/// call does not complete is decided here.
#[derive(Clone)]
pub(super) struct OpenUploads {
    service: Arc<Service>,
    transfer_id: String,
    /// The job without its clean-up, which would otherwise be held by what it holds.
    job: JobContext,
    all: Arc<Mutex<Vec<UploadId>>>,
}

impl OpenUploads {
    pub(super) fn of(service: &Arc<Service>, ticket: &Ticket, ctx: &JobContext) -> Self {
        let uploads = ticket.destinations.iter().filter_map(|destination| match &destination.delivery {
            Delivery::Parts { upload_id, .. } => {
                Some(UploadId { file_id: destination.file_id.clone(), upload_id: upload_id.clone() })
            }
            Delivery::Whole(_) => None,
        });
        Self::new(service, ticket.id.clone(), uploads, ctx)
    }

    /// Those of a reply that may turn out not to fit.
    pub(super) fn of_reply(
        service: &Arc<Service>,
        transfer_id: String,
        reply: &Value,
        ctx: &JobContext,
    ) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let uploads = reply["files"].as_array().into_iter().flatten().filter_map(|file| {
            let file_id = wire::checked_id(&text(&file["file_id"])?).ok()?;
            let upload_id = Secret::new(text(&file["upload_id"])?);
            Some(UploadId { file_id, upload_id })
        });
        Self::new(service, transfer_id, uploads, ctx)
    }

    fn new(
        service: &Arc<Service>,
        transfer_id: String,
        uploads: impl Iterator<Item = UploadId>,
        ctx: &JobContext,
    ) -> Self {
        let all = Arc::new(Mutex::new(uploads.collect()));
        Self { service: Arc::clone(service), transfer_id, job: ctx.without_cleanup(), all }
    }

    pub(super) fn are_none(&self) -> bool {
        self.with(|all| all.is_empty())
    }

    /// The service said that it is completed. One of which that is not known stays: if the transfer ends
    /// without being confirmed, aborting what was completed finds nothing and does no harm.
    pub(super) fn completed(&self, upload: &UploadId) {
        self.with(|all| all.retain(|one| one.file_id != upload.file_id));
    }

    /// Nothing leads to them once the call has failed, so they are of no use to anybody.
    pub(super) fn abort_if_not_completed(&self, ctx: &JobContext) {
        if self.are_none() {
            return ctx.cleanup_on_failure(None);
        }
        let uploads = self.clone();
        ctx.cleanup_on_failure(Some(Box::pin(uploads.abort())));
    }

    /// The same for a step whose ticket takes parts once.
    pub(super) fn abort_and_end_ticket(&self, ctx: &JobContext) {
        if self.are_none() {
            return ctx.cleanup_on_failure(None);
        }
        let note = "the parts of this ticket are given up, so presign again";
        ctx.cleanup_that_ends_ticket(Box::pin(self.clone().abort()), note);
    }

    /// The same while a journal is begun. Its record may be half written, by a thread that no cancel stops,
    /// so it is removed first, which waits for that: one that lived on would lead to uploads that are gone.
    pub(super) fn abort_with_journal(&self, journal: Journal, ctx: &JobContext) {
        let uploads = self.clone();
        ctx.cleanup_on_failure(Some(Box::pin(async move {
            match journal.remove().await {
                Ok(()) => uploads.abort().await,
                Err(_) => Cleanup::Failed,
            }
        })));
    }

    /// A journal leads to them from here on.
    pub(super) fn keep(&self, ctx: &JobContext) {
        ctx.cleanup_on_failure(None);
    }

    fn with<T>(&self, f: impl FnOnce(&mut Vec<UploadId>) -> T) -> T {
        f(&mut self.all.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells the service to drop what was uploaded. Only to be called when nothing is on its way any more: a
    /// part that arrives after the abort would stay.
    async fn abort(self) -> Cleanup {
        let uploads = self.with(std::mem::take);
        let Self { service, transfer_id, job, .. } = self;
        if uploads.is_empty() {
            return Cleanup::None;
        }
        tracing::info!(
            target: crate::logs::TARGET,
            job = job.progress.job(),
            transfer_id,
            uploads = uploads.len(),
            "aborting multipart uploads"
        );
        let mut cleanup = Cleanup::Done;
        for some in uploads.chunks(service.clients.options.concurrency.unwrap_or(AT_ONCE_AT_FIRST)) {
            let aborts = some.iter().map(|upload| abort_one(&service, &transfer_id, upload, &job));
            for error in join_all(aborts).await.into_iter().filter_map(Result::err) {
                let reason = error.message();
                tracing::warn!(target: crate::logs::TARGET, job = job.progress.job(), reason, "aborting failed");
                cleanup = Cleanup::Failed;
            }
        }
        cleanup
    }
}

async fn abort_one(service: &Service, transfer_id: &str, upload: &UploadId, ctx: &JobContext) -> Result<()> {
    let clients = service.clients.get()?;
    let body = json!({"upload_id": upload.upload_id.reveal()});
    let path = ["transfers", transfer_id, "files", &upload.file_id, "abort-multipart"];
    let mut call = service.call("abort_multipart", Method::POST, &path, Some(body.to_string().into()))?;
    call.hides = vec![&upload.upload_id];
    let mut retry = service.retry(&clients, ctx);
    match clients.api.call(&call, Repeat::Always, &mut retry).await.map_err(CallFailure::into_error) {
        Ok(_) => Ok(()),
        // There is nothing of it.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

//! Sends a source as a plan says: its bytes by the engine of every other upload, and the steps around them in
//! their order. It ends settled: what failed before the commit is aborted, and a commit whose answer is lost
//! is an unknown outcome.

use std::sync::Arc;

use super::fit::{self, Cut};
use super::read::read;
use super::steps;
use super::targets::{DeliveryTargets, Targets};
use crate::error::{Error, Outcome, Result};
use crate::http::{Clients, HttpClients};
use crate::job::{JobContext, RawUpload};
use crate::prepare_source::prepare_source_in_turn;
use crate::progress::Phase;
use crate::source::Prepared;
use crate::storage::kept_reply::KeptReply;
use crate::storage::parts::{PartTargets, PartUpload, send_parts};
use crate::storage::put::PutTarget;
use crate::storage::put_object::{ObjectUpload, put_object};
use crate::storage::request::SendRequest;
use crate::storage::result::{StoredObject, StoredPart, all_verified_by, crc64_of_all};
use crate::storage::send::Sender;
use crate::storage::upload_limiter::UploadLimiter;

pub(in crate::storage) async fn send_now(
    clients: &Arc<Clients>,
    request: SendRequest,
    ctx: &JobContext,
) -> Result<StoredObject> {
    let http = clients.get()?;
    let mut plan = read(request.plan.reveal())?;
    let (size, sha256) = (plan.size.take(), plan.sha256.take());
    let targets = Targets::check(plan, request.allow_authorization, &clients.options)?;
    let source = prepare_source_in_turn(&http, request.source, &clients.options, ctx).await?;
    fit::check_size(size.as_ref(), source.len())?;
    let cut = match &targets.delivery {
        DeliveryTargets::Parts(_, ranges) => Some(fit::cut(ranges, source.len(), clients.options.part_size)?),
        _ => None,
    };
    fit::check_digest(sha256.as_ref(), &source).await?;
    let bytes_to_send = match &cut {
        Some(cut) => (1..=cut.plan.count()).map(|number| cut.plan.part(number).1).sum(),
        None => source.len(),
    };
    ctx.progress.expect(1, bytes_to_send);
    let stored = PlanUpload { clients, http: &http, targets, source, ctx }.send(cut).await?;
    ctx.progress.file_done();
    Ok(stored)
}

struct PlanUpload<'a> {
    clients: &'a Arc<Clients>,
    http: &'a HttpClients,
    targets: Targets,
    source: Prepared,
    ctx: &'a JobContext,
}

impl PlanUpload<'_> {
    async fn send(mut self, cut: Option<Cut>) -> Result<StoredObject> {
        let alone = self.targets.verify.is_none() && cut.is_none();
        self.ctx.set_raw_upload(if alone { RawUpload::Object } else { RawUpload::Several });
        let stored = match std::mem::replace(&mut self.targets.delivery, DeliveryTargets::AlreadyThere) {
            DeliveryTargets::AlreadyThere => return Ok(self.already_there()),
            DeliveryTargets::Whole(target) => self.whole(&target).await?,
            DeliveryTargets::Form(target) => {
                let kept = KeptReply::default();
                let stored = self.sender().keeping(&kept).post_form(&target, &self.source, None).await?;
                StoredObject { reply: kept.take(), ..stored }
            }
            DeliveryTargets::Parts(targets, _) => {
                let cut = cut.ok_or_else(|| Error::internal("the parts of a plan were not cut"))?;
                self.in_parts(&targets, &cut).await?
            }
        };
        self.verify().await?;
        Ok(stored)
    }

    fn sender(&self) -> Sender<'_> {
        Sender::new(self.http, &self.clients.options, self.ctx)
    }

    /// Nothing is to be sent.
    fn already_there(&self) -> StoredObject {
        self.ctx.progress.already_there(self.source.len());
        StoredObject { bytes: self.source.len(), ..StoredObject::default() }
    }

    async fn whole(&self, target: &PutTarget) -> Result<StoredObject> {
        let kept = KeptReply::default();
        let is_all = self.targets.verify.is_none();
        let upload = ObjectUpload { target, source: &self.source, journal: None, is_all };
        let sender = self.sender();
        let stored = put_object(upload, &sender.keeping(&kept), &self.clients.options, self.ctx).await?;
        Ok(StoredObject { reply: kept.take(), ..stored })
    }

    async fn in_parts(&mut self, targets: &[PutTarget], cut: &Cut) -> Result<StoredObject> {
        let staged = self.targets.is_staged();
        if staged {
            // Until they are put together there is no object.
            self.ctx.outcome_if_stopped(Outcome::NotCompleted);
        }
        if let Some(abort) = self.targets.abort.take() {
            let abort = steps::abort(abort, Arc::clone(self.clients), self.ctx.without_cleanup());
            self.ctx.cleanup_on_failure(Some(Box::pin(abort)));
        }
        if let Some(init) = &self.targets.init {
            let begun = steps::make(init, &[], self.clients, self.ctx).await;
            begun.map_err(|e| e.outcome_is(Outcome::NotCompleted))?;
        }
        let parts = self.parts(targets, cut).await;
        let parts = parts.map_err(|e| if staged { e.outcome_is(Outcome::NotCompleted) } else { e })?;
        let mut stored = put_together(&self.source, parts, cut);
        if let Some(commit) = &self.targets.commit {
            self.ctx.outcome_if_stopped(Outcome::Unknown);
            self.ctx.progress.enter(Phase::Completing);
            let committed = steps::make(commit, &stored.parts, self.clients, self.ctx).await?;
            (stored.etag, stored.reply) = (committed.etag, committed.reply);
        }
        self.ctx.cleanup_on_failure(None);
        Ok(stored)
    }

    async fn parts(&self, targets: &[PutTarget], cut: &Cut) -> Result<Vec<StoredPart>> {
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let limiter = UploadLimiter::new(&self.clients.options, self.ctx);
        let needs_etags = self.targets.commit.as_ref().is_some_and(|commit| commit.body.takes_etags());
        let plan = cut.plan.clone();
        let targets = PartTargets::Given(targets);
        let upload = PartUpload { plan, needs_etags, targets, source: &self.source, done: Vec::new() };
        send_parts(upload, &self.sender(), &limiter, &|_| Box::pin(async { Ok(()) })).await
    }

    /// Tells whoever made the plan. Until that is answered, the upload is not done for them.
    async fn verify(&self) -> Result<()> {
        let Some(verify) = &self.targets.verify else { return Ok(()) };
        self.ctx.outcome_if_stopped(Outcome::Unknown);
        self.ctx.progress.enter(Phase::Completing);
        let told = steps::make(verify, &[], self.clients, self.ctx).await;
        told.map(|_| ()).map_err(|error| error.with_note("storage has the bytes"))
    }
}

fn put_together(source: &Prepared, parts: Vec<StoredPart>, cut: &Cut) -> StoredObject {
    let verified_by = all_verified_by(&parts).filter(|_| cut.is_all && !parts.is_empty());
    StoredObject {
        bytes: source.len(),
        verified: verified_by.is_some(),
        verified_by,
        attempts: parts.iter().fold(0, |sum, part| sum.saturating_add(part.attempts)),
        crc64nvme: if cut.is_all { crc64_of_all(&parts) } else { None },
        parts,
        ..StoredObject::default()
    }
}

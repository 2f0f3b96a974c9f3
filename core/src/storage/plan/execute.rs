//! Sends a source as a plan says: its bytes by the engine of every other upload, and the steps around them in
//! their order. It ends settled: what failed before the commit is aborted, and a commit whose answer is lost
//! is an unknown outcome.

use std::sync::{Arc, OnceLock};

use super::fit::{self, Cut, FittingDigests};
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
use crate::storage::parts::{PartTargets, PartUpload, send_parts, sent_ranges};
use crate::storage::put::PutTarget;
use crate::storage::put_object::{ObjectUpload, is_taken_once, put_object};
use crate::storage::request::SendRequest;
use crate::storage::result::{StoredObject, StoredPart, all_verified_by, crc64_of_all};
use crate::storage::send::Sender;
use crate::storage::upload_history::{TAKEN_TWICE, not_again};
use crate::storage::upload_limiter::UploadLimiter;

/// For whoever thinks of sending by a plan again whose parts may have been put together.
const USED_UP: &str =
    "the plan is used up if its parts were put together, so look whether it is there, or ask for a new plan";

/// For whoever thinks of sending by a plan again whose upload is aborted.
const ABORTED: &str = "the upload that the plan is for was aborted, so ask for a new plan";

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
    let digests = fit::check_digest(sha256.as_ref(), &source).await?;
    let bytes_to_send = match &cut {
        Some(cut) => (1..=cut.plan.count()).map(|number| cut.plan.part(number).1).sum(),
        None => source.len(),
    };
    ctx.progress.expect(1, bytes_to_send);
    let stored = PlanUpload { clients, http: &http, targets, source, digests, ctx }.send(cut).await?;
    ctx.progress.file_done();
    Ok(stored)
}

struct PlanUpload<'a> {
    clients: &'a Arc<Clients>,
    http: &'a HttpClients,
    targets: Targets,
    source: Prepared,
    /// Those that the plan told, and others of the same bytes.
    digests: Option<FittingDigests>,
    ctx: &'a JobContext,
}

impl PlanUpload<'_> {
    async fn send(mut self, cut: Option<Cut>) -> Result<StoredObject> {
        let alone = self.targets.verify.is_none() && cut.is_none();
        self.ctx.set_raw_upload(if alone { RawUpload::Object } else { RawUpload::Several });
        let delivery = std::mem::replace(&mut self.targets.delivery, DeliveryTargets::AlreadyThere);
        let once = match &delivery {
            DeliveryTargets::AlreadyThere => return Ok(self.already_there()),
            DeliveryTargets::Form(_) => false,
            DeliveryTargets::Whole(target) => is_taken_once(target),
            DeliveryTargets::Parts(targets, _) => targets.iter().any(PutTarget::is_taken_once),
        };
        let stored = self.deliver(delivery, cut, once).await?;
        self.verify(once).await?;
        Ok(stored)
    }

    async fn deliver(
        &mut self,
        delivery: DeliveryTargets,
        cut: Option<Cut>,
        once: bool,
    ) -> Result<StoredObject> {
        let stored = match delivery {
            DeliveryTargets::AlreadyThere => return Ok(self.already_there()),
            DeliveryTargets::Whole(target) => self.whole(&target).await?,
            DeliveryTargets::Form(target) => {
                let kept = KeptReply::default();
                let stored = self.sender().keeping(&kept).post_form(&target, &self.source, None).await?;
                StoredObject { reply: kept.take(), ..stored }
            }
            DeliveryTargets::Parts(targets, _) => {
                let cut = cut.ok_or_else(|| Error::internal("the parts of a plan were not cut"))?;
                return self.in_parts(&targets, &cut, once).await;
            }
        };
        if let Some(digests) = &self.digests {
            let sent = digests.check_sent(stored.crc64nvme.as_deref(), &self.source).await;
            sent.map_err(|e| self.of_other_bytes(e, once).etag_is(stored.etag.as_deref()))?;
        }
        Ok(stored)
    }

    /// Other bytes than the plan is for were stored, and nobody was told that they are there.
    fn of_other_bytes(&self, error: Error, once: bool) -> Error {
        let was_to_be_told = self.targets.verify.is_some() && !once;
        let outcome = if was_to_be_told { Outcome::NotCompleted } else { Outcome::Completed };
        error.context("storage has it, but what it has is not what the plan is for").outcome_is(outcome)
    }

    fn sender(&self) -> Sender<'_> {
        Sender::new(self.http, &self.clients.options, self.ctx).with_crc(self.digests.is_some())
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

    async fn in_parts(&mut self, targets: &[PutTarget], cut: &Cut, once: bool) -> Result<StoredObject> {
        let begins_anew = self.targets.init.is_some();
        // Until they are put together there is no object. Parts that are taken anew each time are what they
        // are, unless an abort removes them or the next call begins another upload.
        let staged = match once {
            true => begins_anew || self.targets.abort.is_some(),
            false => self.targets.is_staged(),
        };
        if once {
            self.ctx.set_not_again(TAKEN_TWICE);
        }
        if staged {
            self.ctx.outcome_if_stopped(Outcome::NotCompleted);
        }
        if let Some(abort) = self.targets.abort.take() {
            let abort = Box::pin(steps::abort(abort, Arc::clone(self.clients), self.ctx.without_cleanup()));
            match begins_anew {
                true => self.ctx.cleanup_on_failure(Some(abort)),
                false => self.ctx.cleanup_that_ends_ticket(abort, ABORTED),
            }
        }
        if let Some(init) = &self.targets.init {
            let begun = steps::make(init, &[], self.clients, self.ctx).await;
            begun.map_err(|e| e.outcome_is(Outcome::NotCompleted))?;
        }
        let doubt = OnceLock::new();
        let parts = self.parts(targets, cut, &doubt).await;
        let parts = parts.map_err(|error| match staged {
            true => error.outcome_is(Outcome::NotCompleted),
            false if once && self.ctx.progress.was_body_sent() => not_again(error),
            false => error,
        })?;
        let mut stored = put_together(&self.source, parts, cut);
        stored.warnings.extend(doubt.into_inner());
        if let Some(commit) = &self.targets.commit {
            self.ctx.outcome_if_stopped(Outcome::Unknown);
            if !begins_anew {
                self.ctx.set_not_again(USED_UP);
            }
            self.ctx.progress.enter(Phase::Completing);
            let committed = steps::make(commit, &stored.parts, self.clients, self.ctx).await;
            let committed = committed.map_err(|error| match error.outcome() {
                Outcome::Unknown if !begins_anew => error.retryable_is(false).with_note(USED_UP),
                _ => error,
            })?;
            (stored.etag, stored.reply) = (committed.etag, committed.reply);
        }
        self.ctx.cleanup_on_failure(None);
        Ok(stored)
    }

    async fn parts(
        &self,
        targets: &[PutTarget],
        cut: &Cut,
        doubt: &OnceLock<String>,
    ) -> Result<Vec<StoredPart>> {
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let limiter = UploadLimiter::new(&self.clients.options, self.ctx);
        let needs_etags = match &self.targets.commit {
            Some(commit) => commit.body.takes_etags() && targets.iter().any(PutTarget::answers_etag),
            // Whoever completes an upload of S3's later needs them.
            None => targets.iter().any(|target| target.part_number().is_some()),
        };
        let (plan, targets, source) = (cut.plan.clone(), PartTargets::Given(targets), &self.source);
        let upload = PartUpload { plan, needs_etags, targets, source, done: Vec::new(), doubt };
        let parts = send_parts(upload, &self.sender(), &limiter, &|_| Box::pin(async { Ok(()) })).await?;
        if let Some(digests) = &self.digests {
            let sent = match crc64_of_all(&parts).filter(|_| cut.is_all) {
                Some(crc) => digests.check_sent(Some(&crc), source).await,
                None => digests.check_sent_parts(&sent_ranges(&cut.plan, &parts), source).await,
            };
            sent.map_err(|e| self.of_other_bytes(e, false))?;
        }
        Ok(parts)
    }

    /// Whether the parts were put together, and no other upload would be begun by the same plan.
    fn is_used_up(&self) -> bool {
        self.targets.commit.is_some() && self.targets.init.is_none()
    }

    /// Tells whoever made the plan. Until that is answered, the upload is not done for them.
    async fn verify(&self, once: bool) -> Result<()> {
        let Some(verify) = &self.targets.verify else { return Ok(()) };
        self.ctx.outcome_if_stopped(Outcome::Unknown);
        self.ctx.progress.enter(Phase::Completing);
        let told = steps::make(verify, &[], self.clients, self.ctx).await;
        told.map(|_| ()).map_err(|error| {
            let error = error.with_note("storage has the bytes");
            match once {
                true => not_again(error),
                false if self.is_used_up() => error.retryable_is(false).with_note(USED_UP),
                false => error,
            }
        })
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

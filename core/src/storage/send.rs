//! Sends one payload until storage has it: attempts, retries, the expiry clock, and the checks that
//! make a success one.

use std::sync::Arc;

use http::StatusCode;

use super::answer::{
    answer_cut, etag, is_success, lacks_store_signs, may_be_own_upload, may_be_stored, object, unanswered,
};
use super::error_codes::Action;
use super::expiry::Expiry;
use super::kept_reply::KeptReply;
use super::middlebox::NoSuccess;
use super::post_form::FormTarget;
use super::put::PutTarget;
use super::result::StoredObject;
use super::signed_checksum::{self, Explained};
use super::upload::Upload;
use super::upload_history::UploadHistory;
use super::upload_limiter::UploadSlot;
use super::verification::{
    AnsweredChecksums, Verification, completed, is_worth_its_cost, worth_another_reading, worth_computing,
};
use super::{google, middlebox, precondition, reply, step_refusal};
use crate::digest::{Algorithm, AlgorithmSet};
use crate::error::{Error, Outcome, Result};
use crate::http::tries::Tries;
use crate::http::{ConnectionTurn, HttpClients, Outgoing, Reply};
use crate::job::JobContext;
use crate::logs;
use crate::options::{IntegrityCheck, Options};
use crate::progress::{Counters, roughly};
use crate::secret::Mask;
use crate::source::{Prepared, Reading};

/// Everything an upload needs besides what is uploaded.
#[derive(Clone, Copy)]
pub(crate) struct Sender<'a> {
    pub(super) clients: &'a HttpClients,
    pub(super) options: &'a Options,
    pub(super) ctx: &'a JobContext,
    pub(super) progress: &'a Arc<Counters>,
    slot: Option<&'a UploadSlot<'a>>,
    kept: Option<&'a KeptReply>,
    /// Whether a CRC of what is sent is computed whatever the caller wants compared.
    always_crc: bool,
}

impl<'a> Sender<'a> {
    pub(crate) fn new(clients: &'a HttpClients, options: &'a Options, ctx: &'a JobContext) -> Self {
        Self { clients, options, ctx, progress: &ctx.progress, slot: None, kept: None, always_crc: false }
    }

    /// For an upload that has this turn among others of its call.
    pub(crate) fn with_slot<'b>(&self, slot: &'b UploadSlot<'b>) -> Sender<'b>
    where
        'a: 'b,
    {
        Sender { slot: Some(slot), ..*self }
    }

    /// Keeps storage's answer to a success.
    pub(super) fn keeping<'b>(&self, kept: &'b KeptReply) -> Sender<'b>
    where
        'a: 'b,
    {
        Sender { kept: Some(kept), ..*self }
    }

    /// For an upload whose CRC somebody compares here.
    pub(super) fn with_crc(&self, always_crc: bool) -> Sender<'a> {
        Sender { always_crc, ..*self }
    }

    /// For a step that sends none of the source: its bytes and its time are not the upload's.
    pub(super) fn counting<'b>(&self, progress: &'b Arc<Counters>) -> Sender<'b>
    where
        'a: 'b,
    {
        Sender { progress, ..*self }
    }

    /// Whether the caller wants what was sent compared with what arrived, where a service offers it.
    pub(crate) fn wants_proof(&self) -> bool {
        self.options.integrity_check != IntegrityCheck::Off
    }

    /// Sends a source with a presigned `PUT` until storage has it. `object_size` is the size of the object,
    /// of which the source may be a part; `expect_continue` is whether storage is asked first if it wants it.
    pub(crate) async fn put(
        &self,
        target: &PutTarget,
        source: &Prepared,
        object_size: u64,
        expect_continue: bool,
    ) -> Result<StoredObject> {
        let mut upload = target.upload(source, expect_continue).await?;
        self.choose_digests(&mut upload, object_size);
        self.send_until_stored(&upload).await
    }

    /// Makes a step beside the bytes of an upload, whose body nobody compares. `secrets` are those of the
    /// body.
    pub(super) async fn step(
        &self,
        target: &PutTarget,
        body: &Prepared,
        secrets: &Mask,
    ) -> Result<StoredObject> {
        let mut upload = target.upload(body, false).await?;
        upload.mask = upload.mask.and(secrets);
        self.send_until_stored(&upload).await
    }

    /// The same with a presigned form. `wanted` is a digest that somebody else compares, so that no other
    /// costly one is worth it.
    pub(crate) async fn post_form(
        &self,
        target: &FormTarget,
        source: &Prepared,
        wanted: Option<Algorithm>,
    ) -> Result<StoredObject> {
        let mut upload = target.upload(source).await?;
        self.choose_digests(&mut upload, source.len());
        if let Some(wanted) = wanted {
            let digests = upload.outgoing.digests.in_common(AlgorithmSet::CRCS).with(wanted);
            upload.outgoing.digests = without_filled(digests, &upload);
            upload.costly_check = false;
        }
        self.send_until_stored(&upload).await
    }

    pub(super) fn choose_digests(&self, upload: &mut Upload<'_>, object_size: u64) {
        let check = self.options.integrity_check;
        if check == IntegrityCheck::Off {
            if self.always_crc {
                upload.outgoing.digests = AlgorithmSet::of(Algorithm::Crc64Nvme);
            }
            return;
        }
        let answered = self.clients.answered.of(upload.kind, upload.target.authority());
        let worth = worth_computing(check, answered, object_size, || google::likely_checksums(upload));
        upload.outgoing.digests = without_filled(worth, upload);
        upload.costly_check = is_worth_its_cost(check, object_size);
    }

    pub(super) async fn send_until_stored(&self, upload: &Upload<'_>) -> Result<StoredObject> {
        self.go_on_until_stored(upload, UploadHistory::new(upload.outgoing.handling.once)).await
    }

    /// The same with what is known of it already.
    pub(super) async fn go_on_until_stored(
        &self,
        upload: &Upload<'_>,
        mut history: UploadHistory,
    ) -> Result<StoredObject> {
        let operation = upload.operation;
        signed_checksum::check(upload).await.map_err(|e| e.with_operation(operation))?;
        self.progress.sending(upload.expiry.and_then(|e| e.known_left()));
        let until = upload.expiry.map(|e| e.at());
        let mut retry =
            self.clients.retry(upload.target.url(), self.options, self.ctx).same_key().until(until);
        loop {
            let turn = self.clients.turn().await;
            history.tries.begin_request();
            if let Some(expiry) = upload.expiry {
                expiry.check("the upload ticket").map_err(|e| {
                    history.tries.add_outcome(self.too_slow_for(expiry, e).with_operation(operation))
                })?;
            }
            let error = match self.try_once(upload, &mut history).await {
                Ok((stored, file)) => {
                    retry.succeeded();
                    let source = &upload.outgoing.payload.source;
                    let proved = source.prove(file.as_ref(), &stored.digests()).await;
                    proved.map_err(|e| {
                        let error = stored_all_the_same(e).with_operation(operation);
                        history.tries.add_outcome(error).etag_is(stored.etag.as_deref())
                    })?;
                    let attempts = retry.attempts().saturating_add(history.tries.repeated());
                    return Ok(StoredObject { attempts, ..stored });
                }
                Err((error, _)) if error.is_out_of_descriptors() => {
                    if self.has_room_again(turn).await {
                        continue;
                    }
                    return Err(history.tries.add_outcome(error.with_operation(operation)));
                }
                Err((error, action)) => history.before_retry(error.with_operation(operation), action)?,
            };
            drop(turn);
            let ended = until.is_some_and(|end| retry.cannot_be_before(end, &error));
            retry.again(error).await.map_err(|e| match upload.expiry {
                Some(expiry) if ended => self.too_slow_for(expiry, e).ticket_ended_is(true),
                _ => e,
            })?;
            if let Some(slot) = self.slot {
                slot.wait_before_retry().await?;
            }
        }
    }

    /// Adds to the error of a ticket that ran out, if it could not have been enough.
    fn too_slow_for(&self, expiry: Expiry, error: Error) -> Error {
        let lifetime = expiry.lifetime();
        let needed = self.progress.time_for_all().filter(|needed| *needed > lifetime && !lifetime.is_zero());
        match needed {
            Some(needed) => error.with_note(&format!(
                "at the rate so far sending needs {} and the ticket lasted {}, so a faster connection or less to send is needed",
                roughly(needed),
                roughly(lifetime)
            )),
            None => error,
        }
    }

    /// The object that storage has, and the file it was read from.
    async fn try_once(
        &self,
        upload: &Upload<'_>,
        history: &mut UploadHistory,
    ) -> Result<(StoredObject, Option<Arc<Reading>>), (Error, Action)> {
        let Upload { target, outgoing, mask, .. } = upload;
        let sent = self.clients.storage.try_once(target, outgoing, self.progress, &mut history.tries).await;
        let reply = sent.map_err(|error| unanswered(error, mask))?;
        self.log_answer(outgoing, &reply, upload.host());
        let mask = reply.masked_with(mask);
        if !is_success(outgoing, &reply) {
            self.progress.take_back(reply.counted);
            let etag = etag(&reply, outgoing.handling);
            if may_be_own_upload(&reply, &history.tries)
                && let Some(stored) =
                    Box::pin(own_upload(upload, &reply, etag.as_deref(), &history.tries)).await
            {
                self.stored(&mut history.tries, etag.as_deref());
                return Ok((stored, history.tries.changed().cloned()));
            }
            return Err(refused(upload, &reply, history, &mask).await);
        }
        match self.accepted(upload, &reply, history, &mask)? {
            Accepted::Doubted(stored) => Ok((*stored, reply.file)),
            Accepted::Stored => {
                let etag = etag(&reply, outgoing.handling);
                self.stored(&mut history.tries, etag.as_deref());
                self.verified(upload, reply, etag, history, &mask).await
            }
        }
    }

    /// Whether an answer that says so is storage's own word that it has what was sent.
    pub(super) fn accepted(
        &self,
        upload: &Upload<'_>,
        reply: &Reply,
        history: &mut UploadHistory,
        mask: &Mask,
    ) -> Result<Accepted, (Error, Action)> {
        let (host, etag) = (upload.host(), etag(reply, upload.outgoing.handling));
        if let Some(found) = NoSuccess::of(reply, mask) {
            self.progress.take_back(reply.counted);
            let error = match step_refusal::is_of_server(upload, reply) {
                true => step_refusal::no_success(reply, &found, host, mask),
                false => middlebox::not_of_storage(reply, &found, host, mask),
            };
            return Err((error, Action::Fail));
        }
        if reply.cut_error(upload.outgoing.handling) {
            self.progress.take_back(reply.counted);
            let error = answer_cut(host, upload.outgoing.handling);
            return Err((error.side_is(step_refusal::side(upload, reply)), Action::Retry));
        }
        if let Some(kept) = self.kept {
            kept.keep(reply, mask);
        }
        if lacks_store_signs(upload, reply, etag.as_deref()) {
            // Whatever becomes of the call, it may be there.
            history.tries.may_be_stored();
            let stored = self.doubted(&upload.outgoing, reply, host, mask)?;
            return Ok(Accepted::Doubted(Box::new(stored)));
        }
        Ok(Accepted::Stored)
    }

    /// The object that storage says it has, unless its digest is another than ours.
    pub(super) async fn verified(
        &self,
        upload: &Upload<'_>,
        mut reply: Reply,
        etag: Option<String>,
        history: &mut UploadHistory,
        mask: &Mask,
    ) -> Result<(StoredObject, Option<Arc<Reading>>), (Error, Action)> {
        let mut ours = std::mem::take(&mut reply.digests);
        ours.complete_with(&upload.filled.digests);
        // A checksum that the ticket demanded is there whatever the caller wants. What answers a POST are the
        // digests of its reply, and a difference would have it sent again.
        if ours.is_empty() || !self.wants_proof() || upload.outgoing.handling.once {
            return Ok((object(&upload.outgoing, &ours, etag, None), reply.file));
        }
        let answered = AnsweredChecksums::of(&reply, etag.as_deref());
        self.clients.answered.note(upload.kind, upload.target.authority(), answered.kinds());
        if answered.kinds().in_common(ours.kinds()).is_empty() {
            let wanted = worth_another_reading(answered.kinds(), upload.costly_check);
            // Away from here, as it is rare: only uploads that need it are to take its room.
            ours = Box::pin(completed(&upload.outgoing.payload.source, ours, wanted)).await;
        }
        let verified_by = match answered.compare(&ours) {
            Verification::Same(algorithm) => Some(algorithm),
            Verification::Unknown => None,
            Verification::Differs(difference) => {
                self.progress.take_back(reply.counted);
                if let Some(etag) = &etag {
                    history.tries.stored_as(etag);
                }
                let before = history.differed.replace(difference.ours);
                let again = before == Some(difference.ours);
                let error = difference.error(upload.host(), again);
                let action = if again { Action::Fail } else { Action::Retry };
                return Err((error.hiding(|text| mask.hidden(text)), action));
            }
        };
        Ok((object(&upload.outgoing, &ours, etag, verified_by), reply.file))
    }

    /// A success that nothing but its status shows; an error where the caller wants proof.
    fn doubted(
        &self,
        outgoing: &Outgoing,
        reply: &Reply,
        host: &str,
        mask: &Mask,
    ) -> Result<StoredObject, (Error, Action)> {
        if self.options.integrity_check == IntegrityCheck::On {
            self.progress.take_back(reply.counted);
            return Err((
                middlebox::uncertain_success_error(host, reply.status, &reply.headers, mask),
                Action::Fail,
            ));
        }
        let warning = middlebox::uncertain_success(host, reply.status, &reply.headers, mask);
        tracing::warn!(target: logs::TARGET, job = self.progress.job(), "{warning}");
        Ok(StoredObject { warnings: vec![warning], ..object(outgoing, &reply.digests, None, None) })
    }

    /// Whether there is a descriptor again. A try that finds none is none: nothing of it left, and what is
    /// under way gives back what is missing.
    pub(super) async fn has_room_again(&self, turn: ConnectionTurn<'_>) -> bool {
        self.clients.storage.close_idle().await || turn.after_another().await
    }

    pub(super) fn log_answer(&self, outgoing: &Outgoing, reply: &Reply, host: &str) {
        tracing::debug!(
            target: logs::TARGET,
            job = self.progress.job(),
            host,
            status = reply.status.as_u16(),
            bytes = outgoing.payload.source.len(),
            "storage answered"
        );
    }

    pub(super) fn stored(&self, tries: &mut Tries, etag: Option<&str>) {
        tries.stored();
        self.ctx.record_stored(etag);
    }
}

/// A success by its status that is not somebody else's.
pub(super) enum Accepted {
    /// Nothing else shows that it is storage's.
    Doubted(Box<StoredObject>),
    Stored,
}

/// Those that were not computed already. The CRC is computed anew: it proves what was sent of a file that
/// changes meanwhile.
fn without_filled(digests: AlgorithmSet, upload: &Upload<'_>) -> AlgorithmSet {
    let crc = AlgorithmSet::of(Algorithm::Crc64Nvme);
    digests.without(upload.filled.digests.kinds().without(crc))
}

/// What is in the way of an upload, if it is what an earlier try of ours sent, whose answer was lost.
async fn own_upload(
    upload: &Upload<'_>,
    reply: &Reply,
    etag: Option<&str>,
    tries: &Tries,
) -> Option<StoredObject> {
    let there = AnsweredChecksums::of(reply, etag);
    let mut sent = tries.sent_digests().clone();
    sent.complete_with(&upload.filled.digests);
    let sent = completed(&upload.outgoing.payload.source, sent, there.kinds()).await;
    match there.compare(&sent) {
        Verification::Same(algorithm) => {
            Some(object(&upload.outgoing, &sent, etag.map(str::to_owned), Some(algorithm)))
        }
        _ => None,
    }
}

/// The error of an answer that is no success, with what it says of the object.
pub(super) async fn refused(
    upload: &Upload<'_>,
    reply: &Reply,
    history: &mut UploadHistory,
    mask: &Mask,
) -> (Error, Action) {
    if step_refusal::is_of_server(upload, reply) {
        if may_be_stored(reply, None, upload.outgoing.handling) {
            history.tries.may_be_stored();
        }
        return step_refusal::refusal(reply, upload.target.url(), mask);
    }
    let host = upload.host();
    let (error, action) = reply::refusal(reply, upload.target.url(), mask);
    if precondition::is_about(reply.status, error.service_code()) {
        let etag = etag(reply, upload.outgoing.handling);
        return (precondition::failed(upload, error, etag.as_deref(), &history.tries, host), action);
    }
    if may_be_stored(reply, error.service_code(), upload.outgoing.handling) {
        history.tries.may_be_stored();
    }
    // Each try reads the file anew, and the checksum is that of the first look.
    if !upload.filled.digests.is_empty()
        && signed_checksum::is_refusal_of_digest(&error)
        && let Err(changed) =
            Box::pin(upload.outgoing.payload.source.still_holds(&upload.filled.digests)).await
    {
        return (changed, Action::Fail);
    }
    match (signed_checksum::explain(upload, &error, host).await, upload.expiry) {
        (Some(Explained::Certain(explained)), _) => (explained, Action::Fail),
        // Damage on the way is an accident, which does not happen twice to the same bytes.
        (Some(Explained::Likely(explained)), _) => {
            let again = std::mem::replace(&mut history.doubted, true);
            if again || action == Action::Fail { (explained, Action::Fail) } else { (error, action) }
        }
        (None, Some(expiry)) => (expiry.explain_refusal(error, host, &reply.headers), action),
        (None, None) => (error, action),
    }
}

/// The source changed while it was sent, or cannot be looked at any more; storage has taken it nevertheless.
pub(super) fn stored_all_the_same(error: Error) -> Error {
    error.context("storage has it, but what it has may be part old and part new")
}

fn is_about_what_is_there(error: &Error) -> bool {
    let status = error.http_status().and_then(|status| StatusCode::from_u16(status).ok());
    status.is_some_and(|status| precondition::is_about(status, error.service_code()))
}

/// Says in the sentence what a request before the one it is about may have done. A 412 says it anyway.
pub(crate) fn with_earlier_tries(error: Error) -> Error {
    if !error.of_earlier_request() || is_about_what_is_there(&error) {
        return error;
    }
    match error.outcome() {
        Outcome::NotCompleted => error,
        Outcome::Unknown => error.with_note(
            "an earlier try sent everything and got no clear answer, so look whether it is there before you send it again",
        ),
        Outcome::Completed => error.with_note(
            "an earlier try was stored, with another digest than that of what was sent, so look at what is there",
        ),
    }
}

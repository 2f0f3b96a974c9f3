//! A blob that is sent in blocks: each alone, several at once, then the list that makes a blob of them. Until
//! that is taken there is no new blob, and Azure drops blocks that nobody commits within a week.
//! <https://learn.microsoft.com/rest/api/storageservices/put-block-list>

use std::sync::OnceLock;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::azure::{BLOCK_LIST, BlobHeaders, BlockNames};
use super::demanded_checksum::FilledChecksums;
use super::part_plan::PartPlan;
use super::parts::{PartTargets, PartUpload, send_parts};
use super::put::PutTarget;
use super::put_journal::PutJournal;
use super::result::{StoredObject, StoredPart, all_verified_by, crc64_of_all};
use super::send::Sender;
use super::upload_history::UploadHistory;
use super::upload_limiter::UploadLimiter;
use crate::digest::{Algorithm, AlgorithmSet, Digests};
use crate::error::{Error, Outcome, Result};
use crate::job::{JobContext, RawUpload};
use crate::source::Prepared;

/// What goes where in blocks.
pub(super) struct BlockUpload<'a> {
    pub(super) target: &'a PutTarget,
    pub(super) source: &'a Prepared,
    pub(super) plan: PartPlan,
    pub(super) names: BlockNames,
    /// Blocks that are there already.
    pub(super) done: Vec<StoredPart>,
    /// Whether an earlier call may have committed all of them.
    pub(super) may_be_stored: bool,
    /// What the call is from the moment that they may be the object.
    pub(super) when_stored: RawUpload,
}

/// Sends the blocks that are not there yet, and commits all of them.
pub(super) async fn put_in_blocks(
    upload: BlockUpload<'_>,
    sender: &Sender<'_>,
    limiter: &UploadLimiter,
    journal: &PutJournal,
    ctx: &JobContext,
) -> Result<StoredObject> {
    let BlockUpload { target, source, plan, names, done, may_be_stored, when_stored } = upload;
    target.check_length(source.len())?;
    let headers = BlobHeaders::of(target.headers());
    ctx.progress.already_there(done.iter().map(|part| part.bytes).sum());
    let block = |number| target.with(&names.query(number), headers.block.clone());
    let on_stored = |part: StoredPart| -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { journal.part(&part).await })
    };
    let doubt = OnceLock::new();
    let upload = PartUpload {
        plan: plan.clone(),
        needs_etags: false,
        targets: PartTargets::Made(&block),
        source,
        done,
        doubt: &doubt,
    };

    // Until they are committed there is no blob, unless an earlier call committed them, which the job knows.
    let not_committed = |e: Error| e.outcome_is(Outcome::NotCompleted);
    ctx.outcome_if_stopped(if may_be_stored { Outcome::Unknown } else { Outcome::NotCompleted });
    let parts = send_parts(upload, sender, limiter, &on_stored).await.map_err(not_committed)?;

    journal.committing().await.map_err(not_committed)?;
    ctx.outcome_if_stopped(may_be_stored.then_some(Outcome::Unknown));
    ctx.set_raw_upload(when_stored);
    let list = target.with(BLOCK_LIST, headers.list)?;
    let stored = commit(&list, names.list(plan.count()), sender, may_be_stored).await;
    let stored = stored.map_err(|e| e.context("the list of its blocks"))?;
    Ok(committed(stored, parts, plan.size(), doubt.into_inner()))
}

/// The blob that a list made of its blocks.
fn committed(list: StoredObject, parts: Vec<StoredPart>, bytes: u64, doubt: Option<String>) -> StoredObject {
    let verified_by = all_verified_by(&parts);
    let attempts = parts.iter().fold(list.attempts, |sum, part| sum.saturating_add(part.attempts));
    StoredObject {
        bytes,
        etag: list.etag,
        sha256: None,
        md5: None,
        crc64nvme: crc64_of_all(&parts),
        verified: verified_by.is_some(),
        verified_by,
        attempts,
        warnings: doubt.into_iter().chain(list.warnings).collect(),
        reply: list.reply,
        parts,
    }
}

/// Azure compares the list with its MD5 before it believes it.
async fn commit(
    target: &PutTarget,
    list: Bytes,
    sender: &Sender<'_>,
    may_be_stored: bool,
) -> Result<StoredObject> {
    let history = if may_be_stored { UploadHistory::after_another_call() } else { UploadHistory::new(false) };
    let digests = Digests::of(AlgorithmSet::of(Algorithm::Md5), &list);
    let filled = FilledChecksums::of_content(digests);
    let upload = target.upload_framing(list, filled)?;
    sender.go_on_until_stored(&upload, history).await
}

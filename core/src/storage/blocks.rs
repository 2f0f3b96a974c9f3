//! A blob that is sent in blocks: each alone, several at once, then the list that makes a blob of them. Until
//! that is taken there is no new blob, and Azure drops blocks that nobody commits within a week.
//! <https://learn.microsoft.com/rest/api/storageservices/put-block-list>

use std::sync::OnceLock;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::azure::BlobHeaders;
use super::demanded_checksum::FilledChecksums;
use super::part_plan::PartPlan;
use super::parts::{PartTargets, PartUpload, send_parts};
use super::put::PutTarget;
use super::put_journal::PutJournal;
use super::result::{StoredObject, StoredPart, all_verified_by, crc64_of_all};
use super::send::Sender;
use super::upload_limiter::UploadLimiter;
use crate::digest::{Algorithm, AlgorithmSet, Digests};
use crate::error::{Error, Outcome, Result};
use crate::job::{JobContext, RawUpload};
use crate::source::Prepared;

/// The names of the blocks of one upload, which no other has: two uploads to one name would be mixed
/// otherwise.
pub(super) struct BlockNames {
    /// Hex digits of chance, [`PREFIX_LEN`] of them.
    pub(super) prefix: String,
}

impl BlockNames {
    pub(super) fn new() -> Result<Self> {
        let mut chance = [0; PREFIX_LEN / 2];
        let filled = aws_lc_rs::rand::fill(&mut chance);
        filled.map_err(|_| Error::internal("the system gave no random bytes"))?;
        Ok(Self { prefix: chance.iter().map(|byte| format!("{byte:02x}")).collect() })
    }

    /// All of one length, as Azure wants them, and such that base64 has no character that a URL must encode.
    fn id(&self, number: u64) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(format!("{}{number:06}", self.prefix))
    }

    /// Each as it was sent last. A list that is sent again names the blocks that it committed.
    fn list(&self, count: u64) -> Bytes {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
        for number in 1..=count {
            xml.push_str(&format!("<Latest>{}</Latest>", self.id(number)));
        }
        xml.push_str("</BlockList>");
        xml.into()
    }
}

/// With six digits a multiple of three, so that base64 ends without padding.
const PREFIX_LEN: usize = 30;

/// What goes where in blocks.
pub(super) struct BlockUpload<'a> {
    pub(super) target: &'a PutTarget,
    pub(super) source: &'a Prepared,
    pub(super) plan: PartPlan,
    pub(super) names: BlockNames,
    /// Blocks that are there already.
    pub(super) done: Vec<StoredPart>,
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
    let BlockUpload { target, source, plan, names, done, when_stored } = upload;
    target.check_length(source.len())?;
    let headers = BlobHeaders::of(target.headers());
    ctx.progress.already_there(done.iter().map(|part| part.bytes).sum());
    let block =
        |number| target.with(&format!("comp=block&blockid={}", names.id(number)), headers.block.clone());
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

    // Until they are committed there is no blob.
    let parts = send_parts(upload, sender, limiter, &on_stored).await;
    let parts = parts.map_err(|e| e.outcome_is(Outcome::NotCompleted))?;

    journal.committing().await?;
    ctx.set_raw_upload(when_stored);
    let list = target.with("comp=blocklist", headers.list)?;
    let stored = commit(&list, names.list(plan.count()), sender).await;
    let stored = stored.map_err(|e| e.context("the list of its blocks"))?;
    let verified_by = all_verified_by(&parts);
    let attempts = parts.iter().fold(stored.attempts, |sum, part| sum.saturating_add(part.attempts));
    Ok(StoredObject {
        bytes: plan.size(),
        etag: stored.etag,
        sha256: None,
        md5: None,
        crc64nvme: crc64_of_all(&parts),
        verified: verified_by.is_some(),
        verified_by,
        attempts,
        warnings: doubt.into_inner().into_iter().chain(stored.warnings).collect(),
        reply: stored.reply,
        parts,
    })
}

/// Azure compares the list with its MD5 before it believes it.
async fn commit(target: &PutTarget, list: Bytes, sender: &Sender<'_>) -> Result<StoredObject> {
    let digests = Digests::of(AlgorithmSet::of(Algorithm::Md5), &list);
    let filled = FilledChecksums::of_content(digests);
    let upload = target.upload_framing(list, filled)?;
    sender.send_until_stored(&upload).await
}

/// Whether blocks that are to be there are not, so that the upload begins anew if it is made again.
pub(super) fn lost_its_blocks(error: &Error) -> bool {
    error.service_code() == Some("InvalidBlockList")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_blocks_are_of_one_length_and_stand_in_a_url_as_they_are() {
        let names = BlockNames::new().expect("chance");
        let plain = |id: &str| id.bytes().all(|b| b.is_ascii_alphanumeric());
        for number in [1, 9, 49_999, 50_000] {
            let id = names.id(number);
            assert!(id.len() == 48 && plain(&id), "{id}");
        }
        assert_ne!(names.prefix, BlockNames::new().expect("chance").prefix);
        let list = String::from_utf8(names.list(2).to_vec()).expect("text");
        assert!(list.contains(&format!(
            "<Latest>{}</Latest><Latest>{}</Latest></Bl",
            names.id(1),
            names.id(2)
        )));
    }
}

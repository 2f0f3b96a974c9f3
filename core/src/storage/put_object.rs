//! One object to a presigned URL: whole, or in the way that the URL's dialect has for what is large. Knows
//! which ways there are, and not how any of them works.

use std::path::PathBuf;

use serde_json::json;

use super::azure;
use super::blocks::{BlockNames, BlockUpload, lost_its_blocks, put_in_blocks};
use super::google::{self, SessionKind};
use super::part_plan::PartPlan;
use super::put::PutTarget;
use super::put_journal::{PutJournal, Resumed};
use super::result::StoredObject;
use super::send::Sender;
use super::session::{Session, SessionEnd, begin_session};
use super::upload_history::TAKEN_TWICE;
use super::upload_limiter::UploadLimiter;
use crate::error::Result;
use crate::job::{JobContext, RawUpload};
use crate::options::Options;
use crate::source::Prepared;

/// One object and where it goes.
pub(super) struct ObjectUpload<'a> {
    pub(super) target: &'a PutTarget,
    pub(super) source: &'a Prepared,
    /// For what does not go whole.
    pub(super) journal: Option<PathBuf>,
    /// Whether the call is over as soon as storage has it.
    pub(super) is_all: bool,
}

impl ObjectUpload<'_> {
    /// What being stopped leaves once storage may have it.
    fn when_stored(&self) -> RawUpload {
        if self.is_all { RawUpload::Object } else { RawUpload::Several }
    }
}

/// Sends it until storage has it.
pub(super) async fn put_object(
    upload: ObjectUpload<'_>,
    sender: &Sender<'_>,
    options: &Options,
    ctx: &JobContext,
) -> Result<StoredObject> {
    let ObjectUpload { target, source, .. } = upload;
    ctx.set_raw_upload(upload.when_stored());
    if is_taken_once(target) {
        ctx.set_not_again(TAKEN_TWICE);
        return sender.put(target, source, source.len(), true).await;
    }
    // Away from here: only uploads that go in these ways are to take their room.
    if let Some(plan) = azure::block_plan(target.url(), target.headers(), source.len(), options)? {
        return Box::pin(in_blocks(upload, plan, sender, options, ctx)).await;
    }
    if let Some(kind) = google::session_kind(target.url(), target.headers()) {
        return Box::pin(in_session(upload, kind, sender, ctx)).await;
    }
    sender.put(target, source, source.len(), true).await
}

/// Whether whoever answers takes the body as a new thing each time. A POST that begins a session is
/// storage's: its body would be passed over, and the answer a success.
pub(super) fn is_taken_once(target: &PutTarget) -> bool {
    let begins_session = || google::session_kind(target.url(), target.headers()) == Some(SessionKind::Signed);
    target.is_taken_once() && !begins_session()
}

async fn in_blocks(
    upload: ObjectUpload<'_>,
    plan: PartPlan,
    sender: &Sender<'_>,
    options: &Options,
    ctx: &JobContext,
) -> Result<StoredObject> {
    let (target, source, when_stored) = (upload.target, upload.source, upload.when_stored());
    let opened = PutJournal::open(upload.journal, target, source, ctx).await?;
    let Resumed { journal, kept, parts } = opened;
    let known =
        kept.and_then(|kept| Some((kept["prefix"].as_str()?.to_owned(), kept["part_size"].as_u64()?)));
    let is_new = known.is_none();
    let (names, plan) = match known {
        Some((prefix, size)) => (BlockNames { prefix }, PartPlan::fixed(source.len(), size)),
        None => (BlockNames::new()?, plan),
    };
    if is_new {
        let kept = json!({ "prefix": names.prefix, "part_size": plan.part_size() });
        journal.begin(target, source, kept, ctx).await?;
    }
    ctx.set_raw_upload(RawUpload::Several);
    let limiter = UploadLimiter::new(options, ctx);
    let upload = BlockUpload { target, source, plan, names, done: parts, when_stored };
    match put_in_blocks(upload, sender, &limiter, &journal, ctx).await {
        Ok(stored) => {
            journal.done(ctx).await;
            Ok(stored)
        }
        Err(error) if lost_its_blocks(&error) => Err(journal.give_up(error, ctx).await),
        Err(error) => Err(error),
    }
}

async fn in_session(
    upload: ObjectUpload<'_>,
    kind: SessionKind,
    sender: &Sender<'_>,
    ctx: &JobContext,
) -> Result<StoredObject> {
    let (target, source) = (&upload.target.clone().by_put(), upload.source);
    target.check_length(source.len())?;
    if kind == SessionKind::Open {
        // Storage tells how far it is, whoever began it.
        let sent = Session::new(target, source, sender).send(false).await;
        return sent.map_err(|(SessionEnd::Failed(error) | SessionEnd::Lost(error))| error);
    }
    let Resumed { journal, kept, .. } = PutJournal::open(upload.journal, target, source, ctx).await?;
    let mut known = kept.and_then(|kept| Some(kept["session"].as_str()?.to_owned()));
    let mut may_begin_anew = true;
    loop {
        let is_new = known.is_none();
        let url = match known.take() {
            Some(url) => url,
            None => {
                let url = begin_session(target, sender).await?;
                journal.begin(target, source, json!({ "session": url }), ctx).await?;
                url
            }
        };
        match Session::new(&target.at(&url)?, source, sender).send(is_new).await {
            Ok(stored) => {
                let began = u32::from(is_new);
                journal.done(ctx).await;
                return Ok(StoredObject { attempts: stored.attempts.saturating_add(began), ..stored });
            }
            Err(SessionEnd::Lost(_)) if may_begin_anew => may_begin_anew = false,
            Err(SessionEnd::Lost(error)) => return Err(journal.give_up(error, ctx).await),
            Err(SessionEnd::Failed(error)) => return Err(error),
        }
    }
}

//! One object to a presigned URL: whole, or in the way that the URL's dialect has for what is large. Knows
//! which ways there are, and not how any of them works.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::azure::{self, BlockNames};
use super::blocks::{BlockUpload, put_in_blocks};
use super::error_codes::Action;
use super::google::{self, SessionKind};
use super::part_plan::PartPlan;
use super::put::PutTarget;
use super::put_journal::{PutJournal, Resumed};
use super::result::StoredObject;
use super::send::Sender;
use super::session::{Session, SessionEnd, begin_session};
use super::session_history::SessionHistory;
use super::upload_history::TAKEN_TWICE;
use super::upload_limiter::UploadLimiter;
use crate::error::{Error, ErrorKind, Outcome, Result};
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
    let Resumed { journal, kept, parts, may_be_stored } = opened;
    let known =
        kept.and_then(|kept| Some((kept["prefix"].as_str()?.to_owned(), kept["part_size"].as_u64()?)));
    let is_new = known.is_none();
    let (names, plan) = match known {
        Some((prefix, size)) => (BlockNames { prefix }, PartPlan::fixed(source.len(), size)),
        None => (BlockNames::new()?, plan),
    };
    if is_new {
        let kept = json!({ "prefix": names.prefix, "part_size": plan.part_size() });
        journal.begin(target, source, kept, false, ctx).await?;
    }
    ctx.set_raw_upload(RawUpload::Several);
    let limiter = UploadLimiter::new(options, ctx);
    let upload = BlockUpload { target, source, plan, names, done: parts, may_be_stored, when_stored };
    match put_in_blocks(upload, sender, &limiter, &journal, ctx).await {
        Ok(stored) => {
            journal.done(ctx).await;
            Ok(stored)
        }
        Err(error) if azure::lost_its_blocks(&error) => Err(journal.give_up(error, ctx).await),
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
        return in_open_session(target, source, sender).await;
    }
    let Resumed { journal, kept, .. } = PutJournal::open(upload.journal, target, source, ctx).await?;
    let mut known = kept.and_then(|kept| Some((kept["session"].as_str()?.to_owned(), left(&kept))));
    let mut history = SessionHistory::new();
    if let Some((_, before)) = &known {
        history = SessionHistory::resumed(*before);
        // The history has it from here on, and storage tells.
        ctx.earlier_call_is_settled();
        ctx.outcome_if_stopped(history.tries().outcome());
    }
    let mut may_begin_anew = true;
    loop {
        let is_new = known.is_none();
        let url = match known.take() {
            Some((url, _)) => url,
            None => {
                let begun = begin_session(target, sender, &mut history).await;
                let url = begun.map_err(|error| history.at_end(error))?;
                let kept = json!({ "session": url, "before": history.tries().outcome().as_str() });
                history.of_all(journal.begin(target, source, kept, true, ctx).await)?;
                url
            }
        };
        let at = history.of_all(target.at(&url))?;
        match Session::new(&at, source, sender, &mut history).send(is_new).await {
            Ok(stored) => {
                journal.done(ctx).await;
                return Ok(stored);
            }
            Err(SessionEnd::Lost(_, Action::Retry)) if may_begin_anew => {
                may_begin_anew = false;
                history.begin_anew();
            }
            Err(SessionEnd::Lost(error, _)) => {
                return Err(journal.give_up(history.at_end(error), ctx).await);
            }
            Err(SessionEnd::Failed(error)) => return Err(history.at_end(error)),
        }
    }
}

/// A session that the caller began. Storage tells how far it is.
async fn in_open_session(target: &PutTarget, source: &Prepared, sender: &Sender<'_>) -> Result<StoredObject> {
    let mut history = SessionHistory::new();
    Session::new(target, source, sender, &mut history).send(false).await.map_err(of_open_session)
}

/// What sessions before the one of a journal left.
fn left(kept: &Value) -> Outcome {
    let all = [Outcome::Completed, Outcome::Unknown];
    let left = all.into_iter().find(|outcome| kept["before"] == outcome.as_str());
    left.unwrap_or(Outcome::NotCompleted)
}

/// Nothing here can begin another one.
fn of_open_session(end: SessionEnd) -> Error {
    match end {
        SessionEnd::Lost(error, _) if error.kind() == ErrorKind::Integrity => error
            .retryable_is(false)
            .with_note("the session is over, so another one has to be begun for that"),
        SessionEnd::Failed(error) | SessionEnd::Lost(error, _) => error,
    }
}

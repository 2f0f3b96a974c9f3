//! The steps of a plan beside its bytes: their bodies, and how they are made.

use std::sync::Arc;

use serde_json::json;

use super::cursor::at_place;
use super::model::StepBody;
use super::targets::StepTarget;
use crate::error::{Cleanup, Error, ErrorKind, Outcome, Result, Side};
use crate::http::Clients;
use crate::job::JobContext;
use crate::logs;
use crate::prepare_source::prepare_source_in_turn;
use crate::secret::Mask;
use crate::source::Source;
use crate::storage::kept_reply::KeptReply;
use crate::storage::result::{StorageReply, StoredPart};
use crate::storage::send::Sender;

/// The answer to a step.
pub(super) struct StepAnswer {
    pub(super) etag: Option<String>,
    pub(super) reply: Option<StorageReply>,
}

/// Makes a step until it is answered. It is safe to repeat: whoever handles it has the same bytes either way.
pub(super) async fn make(
    step: &StepTarget,
    parts: &[StoredPart],
    clients: &Clients,
    ctx: &JobContext,
) -> Result<StepAnswer> {
    let http = clients.get()?;
    let body = body(&step.body, parts);
    let mut secrets = Mask::default();
    if let Ok(json) = serde_json::from_str(&body) {
        secrets.hide_in_json(&json);
    }
    let source = Source::memory(body.into_bytes());
    let source = prepare_source_in_turn(&http, source, &clients.options, ctx).await?;
    let (kept, progress) = (KeptReply::default(), Arc::new(ctx.progress.beside()));
    let sender = Sender::new(&http, &clients.options, ctx);
    let sender = sender.counting(&progress).keeping(&kept);
    let made = sender.step(&step.target, &source, &secrets).await;
    let stored = made.map_err(|error| at_place(&step.at, error))?;
    let reply = kept.take();
    if step.is_of_s3() && !reply.as_ref().is_some_and(says_completed) {
        return Err(at_place(&step.at, without_result(step)));
    }
    Ok(StepAnswer { etag: stored.etag, reply })
}

/// Whether S3 says that it has the object: it begins to answer before it knows.
fn says_completed(reply: &StorageReply) -> bool {
    reply.body.contains("CompleteMultipartUploadResult")
}

fn without_result(step: &StepTarget) -> Error {
    let host = step.target.url().host_str().unwrap_or_default();
    Error::new(
        ErrorKind::Network,
        format!(
            "{host} answered the list of parts with a success and without CompleteMultipartUploadResult, so whether the object is there is not known; look, and check for a proxy in between"
        ),
    )
    .retryable_is(false)
    .side_is(Side::Storage)
    .outcome_is(Outcome::Unknown)
    .with_operation(step.target.operation())
}

/// Removes what a call that failed has left there.
pub(super) async fn abort(step: StepTarget, clients: Arc<Clients>, ctx: JobContext) -> Cleanup {
    match make(&step, &[], &clients, &ctx).await {
        Ok(_) => Cleanup::Done,
        Err(error) if is_gone(&error) => Cleanup::Done,
        Err(error) => {
            let reason = error.message();
            tracing::warn!(target: logs::TARGET, job = ctx.progress.job(), reason, "aborting failed");
            Cleanup::Failed
        }
    }
}

/// There is nothing of it, by the word of whoever would have it: a page in between says the same of anything.
fn is_gone(error: &Error) -> bool {
    let is_said = error.kind() == ErrorKind::NotFound || error.side() == Side::Storage;
    is_said && matches!(error.http_status(), Some(404 | 410))
}

fn body(body: &StepBody, parts: &[StoredPart]) -> String {
    match body {
        StepBody::Ready(text) => text.reveal().to_owned(),
        StepBody::S3Parts => s3_parts(parts),
        StepBody::JsonParts => {
            let part = |part: &StoredPart| json!({"part_number": part.part_number, "etag": part.etag, "bytes": part.bytes});
            json!({"parts": parts.iter().map(part).collect::<Vec<_>>()}).to_string()
        }
    }
}

/// The body of `CompleteMultipartUpload`.
fn s3_parts(parts: &[StoredPart]) -> String {
    let mut xml = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">".to_owned();
    for part in parts {
        let etag = quick_xml::escape::escape(part.etag.as_str());
        xml.push_str(&format!(
            "<Part><PartNumber>{}</PartNumber><ETag>&quot;{etag}&quot;</ETag></Part>",
            part.part_number
        ));
    }
    xml.push_str("</CompleteMultipartUpload>");
    xml
}

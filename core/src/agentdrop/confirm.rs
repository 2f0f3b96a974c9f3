//! Confirming a transfer, so that the call ends settled. Confirm may be repeated: a second one after
//! success answers 409, which after an earlier try of our own is the proof that the first one worked.

use http::Method;

use super::wire::{ConfirmReply, TransferInfo};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::http::api::{CallFailure, Repeat};
use crate::job::JobContext;
use crate::logs;
use crate::progress::Phase;
use crate::service::{self, Service};

const OPERATION: &str = "confirm";
const ALREADY_CONFIRMED: &str = "ALREADY_CONFIRMED";

/// The transfer's status, as the service reports it. `earlier` is what became of tries before this call.
pub(super) async fn confirm(
    service: &Service,
    id: &str,
    mut earlier: PriorConfirm,
    ctx: &JobContext,
) -> Result<String> {
    ctx.progress.enter(Phase::Completing);
    let clients = service.clients.get()?;
    let call = service.call(OPERATION, Method::POST, &["transfers", id, "confirm"], Some(b"{}".to_vec()))?;
    let mut retry = service.retry(&clients, ctx);
    ctx.outcome_if_stopped(Outcome::Unknown);
    loop {
        let (error, may_repeat) = match clients.api.try_once(&call, retry.job()).await {
            Ok(reply) => match service::parse::<ConfirmReply>(OPERATION, &reply) {
                Ok(reply) => {
                    retry.succeeded();
                    return Ok(reply.status);
                }
                Err(error) => {
                    earlier = PriorConfirm::NoAnswer;
                    (error, true)
                }
            },
            // An answer to this very try: the files are not there, so nothing is active.
            Err(CallFailure::Refused(error)) if error.service_code() == Some("FILES_MISSING") => {
                return Err(error);
            }
            Err(CallFailure::NotHandled(error)) if error.retryable() => (error, true),
            Err(CallFailure::NotHandled(error) | CallFailure::Refused(error)) => (error, false),
            Err(CallFailure::Unclear { error, answered }) => {
                earlier = if answered { earlier.max(PriorConfirm::Failed) } else { PriorConfirm::NoAnswer };
                (error, true)
            }
        };
        let given_up = if may_repeat { retry.again(error).await.err() } else { Some(error) };
        match given_up {
            None => {}
            Some(error) if earlier == PriorConfirm::None => return Err(of_the_only_call(error)),
            Some(error) if earlier == PriorConfirm::ByAnother && !is_already_confirmed(&error) => {
                return Err(error);
            }
            Some(error) => return settled(service, id, ctx, error, earlier).await,
        }
    }
}

/// The error of a call before which nobody is known to have confirmed it. If somebody did, that is no success
/// of this one, but the transfer is active, by the service's own word.
fn of_the_only_call(error: Error) -> Error {
    match error.service_code() {
        Some(ALREADY_CONFIRMED) => {
            error.outcome_is(Outcome::Completed).with_note("another call confirmed it before")
        }
        _ => error,
    }
}

/// The fate of the tries before this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PriorConfirm {
    /// None was handled.
    None,
    /// A process before this one may have confirmed it: a 409 may be its doing.
    ByAnother,
    /// The service itself said that it failed.
    Failed,
    /// One got no answer, and may be handled yet.
    NoAnswer,
}

/// Asks what the service holds, after a try whose fate is unclear.
async fn settled(
    service: &Service,
    id: &str,
    ctx: &JobContext,
    error: Error,
    earlier: PriorConfirm,
) -> Result<String> {
    tracing::info!(target: logs::TARGET, job = ctx.progress.job(), transfer_id = id, "asking whether the transfer is active");
    match get(service, id, ctx).await {
        Ok(info) if matches!(info.status.as_str(), "active" | "downloaded") => Ok(info.status),
        // The 409 is proof enough. It may have expired since, or be downloaded and deleted.
        Ok(info) if is_already_confirmed(&error) && info.status != "pending" => Ok(info.status),
        Ok(info) if info.status == "pending" && earlier == PriorConfirm::Failed => {
            Err(error.outcome_is(Outcome::NotCompleted))
        }
        Ok(info) => Err(unknown(id, &format!("and its status is {}", info.status), &error)),
        // The 409 is proof enough; only the status is not the service's own word.
        Err(_) if is_already_confirmed(&error) => Ok("active".to_owned()),
        Err(asked) if asked.kind() == ErrorKind::NotFound => {
            Err(unknown(id, "and the service does not know the transfer now", &error))
        }
        Err(_) => Err(unknown(id, "and the service does not answer", &error)),
    }
}

pub(super) async fn get(service: &Service, id: &str, ctx: &JobContext) -> Result<TransferInfo> {
    let clients = service.clients.get()?;
    let call = service.call("get_transfer", Method::GET, &["transfers", id], None)?;
    let mut retry = service.retry(&clients, ctx);
    let reply = clients.api.call(&call, Repeat::Always, &mut retry).await.map_err(CallFailure::into_error)?;
    TransferInfo::read("get_transfer", &reply)
}

fn is_already_confirmed(error: &Error) -> bool {
    // The service's own 409, and not the page of a filter.
    error.kind() == ErrorKind::Conflict && error.service_code().is_none_or(|c| c == ALREADY_CONFIRMED)
}

fn unknown(id: &str, what: &str, why: &Error) -> Error {
    Error::new(
        ErrorKind::UnknownOutcome,
        format!(
            "whether transfer {id} was confirmed is not known (the reply was lost, {what}); ask get_transfer({id:?}) before anything is sent again"
        ),
    )
    .with_operation(OPERATION)
    .exchange_of(why)
    .outcome_is(Outcome::Unknown)
    .retryable_is(false)
    .cause(why)
}

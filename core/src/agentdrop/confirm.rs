//! Confirming a transfer, so that the call ends settled. Confirm may be repeated: a second one after
//! success answers 409, which after an earlier try of our own is the proof that the first one worked.

use http::Method;

use super::Inner;
use super::wire::{ConfirmReply, TransferInfo};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::http::api::{Failure, Repeat};
use crate::http::retry::Retry;
use crate::job::Ctx;
use crate::progress::Phase;
use crate::service;

const OPERATION: &str = "confirm";

/// The transfer's status, as the service reports it.
pub(super) async fn confirm(inner: &Inner, id: &str, ctx: &Ctx) -> Result<String> {
    ctx.progress.enter(Phase::Completing);
    let made = inner.clients.get()?;
    let call = inner.call(OPERATION, Method::POST, &[id, "confirm"], Some(b"{}".to_vec()))?;
    let mut retry = Retry::new(&inner.clients.options, &ctx.progress);
    let mut tried_before = false;
    ctx.outcome_if_stopped(Outcome::Unknown);
    loop {
        let error = match made.api.once(&call).await {
            Ok(reply) => match service::parse::<ConfirmReply>(OPERATION, &reply) {
                Ok(reply) => return Ok(reply.status),
                Err(error) => error,
            },
            Err(Failure::Refused(error)) if tried_before && is_already_confirmed(&error) => {
                return settled(inner, id, ctx, error).await;
            }
            Err(Failure::Refused(error)) => return Err(error),
            Err(Failure::NotHandled(error)) if error.kind() == ErrorKind::Tls => return Err(error),
            Err(Failure::NotHandled(error)) => {
                let given_up = retry.again(error).await;
                match given_up {
                    Ok(()) => continue,
                    Err(error) if tried_before => return settled(inner, id, ctx, error).await,
                    Err(error) => return Err(error),
                }
            }
            Err(Failure::Unclear { error, .. }) => error,
        };
        tried_before = true;
        if let Err(error) = retry.again(error).await {
            return settled(inner, id, ctx, error).await;
        }
    }
}

/// Asks what the service holds, after a try whose fate is unclear.
async fn settled(inner: &Inner, id: &str, ctx: &Ctx, error: Error) -> Result<String> {
    match get(inner, id, ctx).await {
        Ok(info) if matches!(info.status.as_str(), "active" | "downloaded") => Ok(info.status),
        Ok(info) if info.status == "pending" && error.http_status().is_some_and(|s| s >= 500) => {
            Err(error.outcome_is(Outcome::NotCompleted))
        }
        Ok(info) => Err(unknown(id, &format!("its status is {}", info.status), &error)),
        Err(_) if is_already_confirmed(&error) => {
            // The 409 is proof enough; only the status is not the service's own word.
            Ok("active".to_owned())
        }
        Err(_) => Err(unknown(id, "and the service does not answer", &error)),
    }
}

pub(super) async fn get(inner: &Inner, id: &str, ctx: &Ctx) -> Result<TransferInfo> {
    let made = inner.clients.get()?;
    let call = inner.call("get_transfer", Method::GET, &[id], None)?;
    let mut retry = Retry::new(&inner.clients.options, &ctx.progress);
    let reply = made.api.call(&call, Repeat::Always, &mut retry).await.map_err(Failure::into_error)?;
    TransferInfo::read("get_transfer", &reply)
}

fn is_already_confirmed(error: &Error) -> bool {
    error.http_status() == Some(409) && error.service_code().is_none_or(|c| c == "ALREADY_CONFIRMED")
}

fn unknown(id: &str, what: &str, why: &Error) -> Error {
    Error::new(
        ErrorKind::UnknownOutcome,
        format!("the reply to confirming transfer {id} was lost, {what}; confirm it again, which is safe"),
    )
    .during(OPERATION)
    .outcome_is(Outcome::Unknown)
    .retryable_is(false)
    .cause(why)
}

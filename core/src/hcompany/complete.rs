//! Completing an upload, so that the call ends settled: registered, not registered, or unknown with
//! the reason.
//!
//! A second complete after a lost reply is not harmless: the service moves the pending archive, so it
//! answers 404 to the repeat. Hence after a lost reply the profile is asked for first.

use http::Method;

use super::profile::Profile;
use super::resource::PROFILE;
use super::wire::CompleteBody;
use crate::digest::Algorithm;
use crate::error::{Error, ErrorKind, Outcome, Result, Side};
use crate::http::api::{CallFailure, Repeat};
use crate::job::JobContext;
use crate::logs;
use crate::progress::Phase;
use crate::service::{self, Service};
use crate::storage::StoredObject;

const OPERATION: &str = "complete_upload";

pub(super) async fn complete(
    service: &Service,
    id: &str,
    body: &CompleteBody,
    ctx: &JobContext,
) -> Result<Profile> {
    ctx.progress.enter(Phase::Completing);
    let clients = service.clients.get()?;
    let call = service.call(OPERATION, Method::POST, &[id, "complete-upload"], Some(body.json()?))?;
    let mut retry = service.retry(&clients, ctx);
    // A try that got no answer at all may be handled yet, whatever a later one is told.
    let mut lost = false;
    ctx.outcome_if_stopped(Outcome::Unknown);
    loop {
        let (error, may_repeat, ask) = match clients.api.try_once(&call, retry.job()).await {
            Ok(reply) => match service::parse::<Profile>(OPERATION, &reply) {
                Ok(profile) => {
                    retry.succeeded();
                    return Ok(profile);
                }
                // The service said yes and the reply is unreadable: ask what it holds.
                Err(error) => {
                    lost = true;
                    (error, true, true)
                }
            },
            Err(CallFailure::Refused(error)) if archive_not_there_yet(&error) && retry.attempts() == 1 => {
                (error, true, false)
            }
            Err(CallFailure::NotHandled(error)) if error.retryable() => (error, true, lost),
            Err(CallFailure::NotHandled(error) | CallFailure::Refused(error)) => (error, false, lost),
            Err(CallFailure::Unclear { error, answered }) => {
                lost |= !answered;
                (error, true, true)
            }
        };
        if ask && let Some(profile) = registered(service, id, body, ctx).await? {
            return Ok(profile);
        }
        let given_up = if may_repeat { retry.again(error).await.err() } else { Some(error) };
        if let Some(error) = given_up {
            return Err(if lost { unknown(id, &error) } else { error });
        }
    }
}

/// The profile, if the service has it already.
async fn registered(
    service: &Service,
    id: &str,
    body: &CompleteBody,
    ctx: &JobContext,
) -> Result<Option<Profile>> {
    tracing::info!(target: logs::TARGET, job = ctx.progress.job(), profile_id = id, "asking whether the profile is registered");
    match get(service, id, ctx).await {
        Ok(profile) if is_ours(&profile, body) => Ok(Some(profile)),
        Ok(profile) => Err(another(id, &profile)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(unknown(id, &e)),
    }
}

pub(super) async fn get(service: &Service, id: &str, ctx: &JobContext) -> Result<Profile> {
    let clients = service.clients.get()?;
    let call = service.call("get_profile", Method::GET, &[id], None)?;
    let mut retry = service.retry(&clients, ctx);
    let reply = clients.api.call(&call, Repeat::Always, &mut retry).await.map_err(CallFailure::into_error)?;
    service::parse("get_profile", &reply)
}

/// Compares what the service stored with what was sent.
pub(super) fn verified(mut profile: Profile, sent: &StoredObject) -> Result<Profile> {
    if let Some(size) = profile.file_size_bytes.filter(|size| *size != sent.bytes) {
        return Err(damaged(&profile.id, &format!("it stored {size} bytes and {} were sent", sent.bytes)));
    }
    if let (Some(ours), Some(theirs)) = (&sent.sha256, &profile.checksum) {
        match crate::digest::same_sha256(ours, theirs) {
            Some(true) => {
                profile.verified = true;
                profile.verified_by = Some(Algorithm::Sha256.key().to_owned());
            }
            Some(false) => {
                let what = format!("its SHA-256 is {theirs} and what was sent has {ours}");
                return Err(damaged(&profile.id, &what));
            }
            // Some other kind of checksum proves nothing either way.
            None => {}
        }
    }
    profile.upload = Some(sent.clone());
    Ok(profile)
}

fn damaged(id: &str, what: &str) -> Error {
    Error::new(
        ErrorKind::Integrity,
        format!("profile {id} is registered but is not what was sent: {what}; delete it and upload again"),
    )
    .with_operation(OPERATION)
    .side_is(Side::Service)
    .outcome_is(Outcome::Completed)
    .with_resource(&PROFILE, id)
}

fn unknown(id: &str, why: &Error) -> Error {
    Error::new(
        ErrorKind::UnknownOutcome,
        format!(
            "whether profile {id} is registered is not known (the reply to completing it was lost, and the service did not say); ask get_profile({id:?}) before anything is sent again"
        ),
    )
    .with_operation(OPERATION)
    .exchange_of(why)
    .outcome_is(Outcome::Unknown)
    .with_resource(&PROFILE, id)
    .cause(why)
}

fn another(id: &str, found: &Profile) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!(
            "profile {id} is registered, but as {:?} for {}; look whether another call completed it",
            found.name, found.browser_name
        ),
    )
    .with_operation(OPERATION)
    .outcome_is(Outcome::Unknown)
}

fn is_ours(profile: &Profile, body: &CompleteBody) -> bool {
    // The id was reserved for us; a service may write a browser's name its own way.
    profile.name.trim() == body.name && profile.browser_name.eq_ignore_ascii_case(&body.browser_name)
}

/// The service answers 422 both for a bad body and for an archive it does not see. Right after a
/// successful upload the latter can be a matter of a moment, so it is worth one more try.
fn archive_not_there_yet(error: &Error) -> bool {
    let text = error.message().to_ascii_lowercase();
    error.http_status() == Some(422) && text.contains("archive") && text.contains("not found")
}

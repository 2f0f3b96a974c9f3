//! The whole upload of a profile: pack, reserve, send, complete, prove.

use super::archive::{DOCUMENTED, Zip, limit_of, packed};
use super::initiate::initiate;
use super::profile::Profile;
use super::profile_source::{Given, given};
use super::request::{ProfileDetails, ProfileUpload};
use super::upload_archive::send;
use super::wire::CompleteBody;
use super::{complete, unchanged};
use crate::error::{ErrorKind, Outcome, Result};
use crate::job::JobContext;
use crate::logs;
use crate::profile::Browser;
use crate::service::Service;

pub(super) async fn upload_profile(
    service: &Service,
    request: ProfileUpload,
    ctx: &JobContext,
) -> Result<Profile> {
    let ProfileUpload { source, details, pack, if_changed_from, timeout: _ } = request;
    let earlier = match if_changed_from {
        Some(id) => unchanged::earlier(service, &id, ctx).await?,
        None => None,
    };
    let mut ticket = None;
    // Before anything is packed: whether the folder says what the caller does not.
    let accepts = |details: &ProfileDetails| {
        let details = details.clone();
        move |browser: &Browser| CompleteBody::new(&details, Some(browser)).map(drop)
    };
    let mut zip = match given(service, source, ctx).await? {
        Given::Zip(source) => Zip { source, packed: None },
        Given::Folder(folder) => {
            match packed(service, &folder, &pack, DOCUMENTED, accepts(&details), ctx).await {
                // Only a ticket tells what really is too large, and it may allow more.
                Err(error) if error.kind() == ErrorKind::TooLarge => {
                    let asked = initiate(service, ctx).await?;
                    let limit = limit_of(service, &asked)?;
                    if limit.bytes <= DOCUMENTED.bytes {
                        return Err(error);
                    }
                    ticket = Some(asked);
                    packed(service, &folder, &pack, limit, accepts(&details), ctx).await?
                }
                other => other?,
            }
        }
    };
    let body = zip.body(&details, ctx)?;
    if let Some(profile) = earlier
        && unchanged::is_the_same(&profile, &zip.source).await?
    {
        let packed = zip.packed.map(|contents| contents.report);
        let abandoned_profile_ids = ticket.map(|unused| unused.wire.profile_id).into_iter().collect();
        return Ok(Profile { verified: true, unchanged: true, packed, abandoned_profile_ids, ..profile });
    }
    ctx.progress.expect(1, zip.source.len());
    let mut abandoned = Vec::new();
    let clients = service.clients.get()?;
    let mut tickets = service.retry(&clients, ctx);
    let (id, stored) = loop {
        let ticket = match ticket.take() {
            Some(ticket) => ticket,
            None => initiate(service, ctx).await?,
        };
        let (given_up, error) = match send(service, &ticket, &zip, ctx).await {
            Ok(stored) => break (ticket.wire.profile_id, stored),
            // Whatever became of the archive, a profile that was not completed is not registered.
            Err(error) => (ticket.wire.profile_id, error.outcome_is(Outcome::NotCompleted)),
        };
        // A ticket that ran out, or does before it could be tried again, is replaced by a new one, which
        // has another id.
        if error.kind() != ErrorKind::Expired && !error.ticket_ended() {
            return Err(error);
        }
        tracing::warn!(target: logs::TARGET, job = ctx.progress.job(), profile_id = given_up.as_str(), "the upload ticket ran out and is replaced by a new one");
        abandoned.push(given_up);
        tickets.again(error).await?;
    };
    ctx.progress.file_done();
    let profile = complete::complete(service, &id, &body, ctx).await?;
    let mut profile = complete::verified(profile, &stored)?;
    profile.packed = zip.packed.map(|contents| contents.report);
    profile.abandoned_profile_ids = abandoned;
    Ok(profile)
}

//! The whole upload of a profile: pack, reserve, send, complete, prove.

use super::archive::{Archive, DOCUMENTED_LIMIT, archive_limit, pack_archive};
use super::initiate::initiate;
use super::profile::Profile;
use super::profile_source::ProfileSource;
use super::request::{ProfileDetails, ProfileUpload};
use super::ticket::ProfileTicket;
use super::upload_archive::send;
use super::wire::CompleteBody;
use super::{complete, unchanged};
use crate::digest::Algorithm;
use crate::error::{ErrorKind, Outcome, Result};
use crate::job::JobContext;
use crate::logs;
use crate::profile::{Browser, Pack};
use crate::service::Service;
use crate::source::Source;
use crate::storage::StoredObject;

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
    let (mut archive, ticket) = archive_of(service, source, &details, &pack, ctx).await?;
    let body = archive.complete_body(&details, ctx)?;
    if let Some(profile) = earlier
        && unchanged::is_the_same(&profile, &archive.source).await?
    {
        let packed = archive.packed.map(|contents| contents.report);
        let abandoned_profile_ids = ticket.map(|unused| unused.wire.profile_id).into_iter().collect();
        let verified_by = Some(Algorithm::Sha256.key().to_owned());
        return Ok(Profile {
            verified: true,
            unchanged: true,
            packed,
            abandoned_profile_ids,
            verified_by,
            ..profile
        });
    }
    ctx.progress.expect(1, archive.source.len());
    let sent = send_until_a_ticket_lasts(service, ticket, &archive, ctx).await?;
    ctx.progress.file_done();
    let profile = complete::complete(service, &sent.profile_id, &body, ctx).await?;
    let mut profile = complete::verified(profile, &sent.stored)?;
    profile.packed = archive.packed.map(|contents| contents.report);
    profile.abandoned_profile_ids = sent.abandoned_profile_ids;
    Ok(profile)
}

/// The archive to send, and a ticket if one had to be asked for already.
async fn archive_of(
    service: &Service,
    source: Source,
    details: &ProfileDetails,
    pack: &Pack,
    ctx: &JobContext,
) -> Result<(Archive, Option<ProfileTicket>)> {
    let folder = match ProfileSource::of(service, source, ctx).await? {
        ProfileSource::Zip(source) => return Ok((Archive { source, packed: None }, None)),
        ProfileSource::Folder(folder) => folder,
    };
    // Nothing is packed if neither the caller nor the folder names the browser.
    let accepts = || {
        let details = details.clone();
        move |browser: &Browser| CompleteBody::new(&details, Some(browser)).map(drop)
    };
    let packed = pack_archive(service, &folder, pack, DOCUMENTED_LIMIT, accepts(), ctx).await;
    let error = match packed {
        Err(error) if error.kind() == ErrorKind::TooLarge => error,
        other => return Ok((other?, None)),
    };
    // A ticket may allow more than the service documents.
    let ticket = initiate(service, ctx).await?;
    let limit = archive_limit(service, &ticket)?;
    if limit.bytes <= DOCUMENTED_LIMIT.bytes {
        return Err(error);
    }
    let archive = pack_archive(service, &folder, pack, limit, accepts(), ctx).await?;
    Ok((archive, Some(ticket)))
}

struct SentArchive {
    profile_id: String,
    stored: StoredObject,
    abandoned_profile_ids: Vec<String>,
}

/// Sends the archive. A ticket that runs out, or would before another try, is replaced by a new one, which
/// has another id.
async fn send_until_a_ticket_lasts(
    service: &Service,
    mut ticket: Option<ProfileTicket>,
    archive: &Archive,
    ctx: &JobContext,
) -> Result<SentArchive> {
    let mut abandoned_profile_ids = Vec::new();
    let clients = service.clients.get()?;
    let mut tickets = service.retry(&clients, ctx);
    loop {
        let ticket = match ticket.take() {
            Some(ticket) => ticket,
            None => initiate(service, ctx).await?,
        };
        let sent = send(service, &ticket, archive, ctx).await;
        let profile_id = ticket.wire.profile_id;
        let error = match sent {
            Ok(stored) => return Ok(SentArchive { profile_id, stored, abandoned_profile_ids }),
            // Storage may have the archive, but a profile that was not completed is not registered.
            Err(error) => error.outcome_is(Outcome::NotCompleted),
        };
        if error.kind() != ErrorKind::Expired && !error.ticket_ended() {
            return Err(error);
        }
        tracing::warn!(target: logs::TARGET, job = ctx.progress.job(), profile_id = profile_id.as_str(), "the upload ticket ran out and is replaced by a new one");
        abandoned_profile_ids.push(profile_id);
        tickets.again(error).await?;
    }
}

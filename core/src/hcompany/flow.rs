//! The browser-profile flow: pack, reserve, send, complete, prove.

use std::path::{Path, PathBuf};

use http::Method;

use super::ProfileTicket;
use super::complete;
use super::pack;
use super::wire::{self, CompleteBody, Initiated, Profile};
use crate::digest::Algorithm;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::http::api::{Failure, Repeat};
use crate::job::Ctx;
use crate::logs;
use crate::options::Options;
use crate::progress::Phase;
use crate::service::{self, Service};
use crate::source::{Prepared, Source, off_the_workers};
use crate::storage::{self, FormTarget, Sender, StoredObject};

/// The name storage sees; the caller's own path is nobody's business.
const FILE_NAME: &str = "profile.zip";

pub(super) async fn upload_profile(
    service: &Service,
    source: Source,
    details: &CompleteBody,
    ctx: &Ctx,
) -> Result<Profile> {
    let (source, packed) = archive(service, source, ctx).await?;
    ctx.progress.expect(1, source.len());
    let mut abandoned = Vec::new();
    let made = service.clients.get()?;
    let mut tickets = service.retry(&made, ctx);
    let (id, stored) = loop {
        let ticket = initiate(service, ctx).await?;
        let (given_up, error) = match send(service, &ticket, &source, ctx).await {
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
    let profile = complete::complete(service, &id, details, ctx).await?;
    let mut profile = complete::verified(profile, &stored)?;
    profile.packed = packed;
    profile.abandoned_profile_ids = abandoned;
    Ok(profile)
}

pub(super) async fn initiate(service: &Service, ctx: &Ctx) -> Result<ProfileTicket> {
    ctx.progress.enter(Phase::Requesting);
    let made = service.clients.get()?;
    let call = service.call("initiate_upload", Method::POST, &["initiate-upload"], None)?;
    let mut retry = service.retry(&made, ctx);
    loop {
        // A repeat only reserves another id, so an unreadable reply is asked for again too.
        let reply = made.api.call(&call, Repeat::Always, &mut retry).await.map_err(Failure::into_error)?;
        match service::parse::<Initiated>("initiate_upload", &reply) {
            Ok(mut wire) => {
                wire.profile_id = wire::reserved_id(&wire.profile_id)?;
                ctx.reserved_profile(&wire.profile_id);
                return Ok(ProfileTicket { wire, received: tokio::time::Instant::now() });
            }
            Err(error) => retry.again(error).await?,
        }
    }
}

/// The step on its own: any source, packed if it is a folder.
pub(super) async fn upload(
    service: &Service,
    ticket: &ProfileTicket,
    source: Source,
    ctx: &Ctx,
) -> Result<StoredObject> {
    ctx.reserved_profile(ticket.profile_id());
    let (source, _) = archive(service, source, ctx).await?;
    ctx.progress.expect(1, source.len());
    let stored = send(service, ticket, &source, ctx).await?;
    ctx.progress.file_done();
    Ok(stored)
}

async fn send(
    service: &Service,
    ticket: &ProfileTicket,
    source: &Prepared,
    ctx: &Ctx,
) -> Result<StoredObject> {
    let made = service.clients.get()?;
    let options = &service.clients.options;
    let form =
        FormTarget::new(&ticket.wire.upload_url, ticket.wire.fields()?, Some(ticket.expires_in()), options)?
            .file_name(FILE_NAME)?;
    let sender = Sender::new(&made, options, ctx);
    // SHA-256 whatever `integrity_check` says unless it is off: the service reports one to compare.
    let digest = sender.wants_proof().then_some(Algorithm::Sha256);
    form.send(&sender, source, digest).await
}

/// The zip to send: a packed folder, or what was given if that is a zip.
async fn archive(
    service: &Service,
    source: Source,
    ctx: &Ctx,
) -> Result<(Prepared, Option<pack::PackReport>)> {
    let options = &service.clients.options;
    if let Some(folder) = folder(source.as_path(), options).await? {
        ctx.progress.enter(Phase::Packing);
        let (spooled, report) = pack::pack_folder(folder, options.spool_dir.clone()).await?;
        return Ok((Prepared::spooled(spooled, options.stall_timeout), Some(report)));
    }
    let shown = source.as_path().map_or_else(|| "the source".to_owned(), |p| p.display().to_string());
    let prepared = storage::prepare(source, options).await?;
    let start = prepared.peek(4).await?;
    // PK\x03\x04 starts a zip with entries, PK\x05\x06 is one without any.
    if !matches!(start.as_slice(), b"PK\x03\x04") {
        return Err(Error::invalid(format!(
            "{shown} is neither a folder nor a zip file with something in it; give a browser's user-data folder or a zip of one"
        )));
    }
    Ok((prepared, None))
}

/// The path of a source that is a folder.
async fn folder(path: Option<&Path>, options: &Options) -> Result<Option<PathBuf>> {
    let Some(path) = path.map(Path::to_owned) else { return Ok(None) };
    let looked_at = path.clone();
    off_the_workers(options.stall_timeout, &path, move || Ok(looked_at.is_dir().then_some(looked_at))).await
}

//! The browser-profile flow: pack, reserve, send, complete, prove.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::Method;

use super::wire::{self, CompleteBody, Initiated, Profile};
use super::{ProfileDetails, ProfileTicket, ProfileUpload, complete, unchanged};
use crate::digest::Algorithm;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::http::api::{Failure, Repeat};
use crate::job::{JobContext, RawUpload};
use crate::logs;
use crate::options::Options;
use crate::prepare_source::prepare_source_in_turn;
use crate::profile::{Browser, Limit, Pack, PackReport, Packed, Room, pack_folder};
use crate::progress::Phase;
use crate::service::{self, Service};
use crate::source::{Prepared, Source, Spool, blocking_with_timeout};
use crate::storage::{self, FormTarget, Sender, StoredObject};

/// The name storage sees; the caller's own path is nobody's business.
const FILE_NAME: &str = "profile.zip";

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

pub(super) async fn initiate(service: &Service, ctx: &JobContext) -> Result<ProfileTicket> {
    ctx.progress.enter(Phase::Requesting);
    let clients = service.clients.get()?;
    let call = service.call("initiate_upload", Method::POST, &["initiate-upload"], None)?;
    let mut retry = service.retry(&clients, ctx);
    loop {
        // A repeat only reserves another id, so an unreadable reply is asked for again too.
        let reply = clients.api.call(&call, Repeat::Always, &mut retry).await.map_err(Failure::into_error)?;
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
    pack: &Pack,
    ctx: &JobContext,
) -> Result<StoredObject> {
    ctx.reserved_profile(ticket.profile_id());
    let zip = match given(service, source, ctx).await? {
        Given::Zip(source) => Zip { source, packed: None },
        Given::Folder(folder) => {
            packed(service, &folder, pack, limit_of(service, ticket)?, |_| Ok(()), ctx).await?
        }
    };
    ctx.progress.expect(1, zip.source.len());
    ctx.set_raw_upload(RawUpload::Object);
    let stored = send(service, ticket, &zip, ctx).await.map_err(storage::with_earlier_tries)?;
    ctx.progress.file_done();
    Ok(stored)
}

async fn send(
    service: &Service,
    ticket: &ProfileTicket,
    zip: &Zip,
    ctx: &JobContext,
) -> Result<StoredObject> {
    let clients = service.clients.get()?;
    let sender = Sender::new(&clients, &service.clients.options, ctx);
    // SHA-256 whatever `integrity_check` says unless it is off: the service reports one to compare.
    let digest = sender.wants_proof().then_some(Algorithm::Sha256);
    let sent = form(service, ticket)?.file_name(FILE_NAME)?.send(&sender, &zip.source, digest).await;
    sent.map_err(|error| match &zip.packed {
        Some(contents) if error.kind() == ErrorKind::TooLarge => {
            error.with_note(&format!("the largest files in it: {}", contents.largest))
        }
        _ => error,
    })
}

fn form(service: &Service, ticket: &ProfileTicket) -> Result<FormTarget> {
    let (fields, left) = (ticket.wire.fields()?, ticket.expires_in());
    FormTarget::new(&ticket.wire.upload_url, fields, Some(left), &service.clients.options)
}

/// The service documents "1 GB"; without a ticket that says more, the stricter reading counts.
const DOCUMENTED: Limit = Limit { bytes: 1_000_000_000, by_ticket: false };

fn limit_of(service: &Service, ticket: &ProfileTicket) -> Result<Limit> {
    let largest = form(service, ticket)?.largest();
    Ok(largest.map_or(DOCUMENTED, |bytes| Limit { bytes, by_ticket: true }))
}

/// What the caller wants to be a profile.
enum Given {
    Folder(PathBuf),
    Zip(Prepared),
}

/// What is sent, and what is known of it if it was packed here.
struct Zip {
    source: Prepared,
    packed: Option<Contents>,
}

struct Contents {
    report: PackReport,
    browser: Browser,
    largest: String,
}

impl Zip {
    /// The body of complete-upload. What the caller does not say about the browser, the folder does.
    fn body(&mut self, details: &ProfileDetails, ctx: &JobContext) -> Result<CompleteBody> {
        let Some(contents) = &mut self.packed else { return CompleteBody::new(details, None) };
        let (name, version) = (details.browser_name.as_deref(), details.browser_version.as_deref());
        contents.report.browser_guessed = name.is_none() || version.is_none();
        let contradictions = contents.browser.contradicts(name, version);
        warn(&contradictions, ctx);
        contents.report.warnings.extend(contradictions);
        CompleteBody::new(details, Some(&contents.browser))
    }
}

async fn given(service: &Service, source: Source, ctx: &JobContext) -> Result<Given> {
    let options = &service.clients.options;
    if let Some(folder) = folder(source.as_path(), options).await? {
        return Ok(Given::Folder(folder));
    }
    let shown = source.as_path().map_or_else(|| "the source".to_owned(), |p| p.display().to_string());
    let clients = service.clients.get()?;
    let prepared = prepare_source_in_turn(&clients, source, options, ctx).await?;
    let start = prepared.peek(4).await?;
    // PK\x03\x04 starts a zip with entries, PK\x05\x06 is one without any.
    if !matches!(start.as_slice(), b"PK\x03\x04") {
        return Err(Error::invalid(format!(
            "{shown} is neither a folder nor a zip file with something in it; give a browser's user-data folder or a zip of one"
        )));
    }
    Ok(Given::Zip(prepared))
}

async fn packed(
    service: &Service,
    folder: &Path,
    pack: &Pack,
    limit: Limit,
    accepts: impl Fn(&Browser) -> Result<()> + Send + 'static,
    ctx: &JobContext,
) -> Result<Zip> {
    let options = &service.clients.options;
    let room = Room {
        spool: Spool::new(options.spool_dir.as_deref()),
        memory: options.memory_budget,
        patience: options.stall_timeout,
        accepts: Box::new(accepts),
        progress: Arc::clone(&ctx.progress),
    };
    let done = pack_folder(folder.to_owned(), pack.clone(), limit, room).await;
    ctx.progress.packed();
    ctx.progress.enter(Phase::Requesting);
    let Packed { spooled, report, browser, largest } = done?;
    warn(&report.warnings, ctx);
    let source = Prepared::spooled(spooled, options.stall_timeout);
    Ok(Zip { source, packed: Some(Contents { report, browser, largest }) })
}

fn warn(warnings: &[String], ctx: &JobContext) {
    for warning in warnings {
        tracing::warn!(target: logs::TARGET, job = ctx.progress.job(), "{warning}");
    }
}

/// The path of a source that is a folder.
async fn folder(path: Option<&Path>, options: &Options) -> Result<Option<PathBuf>> {
    let Some(path) = path.map(Path::to_owned) else { return Ok(None) };
    let looked_at = path.clone();
    blocking_with_timeout(options.stall_timeout, &path, move || Ok(looked_at.is_dir().then_some(looked_at)))
        .await
}

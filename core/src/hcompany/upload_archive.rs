//! Step two: the archive goes to storage.

use super::archive::{Archive, archive_limit, pack_archive};
use super::profile_source::ProfileSource;
use super::resource::PROFILE;
use super::ticket::{ProfileTicket, form};
use crate::digest::Algorithm;
use crate::error::{ErrorKind, Result};
use crate::job::{JobContext, RawUpload};
use crate::profile::Pack;
use crate::service::Service;
use crate::source::Source;
use crate::storage::{self, Sender, StoredObject};

/// Storage sees this name; the caller's own path tells of the caller.
const FILE_NAME: &str = "profile.zip";

/// The step on its own: any source, packed if it is a folder.
pub(super) async fn upload(
    service: &Service,
    ticket: &ProfileTicket,
    source: Source,
    pack: &Pack,
    ctx: &JobContext,
) -> Result<StoredObject> {
    ctx.set_resource(&PROFILE, ticket.profile_id());
    let archive = match ProfileSource::of(service, source, ctx).await? {
        ProfileSource::Zip(source) => Archive { source, packed: None },
        ProfileSource::Folder(folder) => {
            let limit = archive_limit(service, ticket)?;
            pack_archive(service, &folder, pack, limit, |_| Ok(()), ctx).await?
        }
    };
    ctx.progress.expect(1, archive.source.len());
    ctx.set_raw_upload(RawUpload::Object);
    let stored = send(service, ticket, &archive, ctx).await.map_err(storage::with_earlier_tries)?;
    ctx.progress.file_done();
    Ok(stored)
}

/// Sends an archive with a ticket.
pub(super) async fn send(
    service: &Service,
    ticket: &ProfileTicket,
    archive: &Archive,
    ctx: &JobContext,
) -> Result<StoredObject> {
    let clients = service.clients.get()?;
    let sender = Sender::new(&clients, &service.clients.options, ctx);
    // SHA-256 whatever `integrity_check` says unless it is off: the service reports one to compare.
    let wanted = sender.wants_proof().then_some(Algorithm::Sha256);
    let form = form(service, ticket)?.file_name(FILE_NAME)?;
    let sent = sender.post_form(&form, &archive.source, wanted).await;
    sent.map_err(|error| match &archive.packed {
        Some(contents) if error.kind() == ErrorKind::TooLarge => {
            error.with_note(&format!("the largest files in it: {}", contents.largest))
        }
        _ => error,
    })
}

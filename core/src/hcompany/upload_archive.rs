//! Step two: the archive goes to storage.

use super::archive::{Zip, limit_of, packed};
use super::profile_source::{Given, given};
use super::ticket::{ProfileTicket, form};
use crate::digest::Algorithm;
use crate::error::{ErrorKind, Result};
use crate::job::{JobContext, RawUpload};
use crate::profile::Pack;
use crate::service::Service;
use crate::source::Source;
use crate::storage::{self, Sender, StoredObject};

/// The name storage sees; the caller's own path is nobody's business.
const FILE_NAME: &str = "profile.zip";

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

pub(super) async fn send(
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

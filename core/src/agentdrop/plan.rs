//! A send that is only planned: the request it would begin with, and its files.

use serde_json::Value;

use super::checked::{CheckedFile, CheckedTransfer};
use super::encryption::Encryption;
use super::prepare::{self, PreparedFile};
use super::presign;
use super::sealing::TransferSealing;
use super::wire::FileEntry;
use crate::error::{Error, Result};
use crate::job::JobContext;
use crate::prepare_source::prepare_source;
use crate::progress::Phase;
use crate::seal::TAG_LEN;
use crate::secret::Secret;
use crate::service::Service;
use crate::storage::PartPlan;

/// The files and the first request that [`AgentDrop::send`](crate::AgentDrop::send) would send.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct TransferPlan {
    /// Whether its files go in parts.
    pub multipart: bool,
    /// Whether they are sealed.
    pub encrypted: bool,
    /// Bytes that would be sent in all.
    pub total_bytes: u64,
    /// The files, in the order given.
    pub files: Vec<PlannedFile>,
    /// The body of the first request. Secret and random values in it are `[hidden]`.
    pub request: Value,
}

/// One file of a [`TransferPlan`].
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PlannedFile {
    /// Its name.
    pub name: String,
    /// Bytes that would be sent: 16 more than the file has if it is sealed here.
    pub bytes: u64,
    /// Its media type.
    pub content_type: String,
    /// How many parts it would be sent in; 0 if it goes whole.
    pub parts: u32,
    /// Bytes of each part but the last, if it goes in parts.
    pub part_size: Option<u64>,
}

const HIDDEN: &str = "[hidden]";

/// Looks at the files and at nothing else.
pub(super) async fn plan(
    service: &Service,
    transfer: CheckedTransfer,
    ctx: &JobContext,
) -> Result<TransferPlan> {
    ctx.progress.enter(Phase::Preparing);
    let CheckedTransfer { terms, files, .. } = transfer;
    let sealed = terms.seals_here();
    let mut ready = Vec::with_capacity(files.len());
    for file in files {
        let CheckedFile { source, name, content_type, encryption_iv } = file;
        if source.is_stream() {
            return Err(Error::invalid(format!(
                "the file {name:?} is a stream, and to tell its size a plan would use it up; give its path or its bytes"
            )));
        }
        let encryption_iv = if sealed { Some(HIDDEN.to_owned()) } else { encryption_iv };
        let source = prepare_source(source, &service.clients.options, ctx).await?;
        let size = source.len() + if sealed { TAG_LEN as u64 } else { 0 };
        prepare::check_sealed(&name, size, encryption_iv.is_some())?;
        let entry = FileEntry { name, size, content_type, encryption_iv, part_size: None };
        ready.push(PreparedFile { entry, source, identity: None });
    }
    let multipart = prepare::plan(&mut ready, terms.multipart, &service.clients.options);
    let entries: Vec<FileEntry> = ready.into_iter().map(|r| r.entry).collect();
    let request = presign::body(&terms, &sealing(terms.encryption.as_ref()), &entries)?;
    let files = entries.into_iter().map(|entry| PlannedFile {
        parts: entry.part_size.map_or(0, |p| PartPlan::fixed(entry.size, p).count() as u32),
        part_size: entry.part_size,
        name: entry.name,
        bytes: entry.size,
        content_type: entry.content_type,
    });
    let files: Vec<PlannedFile> = files.collect();
    Ok(TransferPlan {
        multipart,
        encrypted: terms.encryption.is_some(),
        total_bytes: files.iter().map(|f| f.bytes).sum(),
        files,
        request,
    })
}

/// As the request would tell of it, with nothing in it.
fn sealing(encryption: Option<&Encryption>) -> TransferSealing {
    match encryption {
        None => TransferSealing::Open,
        Some(Encryption { algorithm, .. }) => {
            TransferSealing::Presealed { encrypted_key: Secret::new(HIDDEN), algorithm: algorithm.clone() }
        }
    }
}

//! A pending transfer and where its files go: the service's reply, checked against what was asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use bytes::Bytes;
use http::Method;
use serde_json::Value;

use super::sealing::TransferSealing;
use super::wire::{self, FileEntry, MultipartFile, bad_reply};
use crate::error::{Error, Result};
use crate::options::Options;
use crate::seal::FileSeal;
use crate::secret::Secret;
use crate::storage::{PartPlan, PutHeaders, PutTarget, SignedAt};

/// A pending transfer and its presigned URLs. Printing shows no secret.
#[derive(Clone)]
pub struct TransferTicket(pub(crate) Arc<Ticket>);

pub(crate) struct Ticket {
    pub(super) id: String,
    pub(super) expires_at: Option<String>,
    /// The service's reply as it came, if it is kept. As text: read, it takes several times the room.
    reply: Bytes,
    /// The files as they were promised, to be compared with those that are sent.
    pub(super) promised: Vec<FileEntry>,
    pub(super) destinations: Vec<Destination>,
    pub(super) sealing: TransferSealing,
    /// Of each file that is sealed here.
    pub(super) seals: Vec<Option<Arc<FileSeal>>>,
    /// Its uploads in parts are over: completed, or aborted.
    pub(super) used: AtomicBool,
}

/// Where one file goes.
pub(super) struct Destination {
    pub(super) file_id: String,
    pub(super) delivery: Delivery,
}

pub(super) enum Delivery {
    Whole(Box<PutTarget>),
    Parts { upload_id: Secret, plan: PartPlan, targets: Vec<PutTarget> },
}

/// The request that a ticket answers.
pub(crate) struct PresignRequest {
    pub(crate) promised: Vec<FileEntry>,
    pub(crate) multipart: bool,
    pub(crate) sealing: TransferSealing,
    pub(crate) seals: Vec<Option<Arc<FileSeal>>>,
}

/// The official SDK's part size. A service that was built beside it may cut by this whatever it is asked.
const OFFICIAL_PART_SIZE: u64 = 52_428_800;

impl Ticket {
    /// Reads a reply, which is also kept as its `text` for [`TransferTicket::reveal`] and the journal.
    pub(crate) fn read(
        reply: Value,
        text: Bytes,
        request: PresignRequest,
        age: SignedAt,
        options: &Options,
    ) -> Result<Self> {
        let PresignRequest { promised, multipart, sealing, seals } = request;
        let head = wire::TicketHead::of(&reply)?;
        let id = wire::checked_id(&head.id)?;
        let destinations = if multipart {
            in_parts(&wire::read::<wire::Multipart>(reply)?.files, &promised, age, options)?
        } else {
            whole(wire::read::<wire::Presigned>(reply)?, &promised, age, options)?
        };
        let used = AtomicBool::new(false);
        Ok(Self {
            id,
            expires_at: head.expires_at,
            reply: text,
            promised,
            destinations,
            sealing,
            seals,
            used,
        })
    }

    /// The service's reply.
    pub(super) fn reply(&self) -> Value {
        serde_json::from_slice(&self.reply).unwrap_or(Value::Null)
    }

    /// Takes it for the one upload in parts that it is good for.
    pub(super) fn use_up(&self) -> Result<()> {
        if self.used.swap(true, Relaxed) { Err(already_used()) } else { Ok(()) }
    }

    pub(super) fn check_unused(&self) -> Result<()> {
        if self.used.load(Relaxed) { Err(already_used()) } else { Ok(()) }
    }
}

fn already_used() -> Error {
    Error::invalid(
        "the parts of this ticket are sent, or given up, and it cannot be used again; presign again",
    )
}

fn whole(
    reply: wire::Presigned,
    promised: &[FileEntry],
    age: SignedAt,
    options: &Options,
) -> Result<Vec<Destination>> {
    reply.check(promised)?;
    // Most files have the same headers as the one before.
    let mut before: Option<(Vec<(String, Secret)>, PutHeaders)> = None;
    // Taken apart and not borrowed: ten thousand URLs are not to be held twice.
    let destinations = reply.upload_urls.into_iter().zip(promised).map(|(url, entry)| {
        let given = url.headers(&entry.content_type)?;
        let context = |e: Error| e.context(&format!("file {:?}", entry.name));
        let headers = match &before {
            Some((same, headers)) if *same == given => headers.clone(),
            _ => PutHeaders::new(&given, options).map_err(context)?,
        };
        before = Some((given, headers.clone()));
        let target = PutTarget::of_service(&url.upload_url, url.method()?, &headers, age, options);
        Ok(Destination {
            file_id: url.file_id,
            delivery: Delivery::Whole(Box::new(target.map_err(context)?)),
        })
    });
    destinations.collect()
}

fn in_parts(
    files: &[MultipartFile],
    promised: &[FileEntry],
    age: SignedAt,
    options: &Options,
) -> Result<Vec<Destination>> {
    if files.len() != promised.len() {
        return Err(bad_reply(format!("it answers for {} files of {}", files.len(), promised.len())));
    }
    let plans = plans(files, promised)?;
    let destinations = files.iter().zip(promised).zip(plans).map(|((file, entry), plan)| {
        let context = |e: Error| e.context(&format!("file {:?}", entry.name));
        file.check_name(&entry.name)?;
        let urls = file.in_order().map_err(context)?;
        // As the official client sends it. The service signs no header of a part.
        let headers = [("Content-Type".to_owned(), Secret::new("application/octet-stream"))];
        let headers = PutHeaders::new(&headers, options)?;
        let targets = urls.into_iter().map(|url| {
            PutTarget::of_service(url.reveal(), Method::PUT, &headers, age, options).map_err(context)
        });
        let delivery = Delivery::Parts {
            upload_id: Secret::new(file.upload_id.as_str()),
            plan,
            targets: targets.collect::<Result<_>>()?,
        };
        Ok(Destination { file_id: file.file_id.clone(), delivery })
    });
    destinations.collect()
}

/// The plan that fits the number of URLs: ours, or else the official SDK's.
fn plans(files: &[MultipartFile], promised: &[FileEntry]) -> Result<Vec<PartPlan>> {
    let ours = |entry: &FileEntry| PartPlan::fixed(entry.size, entry.part_size.unwrap_or(OFFICIAL_PART_SIZE));
    let official = |entry: &FileEntry| PartPlan::fixed(entry.size, OFFICIAL_PART_SIZE);
    let fits = |plan: &dyn Fn(&FileEntry) -> PartPlan| {
        files.iter().zip(promised).all(|(file, entry)| file.part_urls.len() as u64 == plan(entry).count())
    };
    if fits(&ours) {
        return Ok(promised.iter().map(ours).collect());
    }
    if fits(&official) {
        return Ok(promised.iter().map(official).collect());
    }
    if let Some((_, entry)) = files.iter().zip(promised).find(|(f, e)| f.part_urls.is_empty() && e.size == 0)
    {
        return Err(bad_reply(format!(
            "it gives no URL for {:?}, which is empty, and so it cannot be sent in parts",
            entry.name
        )));
    }
    let odd = files.iter().zip(promised).find(|(file, e)| file.part_urls.len() as u64 != ours(e).count());
    let what = odd.map_or_else(String::new, |(file, entry)| {
        let plan = ours(entry);
        format!(
            "it gives {} URLs for {:?} of {} bytes, which is {} parts of {}",
            file.part_urls.len(),
            entry.name,
            entry.size,
            plan.count(),
            plan.part_size()
        )
    });
    Err(bad_reply(what))
}

impl TransferTicket {
    /// The transfer's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }
    /// When the service says its URLs expire, RFC 3339.
    #[must_use]
    pub fn expires_at(&self) -> Option<&str> {
        self.0.expires_at.as_deref()
    }
}

/// Shows how many destinations there are and on which hosts, and nothing that opens them.
impl std::fmt::Debug for TransferTicket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut urls = Vec::new();
        for destination in &self.0.destinations {
            match &destination.delivery {
                Delivery::Whole(target) => urls.push(target.to_string()),
                Delivery::Parts { targets, .. } => {
                    let first = targets.first().map(ToString::to_string).unwrap_or_default();
                    urls.push(format!("{first} in {} parts", targets.len()));
                }
            }
        }
        f.debug_struct("TransferTicket")
            .field("id", &self.0.id)
            .field("upload_urls", &urls)
            .field("expires_at", &self.0.expires_at)
            .finish()
    }
}

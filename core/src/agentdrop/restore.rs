//! A transfer as a journal's first record and back: its ticket, its seals, and whether the rest fits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::encryption::{SealMode, distinct};
use super::prepare::PreparedFile;
use super::request::Terms;
use super::sealing::{KeySource, Sealed, TransferSealing, wrap_key};
use super::state::TransferState;
use super::ticket::{Delivery, PresignRequest, Ticket};
use super::transfer_journal::{FirstRecord, SealRecord};
use crate::error::{Error, Result};
use crate::seal::{FileSeal, Nonce, PublicKey, TAG_LEN, encryption as cannot_seal};
use crate::secret::Secret;
use crate::service::Service;
use crate::storage::{SignedAt, StoredPart};

/// The ticket of the first call, from its record. `None` if the record does not make sense.
pub(super) fn ticket(service: &Service, terms: &Terms, first: &FirstRecord) -> Option<Result<Ticket>> {
    let (sealing, seals) = match sealing(terms, first)? {
        Ok(found) => found,
        Err(error) => return Some(Err(error)),
    };
    let multipart = first.promised.iter().any(|entry| entry.part_size.is_some());
    let request = PresignRequest { promised: first.promised.clone(), multipart, sealing, seals };
    let age = SignedAt::Since(Duration::from_secs(now().saturating_sub(first.at)));
    let text = Bytes::from(first.reply.to_string());
    Some(Ticket::read(first.reply.clone(), text, request, age, &service.clients.options))
}

/// The first record of a transfer that is pending now.
pub(super) fn first_record(
    arguments: Map<String, Value>,
    ticket: &Ticket,
    files: &[PreparedFile],
) -> Result<FirstRecord> {
    let mut sources = Vec::with_capacity(files.len());
    for file in files {
        let identity = file.identity.clone();
        sources.push(identity.ok_or_else(|| Error::internal("a stream was to be resumed"))?);
    }
    let seal = ticket.sealing.sealed().map(|sealed| SealRecord {
        encrypted_key: sealed.encrypted_key.reveal().to_owned(),
        recipient_public_key: sealed.recipient.base64(),
        recipient_key_source: sealed.from,
        marks: ticket.seals.iter().flatten().map(|seal| STANDARD.encode(seal.marks())).collect(),
    });
    Ok(FirstRecord {
        at: now(),
        arguments,
        sources,
        promised: ticket.promised.clone(),
        reply: ticket.reply(),
        seal,
    })
}

/// Whether the parts are those of the plan; of several with one number the last counts.
pub(super) fn parts_fit(state: &mut TransferState, ticket: &Ticket) -> bool {
    state.files.iter_mut().zip(&ticket.destinations).all(|(file, destination)| match &destination.delivery {
        Delivery::Whole(_) => file.parts.is_empty() && !file.completing,
        Delivery::Parts { plan, .. } => {
            let parts = std::mem::take(&mut file.parts);
            let by_number: BTreeMap<u32, StoredPart> =
                parts.into_iter().map(|p| (p.part_number, p)).collect();
            file.parts = by_number.into_values().collect();
            file.parts.iter().all(|part| {
                let number = u64::from(part.part_number);
                (1..=plan.count()).contains(&number) && part.bytes == plan.part(number).1
            })
        }
    })
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The sealing and seals of the first call. `None` if the journal does not make sense.
#[expect(clippy::type_complexity, reason = "said once")]
fn sealing(
    terms: &Terms,
    from: &FirstRecord,
) -> Option<Result<(TransferSealing, Vec<Option<Arc<FileSeal>>>)>> {
    let none = || vec![None; from.promised.len()];
    let Some(encryption) = &terms.encryption else { return Some(Ok((TransferSealing::Open, none()))) };
    let algorithm = encryption.algorithm.clone();
    let (pair, pinned) = match &encryption.mode {
        SealMode::Presealed { encrypted_key } => {
            let sealing = TransferSealing::Presealed { encrypted_key: encrypted_key.clone(), algorithm };
            return Some(Ok((sealing, none())));
        }
        SealMode::Seal { pair, recipient } => (pair, recipient),
    };
    let record = from.seal.as_ref()?;
    let nonces: Vec<&str> = from.promised.iter().filter_map(|e| e.encryption_iv.as_deref()).collect();
    let all = from.promised.len();
    if record.marks.len() != all || nonces.len() != all || distinct(nonces.iter().copied()).is_err() {
        return None;
    }
    let restore = || {
        let recipient = PublicKey::parse(&record.recipient_public_key, "the recipient in the journal")?;
        let by_caller = record.recipient_key_source == KeySource::Caller;
        if pinned.is_some_and(|key| key != recipient) || pinned.is_some() != by_caller {
            return Err(cannot_seal(
                "the journal is for another recipient's key than the one given; give another journal",
            ));
        }
        let key = wrap_key(pair, &recipient)?.unwrap(&record.encrypted_key)?;
        let seals = from.promised.iter().zip(&record.marks).map(|(entry, marks)| {
            let nonce = Nonce::parse(entry.encryption_iv.as_deref().unwrap_or_default())?;
            let marks = STANDARD.decode(marks).unwrap_or_default();
            let len = entry.size.checked_sub(TAG_LEN as u64);
            let seal = len.and_then(|len| FileSeal::marked(key.clone(), nonce, len, &marks));
            seal.map(|seal| Some(Arc::new(seal))).ok_or_else(|| {
                cannot_seal("the journal lacks what tells a changed file, so going on could break the encryption; remove it to begin anew")
            })
        });
        let seals = seals.collect::<Result<Vec<_>>>()?;
        let encrypted_key = Secret::new(record.encrypted_key.as_str());
        let from = record.recipient_key_source;
        Ok((TransferSealing::Sealed(Sealed { key, encrypted_key, algorithm, recipient, from }), seals))
    };
    Some(restore())
}

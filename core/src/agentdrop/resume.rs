//! A transfer with a journal: begun, or gone on with after its process was killed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::checked::CheckedTransfer;
use super::confirm::{self, PriorConfirm};
use super::encryption;
use super::multipart::OpenUploads;
use super::prepare::{self, PreparedFile};
use super::presign::{self, Retention};
use super::request::Terms;
use super::same_call;
use super::sealing::{self, KeySource, Sealed, TransferSealing};
use super::state::TransferState;
use super::ticket::{Delivery, PresignRequest, Ticket};
use super::transfer_journal::{FirstRecord, SealRecord, TransferJournal, give_up, is_done, replayed};
use super::upload::ActiveTransfer;
use crate::error::{Error, ErrorKind, Outcome, Result, Side};
use crate::job::JobContext;
use crate::journal::Journal;
use crate::logs;
use crate::seal::{FileSeal, Nonce, PublicKey, TAG_LEN, encryption as cannot_seal};
use crate::secret::Secret;
use crate::service::Service;
use crate::source::{Sent, Since};
use crate::storage::{self, SignedAt, StoredPart};

/// Begins a transfer with a journal, or goes on with the one that is there.
pub(super) async fn start_or_resume(
    service: &Arc<Service>,
    transfer: CheckedTransfer,
    path: PathBuf,
    ctx: &JobContext,
) -> Result<ActiveTransfer> {
    if let Some(file) = transfer.files.iter().find(|f| f.source.is_stream()) {
        return Err(Error::invalid(format!(
            "the file {:?} is a stream, which cannot be read again after a restart; give its path or its bytes, or leave resume out",
            file.name
        )));
    }
    if let Some(file) = transfer.files.iter().find(|f| f.source.as_path() == Some(path.as_path())) {
        return Err(Error::invalid(format!(
            "the journal is the file {:?} itself; give a path of its own",
            file.name
        )));
    }
    let opened = Journal::open(path).await?;
    if let (true, Some(done)) = (opened.waited, opened.records.iter().find(|record| is_done(record))) {
        return Err(sent_by_another(&opened.journal, done["transfer_id"].as_str(), ctx));
    }
    let (journal, mut records) = (opened.journal, opened.records.into_iter());
    match records.next() {
        Some(first) if !is_done(&first) && !records.as_slice().iter().any(is_done) => {
            let rest = records.collect();
            continue_from(service, transfer, journal, first, rest, ctx).await
        }
        first => {
            if first.is_some() {
                journal.clear().await?;
            }
            start_new(service, transfer, journal, ctx).await
        }
    }
}

/// While this call waited for the journal, the one that had it was done: to begin anew would send everything twice.
fn sent_by_another(journal: &Journal, transfer_id: Option<&str>, ctx: &JobContext) -> Error {
    if let Some(id) = transfer_id {
        ctx.reserved_transfer(id);
    }
    let (shown, id) = (journal.path().display(), transfer_id.map(|id| format!(" as transfer {id}")));
    Error::new(
        ErrorKind::Conflict,
        format!(
            "another call with the journal {shown} has just sent it{}, and this one sent nothing; call again only to send it a second time",
            id.unwrap_or_default()
        ),
    )
    .side_is(Side::Caller)
    .with_path(journal.path())
}

async fn start_new(
    service: &Arc<Service>,
    transfer: CheckedTransfer,
    journal: Journal,
    ctx: &JobContext,
) -> Result<ActiveTransfer> {
    match start_recorded(service, transfer, &journal, ctx).await {
        Ok((ticket, files)) => {
            ctx.set_journal(Some(journal.path().to_owned()));
            Ok(ActiveTransfer::new(ticket, files, TransferJournal::of(journal)))
        }
        Err(error) => {
            // Nothing was sent, so there is nothing to go on from.
            match journal.remove().await {
                Ok(()) => Err(error),
                Err(e) => Err(error.with_note(e.message())),
            }
        }
    }
}

/// A pending transfer, once the journal tells all of it.
async fn start_recorded(
    service: &Arc<Service>,
    transfer: CheckedTransfer,
    journal: &Journal,
    ctx: &JobContext,
) -> Result<(Ticket, Vec<PreparedFile>)> {
    let arguments = same_call::arguments(service.shown(), &transfer)?;
    let (ticket, files) = presign::start(service, transfer, Retention::Journal, ctx).await?;
    let uploads = OpenUploads::of(service, &ticket, ctx);
    uploads.abort_with_journal(journal.clone(), ctx);
    let first = first_record(arguments, &ticket, &files)?;
    let record = serde_json::to_value(&first)
        .map_err(|e| Error::internal("a journal could not be written").cause(&e))?;
    // Before the first byte leaves, and for good: what was sent under a nonce must be known for ever.
    journal.append_for_good(json!({ "begun": record })).await?;
    uploads.keep(ctx);
    Ok((ticket, files))
}

fn first_record(
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

async fn continue_from(
    service: &Arc<Service>,
    transfer: CheckedTransfer,
    journal: Journal,
    first: Value,
    rest: Vec<Value>,
    ctx: &JobContext,
) -> Result<ActiveTransfer> {
    let unreadable = || unreadable(&journal);
    let first: FirstRecord = serde_json::from_value(first["begun"].clone()).map_err(|_| unreadable())?;
    same_call::check(&first.arguments, &same_call::arguments(service.shown(), &transfer)?, &journal)?;
    if let Some(id) = first.reply["id"].as_str() {
        ctx.reserved_transfer(id);
    }
    let mut state = replayed(first.promised.len(), rest).ok_or_else(unreadable)?;
    tracing::info!(
        target: logs::TARGET,
        job = ctx.progress.job(),
        files_sent = state.files.iter().filter(|f| f.sent.is_some()).count(),
        parts_sent = state.files.iter().map(|f| f.parts.len()).sum::<usize>(),
        "going on from a journal"
    );

    let ticket = Arc::new(reread(service, &transfer.terms, &first, &journal)?);
    if !parts_fit(&mut state, &ticket) {
        return Err(unreadable());
    }
    // It is this call's, and whole.
    ctx.set_journal(Some(journal.path().to_owned()));

    if state.confirming == PriorConfirm::NoAnswer && state.files.iter().all(|file| file.sent.is_some()) {
        // That it may be active comes first: what became of the sources since then changes nothing.
        let record = TransferJournal::of(journal.clone());
        if let Some(status) = confirmed_already(service, &ticket, &mut state, &record, ctx).await? {
            let (files, confirmed) = (Vec::new(), Some(status));
            return Ok(ActiveTransfer { ticket, files, state, journal: record, confirmed });
        }
    }
    let files = prepare::open_files(service, transfer.files, &ticket.seals, ctx).await?;
    unchanged(&files, &first, &ticket, &state, &journal).await?;
    if let Some(name) = expired(&ticket, &state) {
        let uploads = OpenUploads::of(service, &ticket, ctx);
        return Err(give_up(ran_out(&name), journal, &uploads, ctx).await);
    }
    Ok(ActiveTransfer { ticket, files, state, journal: TransferJournal::of(journal), confirmed: None })
}

/// The ticket of the first call, from its record.
fn reread(service: &Service, terms: &Terms, first: &FirstRecord, journal: &Journal) -> Result<Ticket> {
    let (sealing, seals) = restored(terms, first).ok_or_else(|| unreadable(journal))??;
    let multipart = first.promised.iter().any(|entry| entry.part_size.is_some());
    let request = PresignRequest { promised: first.promised.clone(), multipart, sealing, seals };
    let age = SignedAt::Since(Duration::from_secs(now().saturating_sub(first.at)));
    let text = Bytes::from(first.reply.to_string());
    Ticket::read(first.reply.clone(), text, request, age, &service.clients.options)
}

/// The status of a transfer whose confirm got no answer, if the service has all of it.
async fn confirmed_already(
    service: &Service,
    ticket: &Ticket,
    state: &mut TransferState,
    journal: &TransferJournal,
    ctx: &JobContext,
) -> Result<Option<String>> {
    match confirm::confirm(service, &ticket.id, PriorConfirm::NoAnswer, ctx).await {
        Ok(status) => Ok(Some(status)),
        Err(error) if error.service_code() == Some("FILES_MISSING") => {
            ctx.outcome_if_stopped(Outcome::NotCompleted);
            journal.missing(ctx).await;
            state.forget_whole();
            Ok(None)
        }
        Err(error) => Err(journal.confirm_failed(error, ctx).await),
    }
}

/// Whether the parts are those of the plan; of several with one number the last counts.
fn parts_fit(state: &mut TransferState, ticket: &Ticket) -> bool {
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
fn restored(
    terms: &Terms,
    from: &FirstRecord,
) -> Option<Result<(TransferSealing, Vec<Option<Arc<FileSeal>>>)>> {
    let none = || vec![None; from.promised.len()];
    let Some(encryption) = &terms.encryption else { return Some(Ok((TransferSealing::Open, none()))) };
    let algorithm = encryption.algorithm.clone();
    let (pair, pinned) = match &encryption.mode {
        encryption::SealMode::Presealed { encrypted_key } => {
            let sealing = TransferSealing::Presealed { encrypted_key: encrypted_key.clone(), algorithm };
            return Some(Ok((sealing, none())));
        }
        encryption::SealMode::Seal { pair, recipient } => (pair, recipient),
    };
    let record = from.seal.as_ref()?;
    let nonces: Vec<&str> = from.promised.iter().filter_map(|e| e.encryption_iv.as_deref()).collect();
    let all = from.promised.len();
    if record.marks.len() != all
        || nonces.len() != all
        || encryption::distinct(nonces.iter().copied()).is_err()
    {
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
        let key = sealing::wrap_key(pair, &recipient)?.unwrap(&record.encrypted_key)?;
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

/// Refuses sources that are not those of the first call: what was sent of them does not fit what would be.
async fn unchanged(
    files: &[PreparedFile],
    then: &FirstRecord,
    ticket: &Ticket,
    state: &TransferState,
    journal: &Journal,
) -> Result<()> {
    for (index, file) in files.iter().enumerate() {
        let since = match then.sources.get(index) {
            Some(identity) => file.source.since(identity).await?,
            None => Since::Other("was not among its files".to_owned()),
        };
        let same_size = then.promised.get(index).is_some_and(|entry| entry.size == file.entry.size);
        let difference = match since {
            Since::Same if same_size => continue,
            Since::Doubtful(_) if same_size && is_what_was_sent(file, ticket, state, index).await? => {
                continue;
            }
            Since::Same => "is of another size".to_owned(),
            Since::Doubtful(difference) | Since::Other(difference) => difference,
        };
        let (shown, name) = (journal.path().display(), &file.entry.name);
        return Err(Error::new(
            ErrorKind::SourceChanged,
            format!(
                "the file {name:?} {difference} since the journal {shown} was begun, and a part of it may have been sent; remove the journal to send it as a new transfer"
            ),
        ));
    }
    Ok(())
}

/// Whether what storage has of a file is what the file holds now. Of a sealed one that is not there whole every block
/// is compared when it is sealed again.
async fn is_what_was_sent(
    file: &PreparedFile,
    ticket: &Ticket,
    state: &TransferState,
    index: usize,
) -> Result<bool> {
    let (Some(destination), Some(so_far)) = (ticket.destinations.get(index), state.files.get(index)) else {
        return Ok(false);
    };
    let sealed = ticket.seals.get(index).is_some_and(Option::is_some);
    match (&destination.delivery, &so_far.sent) {
        (_, None) if sealed => Ok(true),
        (Delivery::Parts { plan, .. }, _) => file.source.holds(&storage::sent(plan, &so_far.parts)).await,
        (Delivery::Whole(_), None) => Ok(true),
        (Delivery::Whole(_), Some(facts)) => {
            let (md5, sha256) = (facts.md5.as_deref(), facts.sha256.as_deref());
            file.source.holds(&[Sent { start: 0, len: facts.size, md5, sha256 }]).await
        }
    }
}

/// The name of a file that cannot be sent any more, since its URLs ran out.
fn expired(ticket: &Ticket, state: &TransferState) -> Option<String> {
    let over = |index: usize| {
        let file = &state.files[index];
        match &ticket.destinations[index].delivery {
            _ if file.sent.is_some() => false,
            Delivery::Whole(target) => target.is_over(),
            Delivery::Parts { targets, .. } => (1..).zip(targets).any(|(number, target)| {
                target.is_over() && !file.parts.iter().any(|part| u64::from(part.part_number) == number)
            }),
        }
    };
    (0..state.files.len()).find(|index| over(*index)).map(|index| ticket.promised[index].name.clone())
}

fn ran_out(name: &str) -> Error {
    Error::new(
        ErrorKind::Expired,
        format!(
            "the upload URLs ran out before the file {name:?} was sent, and a transfer cannot get new ones"
        ),
    )
}

fn unreadable(journal: &Journal) -> Error {
    Error::invalid(format!(
        "the journal {} holds records that do not fit each other and was left as it is; remove it to begin anew",
        journal.path().display()
    ))
    .with_path(journal.path())
}

//! What a transfer's journal says, and going on from it.
//!
//! The records, in the order they are written ([`crate::journal`] says how each is kept):
//!
//! | record | when | what |
//! |---|---|---|
//! | `begun` | the transfer is pending; nothing was sent | the call's arguments, the sources' identities, the service's reply with its live URLs, and of a sealed transfer `encrypted_key`, the recipient's public key and the marks of every block |
//! | `part` | storage has a part | the file's place in the list, part number, ETag |
//! | `completing` | a file's parts are about to be put together | the file's place |
//! | `sent` | storage has a file | the file's place and its facts |
//! | `confirming` | the transfer is about to be confirmed | |
//! | `refused` | confirming was refused, so that the transfer is not active | |
//! | `missing` | the service misses a file | what was `sent` whole may not be there; it is sent again |
//! | `done` | the transfer is active; the journal is about to be removed | beside it `transfer_id` |
//!
//! The key that seals the files is not in it: it is unwrapped from `encrypted_key` with the caller's private key.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::confirm::{self, Earlier};
use super::encryption::{self, Cover, KeySource, Sealed};
use super::flow::{self, Begun, FileState, Kept, State};
use super::multipart::OpenUploads;
use super::prepare::{self, Ready};
use super::request::{Terms, Transfer};
use super::result::SentFile;
use super::ticket::{Asked, How, Ticket};
use super::wire::FileEntry;
use crate::error::{Cleanup, Error, ErrorKind, Outcome, Result, Side};
use crate::job::Ctx;
use crate::journal::Journal;
use crate::logs;
use crate::seal::{FileSeal, Nonce, PublicKey, TAG_LEN, encryption as cannot_seal};
use crate::secret::Secret;
use crate::service::Service;
use crate::source::{Sent, Since};
use crate::storage::{self, Age, StoredPart};

/// The journal of the call that is running.
pub(super) struct Log(Journal);

impl Log {
    pub(super) async fn part(&self, at: usize, part: &StoredPart) -> Result<()> {
        self.0.append(json!({"part": {"file": at, "stored": part}})).await
    }
    pub(super) async fn completing(&self, at: usize) -> Result<()> {
        // For good, as the next: after a loss of power an upload that is over must not look as if it were open.
        self.0.append_for_good(json!({"completing": at})).await
    }
    pub(super) async fn sent(&self, at: usize, file: &SentFile) -> Result<()> {
        self.0.append(json!({"sent": {"file": at, "facts": file}})).await
    }
    pub(super) async fn confirming(&self) -> Result<()> {
        self.0.append_for_good(json!({"confirming": true})).await
    }
    pub(super) async fn refused(&self, ctx: &Ctx) {
        self.note(json!({"refused": true}), ctx).await;
    }
    pub(super) async fn missing(&self, ctx: &Ctx) {
        self.note(json!({"missing": true}), ctx).await;
    }

    /// A record that the call is not to fail for: what the service said counts for more.
    async fn note(&self, record: Value, ctx: &Ctx) {
        if let Err(error) = self.0.append(record).await {
            let reason = error.message();
            tracing::warn!(target: logs::TARGET, job = ctx.progress.job(), reason, "a record of the journal is lost");
        }
    }

    /// The transfer is active. A journal that cannot be removed says so to the next call that is given it.
    pub(super) async fn done(self, transfer_id: &str, ctx: &Ctx) {
        // First: whoever stops the call from here on has nothing to resume.
        ctx.resumable(None);
        if let Err(error) = self.0.end(json!({"done": true, "transfer_id": transfer_id})).await {
            tracing::warn!(
                target: logs::TARGET,
                job = ctx.progress.job(),
                reason = error.message(),
                "the transfer is active, and its journal is left over"
            );
        }
    }
}

/// What the first record holds.
#[derive(Deserialize, Serialize)]
struct Beginning {
    /// Seconds since 1970, by this machine's clock.
    at: u64,
    arguments: Map<String, Value>,
    sources: Vec<Value>,
    promised: Vec<FileEntry>,
    reply: Value,
    seal: Option<SealRecord>,
}

#[derive(Deserialize, Serialize)]
struct SealRecord {
    encrypted_key: String,
    recipient_public_key: String,
    recipient_key_source: KeySource,
    /// Of each file, base64.
    marks: Vec<String>,
}

/// Begins a transfer with a journal, or goes on with the one that is there.
pub(super) async fn begin(
    service: &Arc<Service>,
    transfer: Transfer,
    path: PathBuf,
    ctx: &Ctx,
) -> Result<Begun> {
    if let Some(file) = transfer.files.iter().find(|f| f.source.is_stream()) {
        return Err(Error::invalid(format!(
            "the file {:?} is a stream, which cannot be read again after a restart; give its path or its bytes, or leave resume out",
            file.resolved_name()?
        )));
    }
    if let Some(file) = transfer.files.iter().find(|f| f.source.as_path() == Some(path.as_path())) {
        return Err(Error::invalid(format!(
            "the journal is the file {:?} itself; give a path of its own",
            file.resolved_name()?
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
            go_on(service, transfer, journal, first, rest, ctx).await
        }
        first => {
            if first.is_some() {
                journal.clear().await?;
            }
            begin_anew(service, transfer, journal, ctx).await
        }
    }
}

fn is_done(record: &Value) -> bool {
    record["done"] == true
}

/// While this call waited for the journal, the one that had it was done: to begin anew would send everything twice.
fn sent_by_another(journal: &Journal, transfer_id: Option<&str>, ctx: &Ctx) -> Error {
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
    .about(journal.path())
}

async fn begin_anew(
    service: &Arc<Service>,
    transfer: Transfer,
    journal: Journal,
    ctx: &Ctx,
) -> Result<Begun> {
    match begin_with(service, transfer, &journal, ctx).await {
        Ok(begun) => {
            ctx.resumable(Some(journal.path().to_owned()));
            Ok(Begun { log: Some(Log(journal)), ..begun })
        }
        Err(error) => {
            // Nothing was sent, so there is nothing to go on from.
            match journal.remove().await {
                Ok(()) => Err(error),
                Err(e) => Err(error.addition(e.message())),
            }
        }
    }
}

async fn begin_with(
    service: &Arc<Service>,
    transfer: Transfer,
    journal: &Journal,
    ctx: &Ctx,
) -> Result<Begun> {
    let arguments = arguments(service, &transfer)?;
    let (ticket, files) = flow::begin(service, transfer, Kept::Journal, ctx).await?;
    let ticket = Arc::new(ticket);
    // If it is stopped here the record may be half written, by a thread that no cancel stops. So the journal is removed
    // first, which waits for that: one that lived on would lead to uploads that are gone.
    let (open, theirs) = (OpenUploads::of(&ticket), ctx.without_remains());
    let (of_ours, id, kept) = (Arc::clone(service), ticket.id.clone(), journal.clone());
    ctx.if_not_completed(Some(Box::pin(async move {
        match kept.remove().await {
            Ok(()) => open.abort(of_ours, id, theirs).await,
            Err(_) => Cleanup::Failed,
        }
    })));
    let beginning = beginning(arguments, &ticket, &files)?;
    let record = serde_json::to_value(&beginning)
        .map_err(|e| Error::internal("a journal could not be written").cause(&e))?;
    // Before the first byte leaves, and for good: what was sent under a nonce must be known for ever.
    journal.append_for_good(json!({ "begun": record })).await?;
    ctx.if_not_completed(None);
    let state = State::new(files.len());
    Ok(Begun { ticket, files, state, log: None, confirmed: None })
}

fn beginning(arguments: Map<String, Value>, ticket: &Ticket, files: &[Ready]) -> Result<Beginning> {
    let mut sources = Vec::with_capacity(files.len());
    for file in files {
        let identity = file.identity.clone();
        sources.push(identity.ok_or_else(|| Error::internal("a stream was to be resumed"))?);
    }
    let seal = ticket.cover.seals().map(|sealed| SealRecord {
        encrypted_key: sealed.encrypted_key.reveal().to_owned(),
        recipient_public_key: sealed.recipient.base64(),
        recipient_key_source: sealed.from,
        marks: ticket.seals.iter().flatten().map(|seal| STANDARD.encode(seal.marks())).collect(),
    });
    Ok(Beginning {
        at: now(),
        arguments,
        sources,
        promised: ticket.promised.clone(),
        reply: ticket.reply(),
        seal,
    })
}

/// What makes two calls the same. Sizes are not among it: a file of another size is one that changed.
fn arguments(service: &Service, transfer: &Transfer) -> Result<Map<String, Value>> {
    let Terms { sender, recipient, mode, expires_in, max_downloads, message, metadata, .. } = &transfer.terms;
    let files = transfer.files.iter().map(|file| {
        let name = file.resolved_name()?;
        let content_type = file.type_to_send(&name, transfer.terms.seals_here())?;
        Ok(json!([name, content_type, file.encryption_iv]))
    });
    let files = files.collect::<Result<Vec<Value>>>()?;
    let encryption = transfer.terms.encryption.as_ref().map(|encryption| match &encryption.how {
        encryption::How::Seal { pair, recipient } => json!({
            "sender_public_key": pair.public_key(),
            "recipient_public_key": recipient.map(|key| key.base64()),
            "algorithm": encryption.algorithm,
        }),
        encryption::How::Presealed { encrypted_key } => json!({
            "encrypted_key": encrypted_key.reveal(),
            "algorithm": encryption.algorithm,
        }),
    });
    let all = json!({
        "base_url": service.shown(),
        "sender": sender,
        "recipient": recipient,
        "recipient_account": transfer.terms.recipient_account,
        "mode": mode,
        "expires_in": expires_in,
        "max_downloads": max_downloads,
        "message": message,
        "metadata": metadata,
        "auto_delete": transfer.terms.auto_delete,
        "multipart": transfer.multipart,
        "files": files,
        "encryption": encryption,
    });
    match all {
        Value::Object(map) => Ok(map),
        _ => Err(Error::internal("arguments are an object")),
    }
}

async fn go_on(
    service: &Arc<Service>,
    transfer: Transfer,
    journal: Journal,
    first: Value,
    rest: Vec<Value>,
    ctx: &Ctx,
) -> Result<Begun> {
    let unreadable = || unreadable(&journal);
    let beginning: Beginning = serde_json::from_value(first["begun"].clone()).map_err(|_| unreadable())?;
    same_call(&beginning.arguments, &arguments(service, &transfer)?, &journal)?;
    if let Some(id) = beginning.reply["id"].as_str() {
        ctx.reserved_transfer(id);
    }
    let mut state = replayed(beginning.promised.len(), rest).ok_or_else(unreadable)?;
    tracing::info!(
        target: logs::TARGET,
        job = ctx.progress.job(),
        files_sent = state.files.iter().filter(|f| f.sent.is_some()).count(),
        parts_sent = state.files.iter().map(|f| f.parts.len()).sum::<usize>(),
        "going on from a journal"
    );

    let (cover, seals) = restored(&transfer.terms, &beginning).ok_or_else(unreadable)??;
    let multipart = beginning.promised.iter().any(|entry| entry.part_size.is_some());
    let asked = Asked { promised: beginning.promised.clone(), multipart, cover, seals };
    let age = Age::Since(Duration::from_secs(now().saturating_sub(beginning.at)));
    let text = Bytes::from(beginning.reply.to_string());
    let ticket = Ticket::read(beginning.reply.clone(), text, asked, age, &service.clients.options)?;
    if !parts_fit(&mut state, &ticket) {
        return Err(unreadable());
    }
    let ticket = Arc::new(ticket);
    // It is this call's, and whole.
    ctx.resumable(Some(journal.path().to_owned()));
    let log = Log(journal);

    if state.confirming == Earlier::Lost && state.files.iter().all(|file| file.sent.is_some()) {
        // That it may be active comes first: what became of the sources since then changes nothing.
        match confirm::confirm(service, &ticket.id, Earlier::Lost, ctx).await {
            Ok(status) => {
                let (files, log, confirmed) = (Vec::new(), Some(log), Some(status));
                return Ok(Begun { ticket, files, state, log, confirmed });
            }
            Err(error) if error.service_code() == Some("FILES_MISSING") => {
                ctx.outcome_if_stopped(Outcome::NotCompleted);
                log.missing(ctx).await;
                state.forget_whole();
            }
            Err(error) => return Err(not_confirmed(error, Some(&log), ctx).await),
        }
    }
    let files = prepare::look_at(service, transfer.files, &ticket.seals, ctx).await?;
    unchanged(&files, &beginning, &ticket, &state, &log.0).await?;
    if let Some(name) = expired(&ticket, &state) {
        let open = OpenUploads::of(&ticket);
        return Err(give_up(ran_out(&name), service, &ticket, &open, log.0, ctx).await);
    }
    Ok(Begun { ticket, files, state, log: Some(log), confirmed: None })
}

fn same_call(then: &Map<String, Value>, now: &Map<String, Value>, journal: &Journal) -> Result<()> {
    let differs = now.iter().find(|(name, value)| then.get(name.as_str()) != Some(value));
    let Some((name, _)) = differs else { return Ok(()) };
    Err(Error::invalid(format!(
        "the journal {} is of another call, whose {name} differs; give the same arguments, or another journal",
        journal.path().display()
    ))
    .about(journal.path()))
}

/// What the records after the first one say.
fn replayed(files: usize, records: Vec<Value>) -> Option<State> {
    #[derive(Deserialize)]
    struct Part {
        file: usize,
        stored: StoredPart,
    }
    #[derive(Deserialize)]
    struct Sent {
        file: usize,
        facts: SentFile,
    }
    let mut state = State::new(files);
    // The last records may be lost with the power, and with them that it was confirmed.
    state.confirming = Earlier::Elsewhere;
    for record in records {
        let Value::Object(record) = record else { return None };
        let (kind, value) = record.into_iter().next()?;
        match kind.as_str() {
            "part" => {
                let Part { file, stored } = serde_json::from_value(value).ok()?;
                state.files.get_mut(file)?.parts.push(stored);
            }
            "sent" => {
                let Sent { file, facts } = serde_json::from_value(value).ok()?;
                let place = state.files.get_mut(file)?;
                *place = FileState { sent: Some(facts), completing: false, ..std::mem::take(place) };
            }
            "completing" => {
                let file = usize::try_from(value.as_u64()?).ok()?;
                state.files.get_mut(file)?.completing = true;
            }
            "confirming" => state.confirming = Earlier::Lost,
            "refused" => state.confirming = Earlier::Elsewhere,
            "missing" => state.forget_whole(),
            _ => return None,
        }
    }
    Some(state)
}

/// Whether the parts are those of the plan; of several with one number the last counts.
fn parts_fit(state: &mut State, ticket: &Ticket) -> bool {
    state.files.iter_mut().zip(&ticket.places).all(|(file, place)| match &place.how {
        How::Whole(_) => file.parts.is_empty() && !file.completing,
        How::Parts { plan, .. } => {
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

/// The cover and seals of the first call. `None` if the journal does not make sense.
#[expect(clippy::type_complexity, reason = "said once")]
fn restored(terms: &Terms, from: &Beginning) -> Option<Result<(Cover, Vec<Option<Arc<FileSeal>>>)>> {
    let none = || vec![None; from.promised.len()];
    let Some(encryption) = &terms.encryption else { return Some(Ok((Cover::Open, none()))) };
    let algorithm = encryption.algorithm.clone();
    let (pair, pinned) = match &encryption.how {
        encryption::How::Presealed { encrypted_key } => {
            let cover = Cover::Presealed { encrypted_key: encrypted_key.clone(), algorithm };
            return Some(Ok((cover, none())));
        }
        encryption::How::Seal { pair, recipient } => (pair, recipient),
    };
    let record = from.seal.as_ref()?;
    let nonces: Vec<&str> = from.promised.iter().filter_map(|e| e.encryption_iv.as_deref()).collect();
    let all = from.promised.len();
    if record.marks.len() != all || nonces.len() != all || encryption::distinct(&nonces).is_err() {
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
        let key = encryption::wrap_key(pair, &recipient)?.unwrap(&record.encrypted_key)?;
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
        Ok((Cover::Sealed(Sealed { key, encrypted_key, algorithm, recipient, from }), seals))
    };
    Some(restore())
}

/// Refuses sources that are not those of the first call: what was sent of them does not fit what would be.
async fn unchanged(
    files: &[Ready],
    then: &Beginning,
    ticket: &Ticket,
    state: &State,
    journal: &Journal,
) -> Result<()> {
    for (at, file) in files.iter().enumerate() {
        let since = match then.sources.get(at) {
            Some(kept) => file.source.since(kept).await?,
            None => Since::Other("was not among its files".to_owned()),
        };
        let same_size = then.promised.get(at).is_some_and(|entry| entry.size == file.entry.size);
        let how = match since {
            Since::Same if same_size => continue,
            Since::Doubtful(_) if same_size && is_what_was_sent(file, ticket, state, at).await? => continue,
            Since::Same => "is of another size".to_owned(),
            Since::Doubtful(how) | Since::Other(how) => how,
        };
        let (shown, name) = (journal.path().display(), &file.entry.name);
        return Err(Error::new(
            ErrorKind::SourceChanged,
            format!(
                "the file {name:?} {how} since the journal {shown} was begun, and a part of it may have been sent; remove the journal to send it as a new transfer"
            ),
        ));
    }
    Ok(())
}

/// Whether what storage has of a file is what the file holds now. Of a sealed one that is not there whole every block
/// is compared when it is sealed again.
async fn is_what_was_sent(file: &Ready, ticket: &Ticket, state: &State, at: usize) -> Result<bool> {
    let (Some(place), Some(so_far)) = (ticket.places.get(at), state.files.get(at)) else { return Ok(false) };
    let sealed = ticket.seals.get(at).is_some_and(Option::is_some);
    match (&place.how, &so_far.sent) {
        (_, None) if sealed => Ok(true),
        (How::Parts { plan, .. }, _) => file.source.holds(&storage::sent(plan, &so_far.parts)).await,
        (How::Whole(_), None) => Ok(true),
        (How::Whole(_), Some(facts)) => {
            let (md5, sha256) = (facts.md5.as_deref(), facts.sha256.as_deref());
            file.source.holds(&[Sent { start: 0, len: facts.size, md5, sha256 }]).await
        }
    }
}

/// The name of a file that cannot be sent any more, since its URLs ran out.
fn expired(ticket: &Ticket, state: &State) -> Option<String> {
    let over = |at: usize| {
        let file = &state.files[at];
        match &ticket.places[at].how {
            _ if file.sent.is_some() => false,
            How::Whole(target) => target.is_over(),
            How::Parts { targets, .. } => (1..).zip(targets).any(|(number, target)| {
                target.is_over() && !file.parts.iter().any(|part| u64::from(part.part_number) == number)
            }),
        }
    };
    (0..state.files.len()).find(|at| over(*at)).map(|at| ticket.promised[at].name.clone())
}

/// What an upload's failure means for its journal, if it has one.
pub(super) async fn ended(
    error: Error,
    service: &Arc<Service>,
    begun: &mut Begun,
    open: &OpenUploads,
    ctx: &Ctx,
) -> Error {
    match begun.log.take() {
        Some(Log(journal)) if error.kind() == ErrorKind::Expired => {
            give_up(error, service, &begun.ticket, open, journal, ctx).await
        }
        log => refused(error, log.as_ref()),
    }
}

/// What a confirm's failure means for its journal, if it has one.
pub(super) async fn not_confirmed(error: Error, log: Option<&Log>, ctx: &Ctx) -> Error {
    if let (Some(log), Outcome::NotCompleted) = (log, error.outcome()) {
        log.refused(ctx).await;
    }
    refused(error, log)
}

/// What to do if the journal leads nowhere: what it is for may be gone.
pub(super) fn refused(error: Error, log: Option<&Log>) -> Error {
    use ErrorKind as K;
    let final_word = matches!(error.kind(), K::NotFound | K::StorageRefused | K::Rejected | K::Conflict);
    match log {
        Some(Log(journal)) if final_word => error.addition(&format!(
            "if it is no better the next time, remove the journal {} to send everything as a new transfer",
            journal.path().display()
        )),
        _ => error,
    }
}

/// The URLs ran out, and the service has no way to ask for new ones. So the journal is of no use any more: it is
/// removed, and the same call begins anew.
async fn give_up(
    error: Error,
    service: &Arc<Service>,
    ticket: &Arc<Ticket>,
    open: &OpenUploads,
    journal: Journal,
    ctx: &Ctx,
) -> Error {
    flow::abort_if_not_completed(service, ticket, open, ctx);
    let path = journal.path().display().to_string();
    ctx.resumable(None);
    match journal.remove().await {
        Ok(()) => {
            error
                .addition(&format!(
                    "the journal {path} could not be gone on with and is removed; call again to send everything as a new transfer"
                ))
                .retryable_is(true)
        }
        Err(e) => error.addition(&format!("remove the journal {path}, then call again")).cause(&e),
    }
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
    .about(journal.path())
}

/// Any record is understood or not.
#[cfg(any(test, fuzzing))]
pub fn exercise_journal(record: &Value) {
    let _ = serde_json::from_value::<Beginning>(record["begun"].clone());
    let _ = replayed(2, vec![record.clone()]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(number: u32) -> StoredPart {
        StoredPart {
            part_number: number,
            bytes: 5,
            etag: "e".into(),
            md5: None,
            verified: false,
            attempts: 1,
        }
    }

    #[test]
    fn records_tell_how_far_it_was() {
        let facts = json!({"file_id": "f", "name": "a", "size": 5, "etag": "e", "md5": null, "sha256": null,
            "verified": false, "attempts": 1, "parts": 0});
        let records = vec![
            json!({"sent": {"file": 0, "facts": facts}}),
            json!({"part": {"file": 1, "stored": part(2)}}),
            json!({"part": {"file": 1, "stored": part(1)}}),
            json!({"completing": 1}),
            json!({"confirming": true}),
        ];
        let state = replayed(2, records.clone()).expect("they fit");
        assert!(state.files[0].sent.is_some() && state.files[1].completing);
        assert_eq!(state.files[1].parts.len(), 2);
        assert_eq!(state.confirming, Earlier::Lost);

        let missing = [records.as_slice(), &[json!({"missing": true})]].concat();
        let state = replayed(2, missing).expect("they fit");
        assert!(state.files[0].sent.is_none() && state.files[1].parts.len() == 2);
        assert_eq!(state.confirming, Earlier::Elsewhere);

        for odd in [json!({"part": {"file": 2, "stored": part(1)}}), json!({"what": 1}), json!(1), json!({})]
        {
            assert!(replayed(2, vec![odd.clone()]).is_none(), "{odd}");
        }
    }
}

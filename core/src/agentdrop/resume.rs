//! A transfer with a journal: begun, or gone on with after its process was killed.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::checked::CheckedTransfer;
use super::confirm::{self, PriorConfirm};
use super::multipart::OpenUploads;
use super::prepare::{self, PreparedFile};
use super::presign::{self, Retention};
use super::resource::TRANSFER;
use super::state::TransferState;
use super::ticket::Ticket;
use super::transfer_journal::{FirstRecord, TransferJournal, give_up, is_done, replayed};
use super::upload::ActiveTransfer;
use super::{restore, same_call, unchanged};
use crate::error::{Error, ErrorKind, Outcome, Result, Side};
use crate::job::JobContext;
use crate::journal::Journal;
use crate::logs;
use crate::service::Service;

/// Begins a transfer with a journal, or goes on with the one that is there.
pub(super) async fn start_or_resume(
    service: &Arc<Service>,
    transfer: CheckedTransfer,
    path: PathBuf,
    ctx: &JobContext,
) -> Result<ActiveTransfer> {
    if let Some(file) = transfer.files.iter().find(|f| f.source.is_stream()) {
        return Err(Error::invalid(format!(
            "the file {:?} is a stream, which cannot be read again after a restart; give its path or its bytes, or leave journal out",
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

/// While this call waited for the journal, the one that had it was done: to begin anew would send everything
/// twice.
fn sent_by_another(journal: &Journal, transfer_id: Option<&str>, ctx: &JobContext) -> Error {
    if let Some(id) = transfer_id {
        ctx.set_resource(&TRANSFER, id);
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
            ctx.set_journal(journal.path().to_owned(), journal.writes());
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
    let first = restore::first_record(arguments, &ticket, &files)?;
    let record = serde_json::to_value(&first)
        .map_err(|e| Error::internal("a journal could not be written").cause(&e))?;
    // Before the first byte leaves, and for good: what was sent under a nonce must be known for ever.
    journal.append_for_good(json!({ "begun": record })).await?;
    uploads.keep(ctx);
    Ok((ticket, files))
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
        ctx.set_resource(&TRANSFER, id);
    }
    let mut state = replayed(first.promised.len(), rest).ok_or_else(unreadable)?;
    tracing::info!(
        target: logs::TARGET,
        job = ctx.progress.job(),
        files_sent = state.files.iter().filter(|f| f.sent.is_some()).count(),
        parts_sent = state.files.iter().map(|f| f.parts.len()).sum::<usize>(),
        "going on from a journal"
    );

    let may_be_active =
        state.confirming == PriorConfirm::NoAnswer && state.files.iter().all(|file| file.sent.is_some());
    if may_be_active {
        ctx.left_open_by_earlier_call();
    }
    let ticket = Arc::new(restore::ticket(service, &transfer.terms, &first).ok_or_else(unreadable)??);
    if !restore::parts_fit(&mut state, &ticket) {
        return Err(unreadable());
    }
    // It is this call's, and whole.
    ctx.set_journal(journal.path().to_owned(), journal.writes());

    if may_be_active {
        // That it may be active comes first: what became of the sources since then changes nothing.
        let record = TransferJournal::of(journal.clone());
        if let Some(status) = confirmed_already(service, &ticket, &mut state, &record, ctx).await? {
            let (files, confirmed) = (Vec::new(), Some(status));
            return Ok(ActiveTransfer { ticket, files, state, journal: record, confirmed });
        }
    }
    let files = prepare::open_files(service, transfer.files, &ticket.seals, ctx).await?;
    unchanged::check(&files, &first, &ticket, &state, &journal).await?;
    if let Some(name) = unchanged::expired(&ticket, &state) {
        let uploads = OpenUploads::of(service, &ticket, ctx);
        return Err(give_up(unchanged::ran_out(&name), journal, &uploads, ctx).await);
    }
    Ok(ActiveTransfer { ticket, files, state, journal: TransferJournal::of(journal), confirmed: None })
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
            ctx.earlier_call_is_settled();
            ctx.outcome_if_stopped(Outcome::NotCompleted);
            journal.missing(ctx).await;
            state.forget_whole();
            Ok(None)
        }
        // Not written down as refused: no answer to this one tells what became of the one that got none.
        Err(error) => Err(journal.advised(error)),
    }
}

fn unreadable(journal: &Journal) -> Error {
    Error::invalid(format!(
        "the journal {} holds records that do not fit each other and was left as it is; remove it to begin anew",
        journal.path().display()
    ))
    .with_path(journal.path())
}

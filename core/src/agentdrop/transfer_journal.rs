//! A transfer's journal: its records, and the consequence of a failure for it. A transfer without one has
//! one that takes no notes, so that nobody else needs to ask.
//!
//! The records, in the order they are written ([`crate::journal`] says how each is kept):
//!
//! | record | when | what |
//! |---|---|---|
//! | `begun` | the transfer is pending; nothing was sent | the call's arguments, the sources' identities, the service's reply with its live URLs, and of a sealed transfer `encrypted_key`, the recipient's public key and the marks of every block |
//! | `part` | storage has a part | the file's destination in the list, part number, ETag |
//! | `completing` | a file's parts are about to be put together | the file's place |
//! | `sent` | storage has a file | the file's place and its facts |
//! | `confirming` | the transfer is about to be confirmed | |
//! | `refused` | confirming was refused, so that the transfer is not active | |
//! | `missing` | the service misses a file | what was `sent` whole may not be there; it is sent again |
//! | `done` | the transfer is active; the journal is about to be removed | beside it `transfer_id` |
//!
//! The key that seals the files is not in it: it is unwrapped from `encrypted_key` with the caller's private
//! key.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::confirm::PriorConfirm;
use super::multipart::OpenUploads;
use super::result::SentFile;
use super::sealing::KeySource;
use super::state::{FileState, TransferState};
use super::wire::FileEntry;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::job::JobContext;
use crate::journal::Journal;
use crate::logs;
use crate::storage::StoredPart;

/// The journal of the call that is running; of one without, nothing is kept.
pub(super) struct TransferJournal(Option<Journal>);

impl TransferJournal {
    pub(super) fn none() -> Self {
        Self(None)
    }
    pub(super) fn of(journal: Journal) -> Self {
        Self(Some(journal))
    }

    pub(super) async fn part(&self, index: usize, part: &StoredPart) -> Result<()> {
        self.append(|| json!({"part": {"file": index, "stored": part}})).await
    }
    pub(super) async fn completing(&self, index: usize) -> Result<()> {
        self.append_for_good(|| json!({"completing": index})).await
    }
    pub(super) async fn sent(&self, index: usize, file: &SentFile) -> Result<()> {
        self.append(|| json!({"sent": {"file": index, "facts": file}})).await
    }
    pub(super) async fn confirming(&self) -> Result<()> {
        self.append_for_good(|| json!({"confirming": true})).await
    }
    pub(super) async fn missing(&self, ctx: &JobContext) {
        self.note(json!({"missing": true}), ctx).await;
    }

    async fn append(&self, record: impl FnOnce() -> Value) -> Result<()> {
        match &self.0 {
            Some(journal) => journal.append(record()).await,
            None => Ok(()),
        }
    }

    /// After a loss of power an upload that is over must not look as if it were open.
    async fn append_for_good(&self, record: impl FnOnce() -> Value) -> Result<()> {
        match &self.0 {
            Some(journal) => journal.append_for_good(record()).await,
            None => Ok(()),
        }
    }

    /// A record that the call is not to fail for: what the service said counts for more.
    async fn note(&self, record: Value, ctx: &JobContext) {
        if let Err(error) = self.append(|| record).await {
            let reason = error.message();
            tracing::warn!(target: logs::TARGET, job = ctx.progress.job(), reason, "a record of the journal is lost");
        }
    }

    /// Has the uploads of a failed call aborted, unless this journal leads to them.
    pub(super) fn keep_or_abort(&self, uploads: &OpenUploads, ctx: &JobContext) {
        match self.0 {
            Some(_) => uploads.keep(ctx),
            None => uploads.abort_if_not_completed(ctx),
        }
    }

    /// The transfer is active. A journal that cannot be removed says so to the next call that is given it.
    pub(super) async fn done(self, transfer_id: &str, ctx: &JobContext) {
        let Some(journal) = self.0 else { return };
        ctx.outcome_if_stopped(Outcome::Completed);
        // First: whoever stops the call from here on has nothing to resume.
        ctx.unset_journal();
        let (last, job) = (json!({"done": true, "transfer_id": transfer_id}), ctx.progress.job());
        // Whoever cancels now and calls again at once must not meet this journal half removed.
        ctx.uninterrupted(async move {
            if let Err(error) = journal.end(last).await {
                tracing::warn!(
                    target: logs::TARGET,
                    job,
                    reason = error.message(),
                    "the transfer is active, and its journal is left over"
                );
            }
        })
        .await;
    }

    /// Ends or keeps the journal after an upload failed.
    pub(super) async fn upload_failed(
        &mut self,
        error: Error,
        uploads: &OpenUploads,
        ctx: &JobContext,
    ) -> Error {
        if error.kind() == ErrorKind::Expired
            && let Some(journal) = self.0.take()
        {
            return give_up(error, journal, uploads, ctx).await;
        }
        self.advised(error)
    }

    /// Keeps the journal after a confirm failed, with a record if it was refused.
    pub(super) async fn confirm_failed(&self, error: Error, ctx: &JobContext) -> Error {
        if error.outcome() == Outcome::NotCompleted {
            self.note(json!({"refused": true}), ctx).await;
        }
        self.advised(error)
    }

    /// Adds what to do if it leads nowhere: what it is for may be gone.
    pub(super) fn advised(&self, error: Error) -> Error {
        use ErrorKind as K;
        let final_word = matches!(error.kind(), K::NotFound | K::StorageRefused | K::Rejected | K::Conflict);
        match &self.0 {
            Some(journal) if final_word => error.with_note(&format!(
                "if it is no better the next time, remove the journal {} to send everything as a new transfer",
                journal.path().display()
            )),
            _ => error,
        }
    }
}

/// The URLs ran out, and the service has no way to ask for new ones. So the journal is of no use any more: it
/// is removed, and the same call begins anew.
pub(super) async fn give_up(
    error: Error,
    journal: Journal,
    uploads: &OpenUploads,
    ctx: &JobContext,
) -> Error {
    uploads.abort_if_not_completed(ctx);
    let path = journal.path().display().to_string();
    ctx.unset_journal();
    match journal.remove().await {
        Ok(()) => {
            error
                .with_note(&format!(
                    "the journal {path} could not be gone on with and is removed; call again to send everything as a new transfer"
                ))
                .retryable_is(true)
        }
        Err(e) => error.with_note(&format!("remove the journal {path}, then call again")).cause(&e),
    }
}

/// The first record.
#[derive(Deserialize, Serialize)]
pub(crate) struct FirstRecord {
    /// Seconds since 1970, by this machine's clock.
    pub(super) at: u64,
    pub(super) arguments: Map<String, Value>,
    pub(super) sources: Vec<Value>,
    pub(super) promised: Vec<FileEntry>,
    pub(super) reply: Value,
    pub(super) seal: Option<SealRecord>,
}

#[derive(Deserialize, Serialize)]
pub(super) struct SealRecord {
    pub(super) encrypted_key: String,
    pub(super) recipient_public_key: String,
    pub(super) recipient_key_source: KeySource,
    /// Of each file, base64.
    pub(super) marks: Vec<String>,
}

/// Whether a record says that the transfer is active.
pub(super) fn is_done(record: &Value) -> bool {
    record["done"] == true
}

/// The state that the records after the first one tell. `None` if they make no sense.
pub(crate) fn replayed(files: usize, records: Vec<Value>) -> Option<TransferState> {
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
    let mut state = TransferState::new(files);
    // The last records may be lost with the power, and with them that it was confirmed.
    state.confirming = PriorConfirm::ByAnother;
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
                let destination = state.files.get_mut(file)?;
                *destination =
                    FileState { sent: Some(facts), completing: false, ..std::mem::take(destination) };
            }
            "completing" => {
                let file = usize::try_from(value.as_u64()?).ok()?;
                state.files.get_mut(file)?.completing = true;
            }
            "confirming" => state.confirming = PriorConfirm::NoAnswer,
            "refused" => state.confirming = PriorConfirm::ByAnother,
            "missing" => state.forget_whole(),
            _ => return None,
        }
    }
    Some(state)
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
            verified_by: None,
            crc64nvme: None,
            attempts: 1,
        }
    }

    #[test]
    fn records_tell_how_far_it_was() {
        let facts = json!({"file_id": "f", "name": "a", "bytes": 5, "etag": "e", "md5": null, "sha256": null,
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
        assert_eq!(state.confirming, PriorConfirm::NoAnswer);

        let missing = [records.as_slice(), &[json!({"missing": true})]].concat();
        let state = replayed(2, missing).expect("they fit");
        assert!(state.files[0].sent.is_none() && state.files[1].parts.len() == 2);
        assert_eq!(state.confirming, PriorConfirm::ByAnother);

        for odd in [json!({"part": {"file": 2, "stored": part(1)}}), json!({"what": 1}), json!(1), json!({})]
        {
            assert!(replayed(2, vec![odd.clone()]).is_none(), "{odd}");
        }
    }
}

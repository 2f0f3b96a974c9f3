//! The journal of one object that goes in blocks or in a session: what it was begun with, and how far it is.
//! One without a file takes no notes. Knows no dialect: what each keeps is a value to it.
//!
//! The records, in the order they are written ([`crate::journal`] says how each is kept):
//!
//! | record | when | what |
//! |---|---|---|
//! | `put` | nothing was sent | where to, without its signature; the source's size and identity; whether the
//! object may be there without a further record; what the dialect keeps |
//! | `part` | storage has a block | its number and digests |
//! | `committing` | the blocks are about to become the object | |
//! | `done` | storage has the object; the journal is about to be removed | |

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::part_plan::PartPlan;
use super::parts::sent_ranges;
use super::put::PutTarget;
use super::result::StoredPart;
use crate::error::{Error, ErrorKind, Outcome, Result, Side};
use crate::job::JobContext;
use crate::journal::Journal;
use crate::logs;
use crate::source::{Prepared, SourceComparison};

/// The journal of the upload that is running; of one without, nothing is kept.
pub(super) struct PutJournal(Option<Journal>);

/// The first record.
#[derive(Deserialize, Serialize)]
struct Begun {
    to: String,
    bytes: u64,
    source: Value,
    /// Whether what is sent from here on may become the object, and no record says so.
    may_be_stored: bool,
    kept: Value,
}

impl Begun {
    fn read(first: &Value) -> serde_json::Result<Self> {
        Self::deserialize(&first["put"])
    }

    /// Tells the job if the object at `target` may be there by what the records after this one tell; those
    /// that make no sense leave it open.
    fn tell(&self, target: &PutTarget, told: Option<&(Vec<StoredPart>, bool)>, ctx: &JobContext) {
        let committing = told.is_none_or(|(_, committing)| *committing);
        if self.to == target.place() && (self.may_be_stored || committing) {
            ctx.left_open_by_earlier_call();
        }
    }
}

/// An upload that is begun anew, or gone on with.
pub(super) struct Resumed {
    pub(super) journal: PutJournal,
    /// What the dialect kept, if it is gone on with.
    pub(super) kept: Option<Value>,
    pub(super) parts: Vec<StoredPart>,
    /// Whether the object may be there, by what an earlier call did.
    pub(super) may_be_stored: bool,
}

impl Resumed {
    fn nothing(journal: PutJournal) -> Self {
        Self { journal, kept: None, parts: Vec::new(), may_be_stored: false }
    }
}

impl PutJournal {
    /// What earlier calls with the journal at `path` may have stored, before anything of this one can fail.
    pub(super) async fn look(path: PathBuf, target: &PutTarget, ctx: &JobContext) {
        let records = Journal::left_at(path).await;
        let Some((first, rest)) = records.split_first().filter(|_| !is_over(&records)) else { return };
        if let Ok(begun) = Begun::read(first) {
            begun.tell(target, parts(rest.iter().cloned()).as_ref(), ctx);
        }
    }

    /// Opens the journal at `path`, if there is to be one, and reads how far the upload is.
    pub(super) async fn open(
        path: Option<PathBuf>,
        target: &PutTarget,
        source: &Prepared,
        ctx: &JobContext,
    ) -> Result<Resumed> {
        let Some(path) = path else {
            return Ok(Resumed::nothing(Self(None)));
        };
        let opened = Journal::open(path).await?;
        // From here on what is in it counts, and not what was there a moment ago.
        ctx.earlier_call_is_settled();
        let (journal, is_over) = (opened.journal, is_over(&opened.records));
        let mut records = opened.records.into_iter();
        if opened.waited && is_over {
            return Err(stored_by_another(&journal));
        }
        let first = records.next().filter(|_| !is_over);
        let Some(first) = first else {
            journal.clear().await?;
            return Ok(Resumed::nothing(Self(Some(journal))));
        };
        let begun = Begun::read(&first).map_err(|_| unreadable(&journal))?;
        let told = parts(records);
        begun.tell(target, told.as_ref(), ctx);
        let (parts, committing) = told.ok_or_else(|| unreadable(&journal))?;
        let may_be_stored = begun.may_be_stored || committing;
        check(&begun, target, source, &parts, &journal).await?;
        ctx.set_journal(journal.path().to_owned(), journal.writes());
        tracing::info!(
            target: logs::TARGET,
            job = ctx.progress.job(),
            parts_sent = parts.len(),
            "going on from a journal"
        );
        Ok(Resumed { journal: Self(Some(journal)), kept: Some(begun.kept), parts, may_be_stored })
    }

    /// Writes the first record, for good: what was sent under a name must be found again.
    pub(super) async fn begin(
        &self,
        target: &PutTarget,
        source: &Prepared,
        kept: Value,
        may_be_stored: bool,
        ctx: &JobContext,
    ) -> Result<()> {
        let Some(journal) = &self.0 else { return Ok(()) };
        journal.clear().await?;
        let identity = source.lasting_identity().await?.unwrap_or_default();
        let begun = Begun { to: target.place(), bytes: source.len(), source: identity, may_be_stored, kept };
        let begun = serde_json::to_value(begun)
            .map_err(|e| Error::internal("a journal could not be written").cause(&e))?;
        journal.append_for_good(json!({ "put": begun })).await?;
        ctx.set_journal(journal.path().to_owned(), journal.writes());
        Ok(())
    }

    pub(super) async fn part(&self, part: &StoredPart) -> Result<()> {
        match &self.0 {
            Some(journal) => journal.append(json!({ "part": part })).await,
            None => Ok(()),
        }
    }

    pub(super) async fn committing(&self) -> Result<()> {
        match &self.0 {
            Some(journal) => journal.append(json!({ "committing": true })).await,
            None => Ok(()),
        }
    }

    /// Storage has the object. A journal that cannot be removed is found to be over by the next call.
    pub(super) async fn done(self, ctx: &JobContext) {
        let Some(journal) = self.0 else { return };
        // First: whoever stops the call from here on has nothing to resume.
        ctx.unset_journal();
        ctx.outcome_if_stopped(Outcome::Completed);
        let job = ctx.progress.job();
        ctx.uninterrupted(async move {
            if let Err(error) = journal.end(json!({ "done": true })).await {
                let reason = error.message();
                tracing::warn!(target: logs::TARGET, job, reason, "storage has the object, and its journal is left over");
            }
        })
        .await;
    }

    /// The journal leads nowhere any more, and is removed, so that the same call begins anew.
    pub(super) async fn give_up(self, error: Error, ctx: &JobContext) -> Error {
        let Some(journal) = self.0 else { return error };
        let path = journal.path().display().to_string();
        ctx.unset_journal();
        match journal.remove().await {
            // To send it anew is what it advises already, or is of no use.
            Ok(()) if error.kind() == ErrorKind::Integrity => {
                error.with_note(&format!("the journal {path} is removed"))
            }
            Ok(()) => error
                .with_note(&format!(
                    "the journal {path} could not be gone on with and is removed; call again to send everything anew"
                ))
                .retryable_is(true),
            Err(e) => error.with_note(&format!("remove the journal {path}, then call again")).cause(&e),
        }
    }
}

/// Whether a record says that storage has the object.
fn is_over(records: &[Value]) -> bool {
    records.iter().any(|record| record["done"] == true)
}

/// The parts that the records after the first one tell, and whether they were about to become the object;
/// `None` if they make no sense.
fn parts(records: impl Iterator<Item = Value>) -> Option<(Vec<StoredPart>, bool)> {
    let (mut parts, mut committing) = (Vec::new(), false);
    for record in records {
        let Value::Object(record) = record else { return None };
        let (kind, value) = record.into_iter().next()?;
        match kind.as_str() {
            "part" => parts.push(serde_json::from_value(value).ok()?),
            "committing" => committing = true,
            _ => return None,
        }
    }
    Some((parts, committing))
}

/// Refuses a call that is not the journal's, and a source that is not the one it was begun with. The
/// signature may be another: a URL that ran out is no reason to send everything again.
async fn check(
    begun: &Begun,
    target: &PutTarget,
    source: &Prepared,
    parts: &[StoredPart],
    journal: &Journal,
) -> Result<()> {
    let shown = journal.path().display();
    if begun.to != target.place() {
        return Err(Error::invalid(format!(
            "the journal {shown} is of an upload to another place; give a URL for the same object, or another journal"
        ))
        .with_path(journal.path()));
    }
    let difference = match source.since(&begun.source).await? {
        _ if begun.bytes != source.len() => "is of another size".to_owned(),
        SourceComparison::Same => return Ok(()),
        SourceComparison::Doubtful(how) => match begun.kept["part_size"].as_u64() {
            Some(size) if source.holds(&sent_ranges(&PartPlan::fixed(begun.bytes, size), parts)).await? => {
                return Ok(());
            }
            _ => how,
        },
        SourceComparison::Other(how) => how,
    };
    Err(Error::new(
        ErrorKind::SourceChanged,
        format!(
            "the source {difference} since the journal {shown} was begun, and a part of it may have been sent; remove the journal to send it anew"
        ),
    )
    .with_path(journal.path()))
}

/// While this call waited for the journal, the one that had it was done.
fn stored_by_another(journal: &Journal) -> Error {
    let shown = journal.path().display();
    Error::new(
        ErrorKind::Conflict,
        format!(
            "another call with the journal {shown} has just stored it, and this one sent nothing; call again only to send it a second time"
        ),
    )
    .side_is(Side::Caller)
    .with_path(journal.path())
}

fn unreadable(journal: &Journal) -> Error {
    Error::invalid(format!(
        "the journal {} holds records that are not those of an upload to storage and was left as it is; remove it to begin anew, or give another path",
        journal.path().display()
    ))
    .with_path(journal.path())
}

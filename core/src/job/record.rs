//! The facts of a call while it runs, for the error it may end with from outside.

use std::path::{Path, PathBuf};

use crate::error::{Error, Outcome, Resource};

/// A call that ends with bytes in storage, and no service is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RawUpload {
    /// One object, which is there as soon as storage says so.
    Object,
    /// Several, or parts of one.
    Several,
}

/// For whoever thinks of sending anew what an earlier call with the same journal may have brought to its end.
pub(crate) const EARLIER_CALL: &str = "an earlier call with this journal may have sent everything, so look whether it is there before you send it anew";

#[derive(Default)]
pub(super) struct CallRecord {
    pub(super) resource: Option<Resource>,
    /// The outcome of being stopped.
    pub(super) outcome: Option<Outcome>,
    pub(super) raw: Option<RawUpload>,
    /// Why the same call is not to be made again once a request of it may have been handled, as the end of a
    /// sentence.
    pub(super) not_again: Option<&'static str>,
    pub(super) etag: Option<String>,
    pub(super) journal: Option<PathBuf>,
    /// Whether an earlier call, which this one goes on with, may have done all of it.
    pub(super) left_open: bool,
}

impl CallRecord {
    /// Adds what was reserved, and the journal, to an error that does not name them.
    pub(super) fn complete(&self, error: Error) -> Error {
        let resource = error.resource().or(self.resource.as_ref()).cloned();
        let journal = error.journal().or(self.journal.as_deref()).map(Path::to_owned);
        error.resource_is(resource).resume_is(journal)
    }

    /// What this call knows to be undone an earlier one may have done.
    pub(super) fn with_earlier_call(&self, error: Error) -> Error {
        if !self.left_open || error.outcome() != Outcome::NotCompleted {
            return error;
        }
        let error = error.outcome_is(Outcome::Unknown);
        match self.ask_first() {
            Some(ask) => error.with_note(&ask),
            None => error.with_note(EARLIER_CALL),
        }
    }

    /// The error of a call that is stopped now, with what that leaves behind.
    pub(super) fn stopped(&self, error: Error, body_was_sent: bool) -> Error {
        // A raw upload replaces the object as a whole, so it may be repeated whatever became of it. A POST
        // replaces nothing.
        let raw = self.raw;
        let by_now = if raw.is_some() && body_was_sent { Outcome::Unknown } else { Outcome::NotCompleted };
        let outcome = self.outcome.unwrap_or(by_now);
        let retryable = match outcome {
            Outcome::Completed => false,
            Outcome::NotCompleted => true,
            Outcome::Unknown => raw.is_some() && self.not_again.is_none(),
        };
        let error = error.etag_is(self.etag.as_deref()).retryable_is(retryable).outcome_is(outcome);
        if let (Outcome::Unknown, Some(why)) = (outcome, self.not_again) {
            return error.with_note(why);
        }
        if self.left_open && self.resource.is_none() && outcome == Outcome::Unknown {
            return error.with_note(EARLIER_CALL);
        }
        match (raw, outcome) {
            (Some(RawUpload::Object), Outcome::Unknown) => {
                error.with_note("everything was sent, so look whether it is there before you send it again")
            }
            (Some(RawUpload::Object), Outcome::Completed) => error.with_note("storage has what was sent"),
            _ => error,
        }
    }

    /// The first thing to do if the call is stopped now. The sentence may be all that is read, and to call
    /// again might do it twice.
    pub(super) fn ask_first(&self) -> Option<String> {
        if self.outcome != Some(Outcome::Unknown) {
            return None;
        }
        let resource = self.resource.as_ref()?;
        let (kind, id) = (resource.kind(), resource.id());
        let or =
            if self.journal.is_some() { ", or call again with the same journal, which asks" } else { "" };
        Some(format!(
            "whether {} {id} {} is not known; ask {}({id:?}) before anything is sent again{or}",
            kind.name, kind.settled, kind.getter
        ))
    }
}

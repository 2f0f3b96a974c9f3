//! The findings of all sessions of one call, one after another: a new one knows nothing of what those before
//! it left.

use super::upload_history::UploadHistory;
use crate::error::{Error, Outcome, Result};
use crate::http::tries::Tries;
use crate::job::EARLIER_CALL;

/// The findings of the sessions of one call.
pub(super) struct SessionHistory {
    /// Of the requests that sent some of the object.
    pub(super) uploads: UploadHistory,
    /// Requests so far, those that begin a session or ask how far it is included.
    pub(super) requests: u32,
    /// The size that storage had of it, where that was another than ours.
    pub(super) other_size: Option<u64>,
    /// What is left of sessions before this one. No word of this one makes it undone.
    before: Outcome,
    /// Whether all that is known of this session is that another call had it.
    of_earlier_call: bool,
}

impl SessionHistory {
    pub(super) fn new() -> Self {
        let (uploads, before) = (UploadHistory::new(false), Outcome::NotCompleted);
        Self { uploads, requests: 0, other_size: None, before, of_earlier_call: false }
    }

    /// Of a session that an earlier call began and may have sent all to. `before` is what it knew of those
    /// before that.
    pub(super) fn resumed(before: Outcome) -> Self {
        let mut uploads = UploadHistory::after_another_call();
        if before == Outcome::Completed {
            uploads.tries.stored();
        }
        Self { uploads, before, of_earlier_call: true, ..Self::new() }
    }

    pub(super) fn tries(&self) -> &Tries {
        &self.uploads.tries
    }

    pub(super) fn begin_request(&mut self) {
        self.requests = self.requests.saturating_add(1);
        self.uploads.tries.begin_request();
    }

    /// The next session is begun.
    pub(super) fn begin_anew(&mut self) {
        self.before = self.tries().outcome();
    }

    /// The session says that it wants more. Whether that settles that there is no object.
    pub(super) fn session_has_no_object(&mut self) -> bool {
        if self.before != Outcome::NotCompleted {
            return false;
        }
        self.uploads.tries = Tries::new();
        self.of_earlier_call = false;
        true
    }

    /// Adds to an error what is known from all of them.
    pub(super) fn add_outcome(&self, error: Error) -> Error {
        self.tries().add_outcome(error)
    }

    /// What comes between two requests, of which the tries know nothing.
    pub(super) fn of_all<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| self.at_end(self.add_outcome(error)))
    }

    /// The error that the call ends with.
    pub(super) fn at_end(&self, error: Error) -> Error {
        if !self.of_earlier_call || error.outcome() != Outcome::Unknown {
            return error;
        }
        error.earlier_request_is(false).with_note(EARLIER_CALL)
    }
}

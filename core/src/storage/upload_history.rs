//! The findings of the tries of one upload, and whether they leave room for another.

use super::error_codes::Action;
use crate::digest::Digest;
use crate::error::{Error, Outcome, Result};
use crate::http::tries::Tries;

/// The findings of the tries of one upload so far.
pub(super) struct UploadHistory {
    pub(super) tries: Tries,
    /// The digest of a try that storage answered with another one.
    pub(super) differed: Option<Digest>,
    /// Whether storage has refused it for a checksum that cannot be computed once more.
    pub(super) doubted: bool,
    /// Whether a request that may have been handled is not to be made again.
    once: bool,
}

impl UploadHistory {
    pub(super) fn new(once: bool) -> Self {
        Self { tries: Tries::new(), differed: None, doubted: false, once }
    }

    /// Of an upload that another call may have brought to its end.
    pub(super) fn after_another_call() -> Self {
        let mut history = Self::new(false);
        history.tries.may_be_stored();
        history
    }

    /// The error of a try that may be made again, or of the call.
    pub(super) fn before_retry(&mut self, error: Error, action: Action) -> Result<Error> {
        if error.outcome() == Outcome::Unknown {
            self.tries.may_be_stored();
        }
        let error = self.tries.add_outcome(error);
        if self.once && error.outcome() != Outcome::NotCompleted {
            return Err(not_again(error));
        }
        if action == Action::Fail { Err(error) } else { Ok(error) }
    }
}

/// For whoever thinks of making a POST again.
pub(super) const TAKEN_TWICE: &str =
    "a POST that is sent again may be taken twice, so look what became of it before you do that";

/// The error of a call whose POST may have been taken.
pub(super) fn not_again(error: Error) -> Error {
    let is_open = error.outcome() == Outcome::NotCompleted;
    let error = if is_open { error.outcome_is(Outcome::Unknown) } else { error };
    error.retryable_is(false).with_note(TAKEN_TWICE)
}

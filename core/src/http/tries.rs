//! The traces that the requests of one upload leave, whatever the last of them is told.

use std::sync::Arc;

use super::attempt::Unanswered;
use crate::digest::Digests;
use crate::error::{Error, Outcome};
use crate::progress::Counters;
use crate::source::Reading;

/// The requests of one upload. A request whose last byte may have been taken can have stored the object, and
/// no later refusal makes that undone: only a success, or a look at what is there, settles it.
#[derive(Debug)]
pub(crate) struct Tries {
    outcome: Outcome,
    /// Whether the latest request made it so.
    latest: bool,
    repeated: u32,
    sent: Digests,
    changed: Option<Arc<Reading>>,
    etag: Option<String>,
}

impl Tries {
    pub(crate) fn new() -> Self {
        Self {
            outcome: Outcome::NotCompleted,
            latest: false,
            repeated: 0,
            sent: Digests::default(),
            changed: None,
            etag: None,
        }
    }

    /// The object, as far as it is known.
    pub(crate) fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Requests beyond one for each try.
    pub(crate) fn repeated(&self) -> u32 {
        self.repeated
    }

    /// The digests of a body that was sent to its end and got no answer.
    pub(crate) fn sent_digests(&self) -> &Digests {
        &self.sent
    }

    /// The file that body was read from, if that changed meanwhile.
    pub(crate) fn changed(&self) -> Option<&Arc<Reading>> {
        self.changed.as_ref()
    }

    /// A request is made, or would be.
    pub(crate) fn begin_request(&mut self) {
        self.latest = false;
    }

    /// One try takes another request.
    pub(super) fn repeat(&mut self, progress: &Counters) {
        self.repeated += 1;
        progress.retried();
    }

    pub(super) fn no_answer(&mut self, failed: &mut Unanswered) {
        if let Some(sent) = failed.sent_whole.take() {
            (self.sent, self.changed) = (sent, failed.changed.take());
            self.may_be_stored();
        }
    }

    /// An answer that leaves open what became of the object.
    pub(crate) fn may_be_stored(&mut self) {
        self.latest = true;
        if self.outcome == Outcome::NotCompleted {
            self.outcome = Outcome::Unknown;
        }
    }

    /// Storage said that it has the object.
    pub(crate) fn stored(&mut self) {
        self.latest = true;
        self.outcome = Outcome::Completed;
    }

    /// Its ETag, for the errors of later requests.
    pub(crate) fn stored_as(&mut self, etag: &str) {
        self.etag = Some(etag.to_owned());
    }

    /// Adds to the error of a try what is known from all of them.
    pub(crate) fn add_outcome(&self, error: Error) -> Error {
        let error = error.outcome_is(self.outcome).earlier_request_is(!self.latest);
        if self.etag.is_some() { error.etag_is(self.etag.as_deref()) } else { error }
    }
}

//! The facts that a layer adds to an error on its way to the caller.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::kind::ErrorKind;
use super::outcome::{Cleanup, Outcome};
use super::resource::{Resource, ResourceKind};
use super::side::Side;
use super::text::{one_line, shortened};
use super::value::{Detail, Error, Facts};

impl Error {
    fn with(mut self, change: impl FnOnce(&mut Facts)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// Names the local file an error is about.
    pub(crate) fn with_path(self, path: &Path) -> Self {
        self.with(|f| f.path = Some(path.to_owned()))
    }

    /// The operating system's number for what is wrong, where no call of ours told it.
    pub(crate) fn errno_of(self, number: i32) -> Self {
        self.with(|f| f.errno = Some(number))
    }

    /// The operating system's own words.
    pub(crate) fn by_system(self, said: &std::io::Error) -> Self {
        self.with(|f| f.errno = said.raw_os_error()).cause(said)
    }

    /// The same, of a local file.
    pub(crate) fn of_file(self, path: &Path, said: &std::io::Error) -> Self {
        self.with_path(path).by_system(said)
    }

    /// Names the operation unless a deeper layer already did.
    pub(crate) fn with_operation(self, operation: &'static str) -> Self {
        self.with(|f| {
            f.operation.get_or_insert(operation);
        })
    }
    pub(crate) fn errno_is(self, errno: Option<i32>) -> Self {
        self.with(|f| f.errno = errno)
    }
    pub(crate) fn side_is(self, side: Side) -> Self {
        self.with(|f| f.side = side)
    }
    pub(crate) fn retryable_is(self, retryable: bool) -> Self {
        self.with(|f| f.retryable = retryable)
    }
    pub(crate) fn retry_after_is(self, delay: Option<Duration>) -> Self {
        self.with(|f| f.retry_after = delay)
    }
    pub(crate) fn status_is(self, status: u16) -> Self {
        self.with(|f| f.http_status = Some(status))
    }
    pub(crate) fn service_code_is(self, code: Option<String>) -> Self {
        self.with(|f| f.service_code = code.map(|c| shortened(&c, 100)).filter(|c| !c.is_empty()))
    }
    pub(crate) fn request_id_is(self, id: Option<String>) -> Self {
        self.with(|f| f.request_id = id.map(|id| shortened(&id, 200)).filter(|id| !id.is_empty()))
    }
    pub(crate) fn details_are(self, details: Vec<Detail>) -> Self {
        let short =
            |d: Detail| Detail { field: shortened(&d.field, 100), message: shortened(&d.message, 300) };
        self.with(|f| f.details = details.into_iter().take(100).map(short).collect())
    }
    pub(crate) fn outcome_is(self, outcome: Outcome) -> Self {
        self.with(|f| f.outcome = outcome)
    }
    /// For an error about one of several things that are asked for together, when others are not there yet.
    pub(crate) fn unless_all_is_done(self, all: bool) -> Self {
        if all || self.outcome() != Outcome::Completed {
            self
        } else {
            self.outcome_is(Outcome::NotCompleted)
        }
    }
    pub(crate) fn cleanup_is(self, cleanup: Cleanup) -> Self {
        self.with(|f| f.cleanup = cleanup)
    }
    pub(crate) fn resume_is(self, journal: Option<PathBuf>) -> Self {
        self.with(|f| f.journal = journal)
    }
    pub(crate) fn etag_is(self, etag: Option<&str>) -> Self {
        self.with(|f| f.etag = etag.map(|etag| shortened(etag, 200)))
    }
    pub(crate) fn ticket_ended_is(self, ended: bool) -> Self {
        self.with(|f| f.ticket_ended = ended)
    }
    pub(crate) fn in_own_form_is(self, own: bool) -> Self {
        self.with(|f| f.in_own_form = own)
    }
    pub(crate) fn earlier_request_is(self, earlier: bool) -> Self {
        self.with(|f| f.earlier_request = earlier)
    }
    /// The resource that the service reserved for the call.
    pub(crate) fn with_resource(self, kind: &'static ResourceKind, id: &str) -> Self {
        self.resource_is(Some(Resource::new(kind, id)))
    }
    pub(crate) fn resource_is(self, resource: Option<Resource>) -> Self {
        self.with(|f| f.resource = resource)
    }
    /// Keeps what a dependency said, with anything that looks like a URL's query cut away.
    pub(crate) fn cause(self, cause: &dyn fmt::Display) -> Self {
        let text = shortened(&crate::secret::scrub(&cause.to_string()), 500);
        self.with(|f| f.cause = Some(text).filter(|text| !text.is_empty()))
    }
    /// Another error's facts of the exchange: status, ids and when to come back.
    pub(crate) fn exchange_of(self, other: &Self) -> Self {
        self.with(|f| {
            f.http_status = other.0.http_status;
            f.service_code.clone_from(&other.0.service_code);
            f.request_id.clone_from(&other.0.request_id);
            f.retry_after = other.0.retry_after;
        })
    }
    /// The same facts under another kind and sentence, for a layer that knows better what they mean.
    pub(crate) fn retold(self, kind: ErrorKind, message: impl Into<String>) -> Self {
        self.with(|f| {
            f.kind = kind;
            f.message = one_line(&message.into());
            f.retryable = kind.default_retryable();
        })
    }
    /// The same error with every text of a peer's making changed by `hide`.
    pub(crate) fn hiding(self, hide: impl Fn(&str) -> String) -> Self {
        self.with(|f| {
            f.message = hide(&f.message);
            let texts = [&mut f.cause, &mut f.service_code, &mut f.request_id, &mut f.etag];
            for text in texts.into_iter().flatten() {
                *text = hide(text);
            }
            for detail in &mut f.details {
                detail.field = hide(&detail.field);
                detail.message = hide(&detail.message);
            }
        })
    }
    /// The same error of a call whose stream is not where it was, so that the same call would not send the
    /// same.
    pub(crate) fn stream_is_lost(self, why: &str) -> Self {
        const ANEW: &str = "so open it anew before calling again";
        // Who is told that it is done, or to ask first, is not to be told to call again.
        let told = self.retryable() || self.outcome() == Outcome::NotCompleted;
        let error = self.with(|f| f.retryable_anew |= f.retryable).retryable_is(false);
        if told && !error.message().ends_with(ANEW) {
            error.with_note(&format!("{why}, {ANEW}"))
        } else {
            error
        }
    }
    /// The same error of a call whose stream ended with it. For bindings, where whatever is given to a call
    /// is closed.
    #[must_use]
    pub fn stream_is_closed(self) -> Self {
        self.stream_is_lost("the stream was closed with this call")
    }
    /// Whether making the same call again is safe and useful where a stream that was read is opened anew for
    /// it, for a program that is run again with the pipeline before it.
    #[must_use]
    pub fn retryable_anew(&self) -> bool {
        self.0.retryable || self.0.retryable_anew
    }
    /// The same error without the path, for a program that has seen a secret in its place.
    #[must_use]
    pub fn without_path(self) -> Self {
        self.with(|f| f.path = None)
    }
    /// The same error in a sentence of a program's own, for one whose users know neither calls nor arguments.
    #[must_use]
    pub fn with_message(self, message: impl Into<String>) -> Self {
        self.with(|f| f.message = one_line(&message.into()))
    }
    /// The same error, with one more thing to know at the end of its sentence.
    pub(crate) fn with_note(self, what: &str) -> Self {
        self.with(|f| f.message = one_line(&format!("{}; {what}", f.message)))
    }
    /// The same error, its sentence begun with where it happened.
    pub(crate) fn context(self, prefix: &str) -> Self {
        self.with(|f| f.message = one_line(&format!("{prefix}: {}", f.message)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_stream_keeps_whether_a_new_one_may_do() {
        for (retryable, anew) in [(true, true), (false, false)] {
            let error = Error::new(ErrorKind::Network, "broken").retryable_is(retryable);
            let lost = error.stream_is_lost("it was read").stream_is_closed();
            assert_eq!((lost.retryable(), lost.retryable_anew()), (false, anew));
        }
    }
}

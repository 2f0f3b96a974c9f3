//! The request of one attempt, and storage's answer.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::header::LOCATION;
use http::{HeaderMap, Method, StatusCode};

use super::body::Payload;
use crate::digest::{AlgorithmSet, Digests};
use crate::secret::Mask;
use crate::source::Reading;

/// A request to send.
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) headers: Arc<HeaderMap>,
    pub(crate) payload: Payload,
    /// Those of the source to compute while it is sent.
    pub(crate) digests: AlgorithmSet,
    /// Whether the server is asked first if it wants a large body (`Expect: 100-continue`). It costs a round
    /// trip.
    pub(crate) expect_continue: bool,
    /// Where a form asked to be redirected to when it is done.
    pub(crate) redirect: Option<String>,
    pub(crate) handling: Handling,
}

/// The meaning of a request to whoever handles it, where that is not a store that replaces an object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Handling {
    /// What is to be done with the body is a service's own business: a 202 is a success, and the answer is
    /// not there before the end of its own body.
    pub(crate) by_service: bool,
    /// A request that may have been handled is not made again: it would be done twice.
    pub(crate) once: bool,
}

impl Handling {
    /// Whether it says something of an upload and sends none of its bytes.
    pub(crate) fn is_step(self) -> bool {
        self.by_service && !self.once
    }
}

impl Outgoing {
    /// Whether a reply's head says that the object is stored. A form may ask for a redirect instead of a
    /// 2xx; storage then adds what it stored to the URL's query. It is proof enough and not followed.
    pub(crate) fn is_done(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        let location = headers.get(LOCATION).and_then(|v| v.to_str().ok());
        match (&self.redirect, location) {
            (Some(to), Some(location)) if status == StatusCode::SEE_OTHER && !to.is_empty() => {
                let rest = location.strip_prefix(to.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', '&']))
            }
            _ if status == StatusCode::ACCEPTED => self.handling.by_service,
            _ => matches!(status, StatusCode::OK | StatusCode::CREATED | StatusCode::NO_CONTENT),
        }
    }
}

/// Storage's answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// At most 64 KiB of it.
    pub(crate) body: Bytes,
    /// Whether that is all of it.
    pub(crate) whole: bool,
    /// Whether more of it was to come and did not.
    pub(crate) lost: bool,
    /// The digests of the source as it was sent; only after a success.
    pub(crate) digests: Digests,
    /// Whether every byte had been sent when it came.
    pub(crate) complete: bool,
    /// Whether the last byte may have left. It may where only a buffer of ours was known to hold it.
    pub(crate) last_may_have_left: bool,
    /// Whether the server was asked for `100 Continue` and did not say it in time.
    pub(crate) ignores_expect: bool,
    /// The file that was read, if it was one.
    pub(crate) file: Option<Arc<Reading>>,
    /// Bytes this attempt left in the progress, to be taken back if the success turns out to be none.
    pub(crate) counted: u64,
    /// Secrets that a text made of it must hide besides the ticket: a proxy on the way may quote the login it
    /// was given.
    pub(crate) hides: Option<Mask>,
}

impl Reply {
    /// Whether a success may have been about to say that it is none, and was cut off. Some stores put an
    /// error document into a 200. S3 answers a commit with 200 at once, then with blanks for as long as it
    /// takes, and its result comes last; a service says all in its body.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
    pub(crate) fn cut_error(&self, handling: Handling) -> bool {
        if handling.by_service {
            return self.lost;
        }
        !self.whole && self.body.trim_ascii_start().starts_with(b"<")
    }

    /// Everything that a text made of it must hide; `mask` is what the ticket holds.
    pub(crate) fn masked_with<'a>(&self, mask: &'a Mask) -> Cow<'a, Mask> {
        self.hides.as_ref().map_or(Cow::Borrowed(mask), |hides| Cow::Owned(mask.and(hides)))
    }

    /// Hides a proxy's login in a refusal. Of a success only what is said about it must hide that.
    pub(super) fn hide_login(&mut self, login: Option<Mask>, done: bool) {
        if let Some(login) = login.as_ref().filter(|_| !done) {
            self.body = login.apply(&self.body);
            login.apply_to(&mut self.headers);
        }
        self.hides = login;
    }
}

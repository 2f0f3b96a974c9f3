//! One call to a service, its reply, and what a reply that is no success means.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use super::page::Page;
use super::status::{is_turned_away, may_have_been_handled};
use crate::error::{Error, ErrorKind};
use crate::secret::{Mask, Secret};

/// Enough for any reply whose size does not grow with the request.
pub(crate) const REPLY_LIMIT: usize = 1024 * 1024;
/// One call.
pub(crate) struct ApiCall<'a> {
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) key: &'a Secret,
    /// JSON; `None` sends an empty body with `Content-Length: 0`.
    pub(crate) body: Option<Vec<u8>>,
    /// The largest reply that is read.
    pub(crate) reply_limit: usize,
    /// Secrets in the body, which the service may quote back.
    pub(crate) hides: Vec<&'a Secret>,
    /// Turns a reply that is not a success into an error, in the service's own terms.
    pub(crate) refusal: fn(&ApiReply) -> Error,
}

/// A whole reply.
#[derive(Debug)]
pub(crate) struct ApiReply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// There was more than the limit.
    pub(crate) cut: bool,
}

/// Why a call gave no success.
#[derive(Debug)]
pub(crate) enum CallFailure {
    /// The request was not handled: never sent, or turned away.
    NotHandled(Error),
    /// The service refused it, and repeating it would be refused again.
    Refused(Error),
    /// The reply was lost, or was a 5xx: the service may have handled the request or not.
    Unclear {
        /// The fate of the reply.
        error: Error,
        /// Whether the service itself answered (with a 5xx).
        answered: bool,
    },
}

impl CallFailure {
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::NotHandled(e) | Self::Refused(e) | Self::Unclear { error: e, .. } => e,
        }
    }
}

impl CallFailure {
    pub(super) fn with_operation(self, operation: &'static str) -> Self {
        match self {
            Self::NotHandled(e) => Self::NotHandled(e.with_operation(operation)),
            Self::Refused(e) => Self::Refused(e.with_operation(operation)),
            Self::Unclear { error, answered } => {
                Self::Unclear { error: error.with_operation(operation), answered }
            }
        }
    }
}

/// Whether a request whose fate is unclear may be sent again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Yes: a second handling does no harm.
    Always,
    /// No: only after the request is known not to have been handled.
    OnlyIfNotHandled,
}

pub(super) fn judge(call: &ApiCall<'_>, mut reply: ApiReply) -> Result<ApiReply, CallFailure> {
    if reply.status.is_success() && Page::of(&reply.headers, &reply.body).is_none() {
        return Ok(reply);
    }
    // Some services quote the request they refuse. The key is hidden before the reply is read, so that no
    // half of it is left where a text is cut short, and after, since JSON writes one character in many ways.
    let mut mask = Mask::of_key(call.key);
    for secret in &call.hides {
        mask.hide("token", secret.reveal());
    }
    reply.body = mask.apply(&reply.body);
    mask.apply_to(&mut reply.headers);
    if reply.status.is_success() {
        return Ok(reply);
    }
    let error = if reply.status.is_redirection() { redirected(call, &reply) } else { (call.refusal)(&reply) };
    let error = error.hiding(|text| mask.hidden(text));
    let error = error.with_operation(call.operation).status_is(reply.status.as_u16());
    Err(if is_turned_away(reply.status) {
        CallFailure::NotHandled(error)
    } else if may_have_been_handled(reply.status) {
        // 502 and 504 are a gateway's: the service behind it has not answered.
        let answered = !matches!(reply.status.as_u16(), 502 | 504);
        CallFailure::Unclear { error, answered }
    } else {
        CallFailure::Refused(error)
    })
}

/// The key would have to be sent along, so redirects are reported instead of followed.
fn redirected(call: &ApiCall<'_>, reply: &ApiReply) -> Error {
    let to = reply
        .headers
        .get(http::header::LOCATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| call.url.join(v).ok())
        .map_or_else(|| "somewhere else".to_owned(), |u| crate::secret::without_secrets(&u));
    Error::new(
        ErrorKind::Rejected,
        format!(
            "the service redirects to {to}, which is not followed with a key; check base_url, and whether the network wants you to sign in first"
        ),
    )
}

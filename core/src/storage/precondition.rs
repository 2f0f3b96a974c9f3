//! The meaning of a condition in the ticket that does not hold (412): a ticket may replace nothing, or
//! one version only.

use http::StatusCode;

use super::azure;
use super::upload::Upload;
use crate::digest::Algorithm;
use crate::error::{Error, Outcome};
use crate::http::tries::Tries;

enum Condition {
    /// Nothing is to be replaced.
    Absent,
    /// A certain version is.
    Version,
}

impl Condition {
    fn of(upload: &Upload<'_>) -> Option<Self> {
        // Google's generation 0 is "there is none".
        let generation = upload.says("x-goog-if-generation-match");
        if upload.says("if-none-match").is_some() || generation.as_deref() == Some("0") {
            return Some(Self::Absent);
        }
        let version = generation.is_some()
            || upload.says("if-match").is_some()
            || upload.says("if-unmodified-since").is_some();
        version.then_some(Self::Version)
    }
}

/// Whether a refusal is about what is stored there. Azure has a status and codes of its own for that.
pub(super) fn is_about(status: StatusCode, code: Option<&str>) -> bool {
    status == StatusCode::PRECONDITION_FAILED || code.is_some_and(azure::is_in_the_way)
}

/// The error for a refusal of this kind. `etag` is what storage said of the object in the way.
pub(super) fn failed(
    upload: &Upload<'_>,
    refusal: Error,
    etag: Option<&str>,
    tries: &Tries,
    host: &str,
) -> Error {
    let tried = tries.outcome() != Outcome::NotCompleted;
    let what = match (Condition::of(upload), tried) {
        (Some(Condition::Absent), false) => {
            "something is stored there already, and the ticket replaces nothing; choose another name, or ask for a ticket that may replace it".to_owned()
        }
        (Some(Condition::Version), false) => {
            "what is stored there is not the version that the ticket replaces (If-Match), or there is nothing; look at what is there and ask for a ticket for that".to_owned()
        }
        (Some(Condition::Absent), true) => {
            format!("something is stored there, and the ticket replaces nothing; {}", own_earlier_try(tries, etag))
        }
        (Some(Condition::Version), true) => format!(
            "what is stored there is no longer the version that the ticket replaces (If-Match); {}",
            own_earlier_try(tries, etag)
        ),
        (None, true) => format!("a condition in the ticket does not hold; {}", own_earlier_try(tries, etag)),
        (None, false) => return refusal.etag_is(etag),
    };
    let status = refusal.http_status().unwrap_or_default();
    let code = refusal.service_code().map(|code| format!(" {code}")).unwrap_or_default();
    let text = format!("storage at {host} refused the upload ({status}{code}): {what}");
    let kind = refusal.kind();
    refusal.retold(kind, upload.mask.hidden(&text)).etag_is(etag)
}

/// That it may be our own doing, and how to tell.
fn own_earlier_try(tries: &Tries, etag: Option<&str>) -> String {
    let mut text = match tries.outcome() {
        Outcome::Completed => "that is probably the doing of an earlier try of this call, which storage took",
        _ => "that may be the doing of an earlier try of this call, which got no clear answer",
    }
    .to_owned();
    if let Some(md5) = tries.sent_digests().get(Algorithm::Md5) {
        let found = etag.map(|etag| format!(" and its ETag is {etag}")).unwrap_or_default();
        text.push_str(&format!(" (the MD5 of what was sent is {}{found})", md5.hex()));
    }
    text.push_str("; look at what is there before you send it again");
    text
}

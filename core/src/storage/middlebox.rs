//! Successes that may not be storage's: a proxy, a filter or a portal answers an upload itself, with 200 and
//! a page, and nothing is stored.

use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Outcome, Side};
use crate::http::Reply;
use crate::http::page::{self, Names, Page};
use crate::secret::Mask;

/// What an answer is that by its status is a success, if it is none.
pub(super) enum NoSuccess {
    Page(Page),
    /// Its own word for that.
    Failure(String),
}

impl NoSuccess {
    pub(super) fn of(reply: &Reply, mask: &Mask) -> Option<Self> {
        // A redirect that the form asked for is no page of anybody else, whatever it carries.
        if !reply.status.is_success() {
            return None;
        }
        if let Some(page) = page(reply, mask) {
            return Some(Self::Page(page));
        }
        let body = page::decoded(&reply.headers, &reply.body)?;
        if body.is_empty() {
            return None;
        }
        let (code, words) = failure(&mask.apply(&body))?.told();
        Some(Self::Failure([code, words].into_iter().flatten().collect::<Vec<_>>().join(": ")))
    }
}

/// The fault of such an answer to an upload, which cannot be storage's own.
pub(super) fn not_of_storage(reply: &Reply, found: &NoSuccess, host: &str, mask: &Mask) -> Error {
    let what = match found {
        NoSuccess::Page(page) => format!("was {page}"),
        NoSuccess::Failure(said) => format!("says that it failed ({said}){}", Names::of(&reply.headers)),
    };
    let message = format!(
        "the answer {} to the upload to {host} {what}, so something in between answered, not storage; look whether the file is there, and have the proxy, filter or sign-in page in between let uploads through",
        reply.status.as_u16()
    );
    let error = Error::new(ErrorKind::Network, message).status_is(reply.status.as_u16());
    // The same box answers the same way the next time, and each time takes the whole file.
    let error = error.side_is(Side::Network).retryable_is(false).outcome_is(Outcome::Unknown);
    error.hiding(|text| mask.hidden(text))
}

/// The page, though its body may be lost: storage sends none, so what was to be one is not taken for an empty
/// answer.
fn page(reply: &Reply, mask: &Mask) -> Option<Page> {
    // A 204 has no body and no length (RFC 9110, 8.6); where one is told there was a body that nobody can
    // read.
    let unread = !reply.whole || reply.status == StatusCode::NO_CONTENT;
    if reply.body.is_empty() && unread {
        let told = !reply.whole || reply.headers.contains_key(http::header::CONTENT_LENGTH);
        return Page::announced(&reply.headers).filter(|_| told);
    }
    Page::of(&reply.headers, &reply.body)?;
    Page::of(&reply.headers, &mask.apply(&reply.body))
}

/// The failure that JSON tells of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct JsonFailure {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    /// The status that it would rather have, or repeats.
    pub(super) status: Option<u16>,
    pub(super) request_id: Option<String>,
}

impl JsonFailure {
    fn told(self) -> (Option<String>, Option<String>) {
        match (self.code, self.message) {
            (None, None) => (Some("error".to_owned()), None),
            told => told,
        }
    }
}

/// The failure that a body in JSON tells of. Words for "none" are none: `null`, `[]`, `false`, `0`, `"ok"`.
pub(super) fn failure(body: &[u8]) -> Option<JsonFailure> {
    let map = object(body)?;
    let get = |names: &[&str]| member(&map, names);
    let error = error_in(&map);
    let refused = get(&["success", "ok"]).is_some_and(|value| *value == Value::Bool(false));
    let failed = get(&["status"]).and_then(Value::as_str).is_some_and(is_failure);
    (error.is_some_and(says_something) || refused || failed).then(|| words_of(&map))
}

/// The words of a body in JSON that is known to be about a failure, though it may not say so.
pub(super) fn told(body: &[u8]) -> Option<JsonFailure> {
    object(body).map(|map| words_of(&map))
}

fn object(body: &[u8]) -> Option<Map<String, Value>> {
    let text = page::text(body);
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}').trim()).ok()?;
    let value = if let Value::Array(items) = value { items.into_iter().next()? } else { value };
    if let Value::Object(map) = value { Some(map) } else { None }
}

fn member<'a>(map: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    let is_named = |name: &str| names.iter().any(|known| name.eq_ignore_ascii_case(known));
    map.iter().find(|(name, value)| is_named(name) && !value.is_null()).map(|(_, value)| value)
}

fn error_in(map: &Map<String, Value>) -> Option<&Value> {
    member(map, &["error", "errors", "error_code", "errorCode"])
}

fn words_of(map: &Map<String, Value>) -> JsonFailure {
    let mut failure = JsonFailure::default();
    if let Some(error) = error_in(map) {
        failure.take_error(error);
    }
    failure.take_fields(map);
    failure
}

fn is_failure(status: &str) -> bool {
    ["error", "fail", "failed", "failure", "blocked", "denied"]
        .iter()
        .any(|word| status.eq_ignore_ascii_case(word))
}

fn says_something(error: &Value) -> bool {
    match error {
        Value::Null => false,
        Value::Bool(says) => *says,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => {
            let none = ["", "0", "none", "null", "false", "no", "ok", "success"];
            !none.iter().any(|word| text.trim().eq_ignore_ascii_case(word))
        }
        Value::Array(items) => items.iter().any(says_something),
        // TikTok sends {"code": "ok", "message": ""} with every success.
        Value::Object(map) => !map.is_empty() && map.get("code").is_none_or(says_something),
    }
}

impl JsonFailure {
    fn take_error(&mut self, error: &Value) {
        match error {
            Value::String(text) => self.code = Some(text.clone()),
            Value::Number(number) => self.code = Some(number.to_string()),
            Value::Object(map) => self.take_fields(map),
            Value::Array(items) => {
                if let Some(first) = items.iter().find(|item| says_something(item)) {
                    self.take_error(first);
                }
            }
            _ => {}
        }
    }

    fn take_fields(&mut self, map: &Map<String, Value>) {
        let text = |value: &Value| match value {
            Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let find = |names: &[&str]| names.iter().find_map(|name| map.get(*name).and_then(text));
        self.code = self.code.take().or_else(|| find(&["code", "type", "errorCode", "error_code"]));
        let words = ["message", "reason", "error_description", "error_message", "detail", "msg", "title"];
        self.message = self.message.take().or_else(|| find(&words));
        self.request_id = self.request_id.take().or_else(|| find(&["request_id", "requestId"]));
        let status =
            find(&["statusCode", "status_code", "status", "code"]).and_then(|text| text.parse().ok());
        self.status = self.status.or(status.filter(|status| (400..600).contains(status)));
    }
}

/// Headers that only a store sends, one of them with every answer. `x-request-id` and `cf-ray` are those of
/// the boxes in between as well.
const STORE_HEADERS: &[&str] = &[
    "x-amz-request-id",
    "x-amz-id-2",
    "x-amz-version-id",
    "x-amz-server-side-encryption",
    "x-guploader-uploadid",
    "x-goog-generation",
    "x-goog-hash",
    "x-goog-stored-content-length",
    "x-ms-request-id",
    "x-ms-content-crc64",
    "x-oss-request-id",
    "x-cos-request-id",
    "x-obs-request-id",
    "x-bce-request-id",
    "x-tos-request-id",
    "x-kss-request-id",
    "x-nos-request-id",
    "x-qs-request-id",
    "x-reqid",
    "x-bz-content-sha1",
    "x-dropbox-request-id",
    "x-slack-req-id",
];

/// Whether the headers hold something that only a store says.
pub(super) fn has_store_header(headers: &HeaderMap) -> bool {
    STORE_HEADERS.iter().any(|name| headers.contains_key(*name))
        || headers.keys().any(|name| name.as_str().starts_with("x-amz-checksum-"))
}

/// The doubt that is left after a success that nothing but its status shows.
pub(super) fn uncertain_success(host: &str, status: StatusCode, headers: &HeaderMap, mask: &Mask) -> String {
    let text = format!(
        "{host} answered {}{} with neither an ETag nor the request id of a store, so it is not certain that storage answered; look whether the object is there",
        status.as_u16(),
        Names::of(headers)
    );
    mask.hidden(&text)
}

/// The same where the caller wants proof.
pub(super) fn uncertain_success_error(
    host: &str,
    status: StatusCode,
    headers: &HeaderMap,
    mask: &Mask,
) -> Error {
    let message =
        uncertain_success(host, status, headers, mask) + ", or leave integrity_check at its default";
    let error = Error::new(ErrorKind::Integrity, message).status_is(status.as_u16());
    error.side_is(Side::Storage).retryable_is(false).outcome_is(Outcome::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_that_says_error_is_told_from_json_that_says_there_is_none() {
        for (body, code, message) in [
            (r#"{"error":"blocked","reason":"dlp"}"#, Some("blocked"), Some("dlp")),
            (r#"{"Error":{"code":403,"message":"no"}}"#, Some("403"), Some("no")),
            (r#"{"ok":false,"error":"invalid_auth"}"#, Some("invalid_auth"), None),
            (r#"{"success":false,"errors":[{"code":10000,"message":"m"}]}"#, Some("10000"), Some("m")),
            (r#"{"success":false,"errors":[]}"#, None, None),
            (r#"{"status":"error","message":"full"}"#, None, Some("full")),
            (r#"{"errors":["a","b"],"data":null}"#, Some("a"), None),
            (r#"{"error":true,"message":"m"}"#, None, Some("m")),
            ("\u{feff} [{\"error\":{\"status\":\"X\"}}]", None, None),
        ] {
            let found = failure(body.as_bytes()).unwrap_or_else(|| panic!("{body} is a failure"));
            assert_eq!((found.code.as_deref(), found.message.as_deref()), (code, message), "{body}");
        }
        for body in [
            r#"{"error":null}"#,
            r#"{"errors":[]}"#,
            r#"{"error":""}"#,
            r#"{"error":0,"error_code":"0"}"#,
            r#"{"error":{"code":"ok","message":""},"data":{}}"#,
            r#"{"success":true,"errors":[],"messages":[]}"#,
            r#"{"storageId":"kg2"}"#,
            r#"{"Key":"b/k","error_count":3}"#,
            r#"{"status":"ok"}"#,
            r#""error""#,
            "[]",
            "{",
            "error",
        ] {
            assert_eq!(failure(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn a_status_inside_is_seen() {
        let body = br#"{"statusCode":"413","error":"Payload too large","message":"m"}"#;
        assert_eq!(failure(body).expect("a failure").status, Some(413));
        assert_eq!(failure(br#"{"error":"x","status":200}"#).expect("a failure").status, None);
    }
}

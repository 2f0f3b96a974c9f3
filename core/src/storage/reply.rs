//! What storage's refusal means. The XML `Code` says more than the status, so it is looked at first;
//! stores differ in status for one and the same thing (an expired URL is 400 here and 403 there).

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::error::{Error, ErrorKind, Side};
use crate::http::attempt::Reply;
use crate::http::retry::{retry_after, wait_and_try};
use crate::http::status;
use crate::secret::Mask;

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Fail,
    /// The same bytes may be sent again.
    Retry,
}

/// The elements of an error document that matter. Storage's bodies may also be empty, or HTML from
/// something in between; then all of these are absent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    request_id: Option<String>,
    proposed: Option<String>,
    allowed: Option<String>,
}

impl Document {
    /// Reads what can be read. Entities are not expanded beyond the five of XML itself.
    pub(super) fn parse(body: &[u8]) -> Self {
        let mut document = Self::default();
        let body = String::from_utf8_lossy(body);
        let mut reader = Reader::from_str(&body);
        let mut path: Vec<String> = Vec::new();
        let mut text = String::new();
        loop {
            match reader.read_event() {
                Ok(Event::Start(tag)) => {
                    path.push(tag.local_name().as_ref().to_owned());
                    text.clear();
                }
                Ok(Event::Text(piece)) => text.push_str(&piece),
                Ok(Event::CData(piece)) => text.push_str(&piece),
                Ok(Event::GeneralRef(name)) => text.push_str(entity(&name)),
                Ok(Event::End(_)) => {
                    let name = path.pop();
                    if path.len() == 1 && path[0] == "Error" {
                        document.take(name.as_deref().unwrap_or_default(), text.trim());
                    }
                    text.clear();
                }
                Ok(Event::Eof) | Err(_) => return document,
                Ok(_) => {}
            }
        }
    }

    fn take(&mut self, name: &str, text: &str) {
        let slot = match name {
            "Code" => &mut self.code,
            "Message" => &mut self.message,
            "RequestId" => &mut self.request_id,
            "ProposedSize" => &mut self.proposed,
            "MaxSizeAllowed" => &mut self.allowed,
            _ => return,
        };
        *slot = Some(text.chars().take(500).collect());
    }

    /// Whether the body is an error document at all; some stores send one with status 200.
    pub(super) fn is_error(&self) -> bool {
        self.code.is_some()
    }
}

fn entity(name: &str) -> &'static str {
    match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
}

/// The error for a reply that is not a success.
pub(super) fn refusal(reply: &Reply, host: &str, mask: &Mask) -> (Error, Action) {
    let said = mask.apply(&reply.body);
    let document = Document::parse(&said);
    let (kind, action) = meaning(reply.status, &document);
    let error = Error::new(kind, sentence(kind, reply, &document, host))
        .side_is(Side::Storage)
        .status_is(reply.status.as_u16())
        .service_code_is(document.code.clone())
        .request_id_is(document.request_id.clone().or_else(|| request_id(&reply.headers)))
        .retry_after_is(retry_after(&reply.headers));
    let error = match &document.message {
        Some(message) => error.cause(message),
        None => match plain_text(&said) {
            Some(text) => error.cause(&text),
            None => error,
        },
    };
    let error = if action == Action::Retry { error.retryable_is(true) } else { error };
    (error.hiding(|text| mask.hidden(text)), action)
}

fn meaning(http: StatusCode, document: &Document) -> (ErrorKind, Action) {
    use Action::{Fail, Retry};
    use ErrorKind as K;
    let code = document.code.as_deref().unwrap_or("");
    let message = document.message.as_deref().unwrap_or("").to_ascii_lowercase();
    let expired_by_text = message.contains("has expired")
        || message.contains("policy expired")
        || message.contains("date is too old");
    match code {
        "ExpiredRequest" | "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired" => (K::Expired, Fail),
        "AccessDenied" | "InvalidRequest" if expired_by_text => (K::Expired, Fail),
        "EntityTooLarge" => (K::TooLarge, Fail),
        "BadDigest" | "XAmzContentChecksumMismatch" => (K::Integrity, Retry),
        "IncompleteBody" | "ClientDisconnect" => (K::Network, Retry),
        "RequestTimeout" => (K::Timeout, Retry),
        "SlowDown" | "TooManyRequests" => (K::RateLimited, Retry),
        "ServiceUnavailable" | "InternalError" => (K::Unavailable, Retry),
        _ => match status::kind(http) {
            K::Unavailable => (K::Unavailable, Retry),
            K::RateLimited => (K::RateLimited, Retry),
            K::Timeout => (K::Timeout, Retry),
            K::TooLarge => (K::TooLarge, Fail),
            _ => (K::StorageRefused, Fail),
        },
    }
}

fn sentence(kind: ErrorKind, reply: &Reply, document: &Document, host: &str) -> String {
    let (status, asked) = (reply.status, retry_after(&reply.headers));
    let mut code = status.as_u16().to_string();
    if let Some(said) = &document.code {
        code.push_str(&format!(" {said}"));
    }
    if let Some(said) = document.message.as_ref().filter(|m| !m.is_empty()) {
        code.push_str(&format!(": {}", crate::secret::scrub(said)));
    }
    let what = match (kind, document.code.as_deref()) {
        (ErrorKind::TooLarge, _) => match (&document.proposed, &document.allowed) {
            (Some(proposed), Some(allowed)) => {
                format!("it is {proposed} bytes and {allowed} are allowed; send less")
            }
            _ => "it is larger than storage allows; send less".to_owned(),
        },
        (ErrorKind::Expired, _) => "the ticket has run out; ask the service for a new one".to_owned(),
        (ErrorKind::RateLimited, _) => format!("too many requests; {}", wait_and_try(asked)),
        (ErrorKind::Unavailable, _) if asked.is_some() => {
            format!("storage is failing; {}", wait_and_try(asked))
        }
        (ErrorKind::Unavailable, _) => "storage is failing; try again later".to_owned(),
        (ErrorKind::Timeout, _) => "storage waited too long for the bytes; try again".to_owned(),
        (ErrorKind::Network, _) => "storage did not get all bytes; try again".to_owned(),
        (ErrorKind::Integrity, _) => {
            "the bytes that arrived are not the ones that were sent; try again".to_owned()
        }
        (_, Some("SignatureDoesNotMatch")) => {
            "the URL, a header or a field is not what was signed; send the ticket unchanged".to_owned()
        }
        (_, Some("RequestTimeTooSkewed")) => "the signer's clock is off; report it to the service".to_owned(),
        (_, Some("NoSuchBucket" | "NoSuchKey")) => {
            "the ticket points at a place that does not exist; report it to the service".to_owned()
        }
        (_, Some("TemporaryRedirect" | "PermanentRedirect")) => {
            "the ticket points at the wrong region; report it to the service".to_owned()
        }
        _ if status == StatusCode::PRECONDITION_FAILED => {
            "a condition in the ticket does not hold; look at what is stored there, or ask for a new ticket"
                .to_owned()
        }
        _ if status.is_redirection() => {
            "it redirects elsewhere, which is never followed with a file; check the URL".to_owned()
        }
        _ => "the ticket does not allow this upload; check its conditions or ask for a new one".to_owned(),
    };
    let verb = match kind {
        ErrorKind::Unavailable | ErrorKind::RateLimited | ErrorKind::Timeout | ErrorKind::Network => {
            "could not take"
        }
        _ => "refused",
    };
    format!("storage at {host} {verb} the upload ({code}): {what}")
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    ["x-amz-request-id", "cf-ray", "x-request-id"]
        .iter()
        .find_map(|name| headers.get(*name))
        .and_then(|value| value.to_str().ok())
        .map(|text| text.chars().take(200).collect())
}

fn plain_text(body: &Bytes) -> Option<String> {
    let text: String = String::from_utf8_lossy(body).chars().take(200).collect();
    let text = text.trim();
    // A page quotes the request, signed URL and all, and tells nobody anything.
    (!text.is_empty() && !text.starts_with('<')).then(|| text.to_owned())
}

/// Any refusal of storage gives an error that can be shown, though it quote the ticket.
#[cfg(any(test, fuzzing))]
pub fn exercise_reply(data: &[u8]) {
    let secret = &crate::fuzzing::secret(data);
    let [first, second, body @ ..] = data else { return };
    let number = 300 + (u16::from(*first) * 256 + u16::from(*second)) % 300;
    let mut mask = Mask::default();
    mask.hide("X-Amz-Signature", secret);
    // The marker stands for the place where storage quotes the signature.
    let quoted = String::from_utf8_lossy(body).replace("@@", secret);
    let reply = Reply {
        status: StatusCode::from_u16(number).unwrap_or(StatusCode::BAD_REQUEST),
        headers: HeaderMap::new(),
        body: quoted.into(),
        digests: crate::digest::Digests::default(),
        whole: true,
        complete: true,
        last_may_have_left: true,
        mute: false,
        file: None,
        counted: 0,
    };
    let (error, _) = refusal(&reply, "storage.example", &mask);
    crate::fuzzing::check(&error, secret);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> (Error, Action) {
        let reply = Reply {
            status: StatusCode::from_u16(status).expect("status"),
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            digests: crate::digest::Digests::default(),
            whole: true,
            complete: true,
            last_may_have_left: true,
            mute: false,
            file: None,
            counted: 0,
        };
        refusal(&reply, "s.example", &Mask::default())
    }

    fn xml(code: &str, message: &str) -> String {
        format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>")
    }

    #[test]
    fn codes_beat_statuses() {
        use ErrorKind as K;
        for (status, code, message, kind, action) in [
            (400, "ExpiredRequest", "", K::Expired, Action::Fail),
            (403, "ExpiredRequest", "", K::Expired, Action::Fail),
            (403, "AccessDenied", "Request has expired", K::Expired, Action::Fail),
            (403, "AccessDenied", "Invalid according to Policy: Policy expired.", K::Expired, Action::Fail),
            (400, "InvalidRequest", "Date is too old", K::Expired, Action::Fail),
            (400, "ExpiredToken", "", K::Expired, Action::Fail),
            (403, "AccessDenied", "no", K::StorageRefused, Action::Fail),
            (403, "SignatureDoesNotMatch", "", K::StorageRefused, Action::Fail),
            (400, "EntityTooLarge", "", K::TooLarge, Action::Fail),
            (400, "RequestTimeout", "", K::Timeout, Action::Retry),
            (400, "BadDigest", "", K::Integrity, Action::Retry),
            (400, "IncompleteBody", "", K::Network, Action::Retry),
            (503, "SlowDown", "", K::RateLimited, Action::Retry),
            (503, "ServiceUnavailable", "", K::Unavailable, Action::Retry),
            (429, "TooManyRequests", "", K::RateLimited, Action::Retry),
            (404, "NoSuchBucket", "", K::StorageRefused, Action::Fail),
        ] {
            let (error, did) = read(status, &xml(code, message));
            assert_eq!((error.kind(), did), (kind, action), "{status} {code} {message}");
            assert_eq!(error.service_code(), Some(code));
        }
    }

    #[test]
    fn bodies_that_are_not_xml_are_judged_by_status() {
        assert_eq!(read(403, "").0.kind(), ErrorKind::StorageRefused);
        assert_eq!(read(502, "<html><body><h1>Bad Gateway").0.kind(), ErrorKind::Unavailable);
        assert_eq!(read(400, "<Error><Code>Cut").0.kind(), ErrorKind::StorageRefused);
        assert_eq!(read(307, "").0.kind(), ErrorKind::StorageRefused);
    }

    #[test]
    fn sizes_are_told_and_entities_are_not_expanded() {
        let body = "<!DOCTYPE x [<!ENTITY e \"boom\">]><Error><Code>EntityTooLarge</Code>\
                    <Message>a &lt; b &e;</Message><ProposedSize>9</ProposedSize>\
                    <MaxSizeAllowed>5</MaxSizeAllowed><RequestId>r1</RequestId></Error>";
        let (error, _) = read(400, body);
        assert!(error.message().contains("9 bytes and 5"), "{error}");
        assert_eq!(error.cause_text(), Some("a < b"));
        assert_eq!(error.request_id(), Some("r1"));
    }
}

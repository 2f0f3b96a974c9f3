//! Storage's refusal in words, and whose refusal it is: storage's own, or that of something in between.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use url::Url;

use super::diagnosis::{self, Diagnosis, StorageRefusal};
use super::document::Document;
use super::error_codes::Action;
use super::middlebox;
use crate::error::{Error, ErrorKind, Side};
use crate::http::Reply;
use crate::http::page::{self, Names, Page};
use crate::http::retry::retry_after;
use crate::secret::Mask;

/// Who gave an answer.
enum Answerer {
    Storage,
    /// A proxy, a filter, a portal, a web server.
    Middlebox(Option<Page>),
    /// Nothing in it tells. A gateway of storage's own fails with a page as well.
    Unclear(Option<Page>),
}

impl Answerer {
    fn answered(reply: &Reply, body: &[u8], document: &Document) -> Self {
        // By their meaning: a proxy's and a portal's.
        if matches!(reply.status.as_u16(), 407 | 511) {
            return Self::Middlebox(Page::of(&reply.headers, body));
        }
        // Some stores send pages of their own: S3 for what is served as a website, Google when it fails.
        if (document.is_error() && !document.json) || middlebox::has_store_header(&reply.headers) {
            return Self::Storage;
        }
        match Page::of(&reply.headers, body) {
            Some(page) if !reply.status.is_server_error() => Self::Middlebox(Some(page)),
            page => Self::Unclear(page),
        }
    }
}

/// The error for a reply that is not a success.
pub(crate) fn refusal(reply: &Reply, url: &Url, mask: &Mask) -> (Error, Action) {
    let said = mask.apply(&reply.body);
    let document = Document::of_refusal(&said);
    let wrong_scheme = diagnosis::wrong_scheme(url, &text_of(&said));
    let who = match wrong_scheme {
        Some(_) => Answerer::Unclear(None),
        None => Answerer::answered(reply, &said, &document),
    };
    // Supabase answers 400 to everything.
    let inner = document.status.filter(|inner| reply.status == 400 && *inner < 500);
    let status = inner.and_then(|inner| StatusCode::from_u16(inner).ok()).unwrap_or(reply.status);
    let refused = StorageRefusal { status, headers: &reply.headers, document: &document, url };
    let diagnosis = wrong_scheme.unwrap_or_else(|| match &who {
        Answerer::Middlebox(_) => diagnosis::diagnose_middlebox(&refused),
        _ => diagnosis::diagnose(&refused),
    });
    let sentence = sentence(&diagnosis, reply, &document, &who, url.host_str().unwrap_or(""));
    let error = Error::new(diagnosis.kind, sentence)
        .side_is(if matches!(who, Answerer::Middlebox(_)) { Side::Network } else { Side::Storage })
        .status_is(reply.status.as_u16())
        .service_code_is(document.code.clone())
        .request_id_is(document.request_id.clone().or_else(|| request_id(&reply.headers)))
        .retry_after_is(retry_after(&reply.headers))
        .retryable_is(diagnosis.retryable);
    let words = Some(document.words()).filter(|words| !words.is_empty()).or_else(|| plain_text(&said));
    let error = match words {
        Some(words) => error.cause(&words),
        None => error,
    };
    (error.hiding(|text| mask.hidden(text)), diagnosis.action)
}

fn sentence(diagnosis: &Diagnosis, reply: &Reply, document: &Document, who: &Answerer, host: &str) -> String {
    let mut said = reply.status.as_u16().to_string();
    if let Some(code) = &document.code {
        said.push_str(&format!(" {code}"));
    }
    let words = document.words();
    if !words.is_empty() {
        said.push_str(&format!(": {}", crate::secret::scrub(&words)));
    }
    let verb = match diagnosis.kind {
        _ if reply.status.is_success() && !document.is_error() => "gave an odd answer to",
        ErrorKind::Unavailable | ErrorKind::RateLimited | ErrorKind::Timeout | ErrorKind::Network => {
            "could not take"
        }
        _ => "refused",
    };
    let names = Names::of(&reply.headers);
    let (who, said) = match who {
        Answerer::Storage => (format!("storage at {host}"), said),
        Answerer::Unclear(None) => (format!("storage at {host}, or something in front of it{names},"), said),
        Answerer::Unclear(Some(page)) => {
            (format!("storage at {host}, or something in front of it,"), format!("{said}, {page}"))
        }
        Answerer::Middlebox(Some(page)) => {
            (format!("something in between, not storage at {host},"), format!("{said}, {page}"))
        }
        Answerer::Middlebox(None) => (format!("something in between{names}, not storage at {host},"), said),
    };
    format!("{who} {verb} the upload ({said}): {}", diagnosis.advice)
}

pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    [
        "x-amz-request-id",
        "x-ms-request-id",
        "x-oss-request-id",
        "x-guploader-uploadid",
        "cf-ray",
        "x-request-id",
    ]
    .iter()
    .find_map(|name| headers.get(*name))
    .and_then(|value| value.to_str().ok())
    .map(|text| text.chars().take(200).collect())
}

pub(super) fn plain_text(body: &Bytes) -> Option<String> {
    let text: String = String::from_utf8_lossy(body).chars().take(200).collect();
    let text = text.trim();
    // A page quotes the request, signed URL and all, and tells nobody anything.
    (!text.is_empty() && !text.starts_with('<')).then(|| text.to_owned())
}

/// The beginning of a page, to look for words in.
pub(super) fn text_of(body: &Bytes) -> String {
    page::text(body).chars().take(4000).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply {
            status: StatusCode::from_u16(status).expect("status"),
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            digests: crate::digest::Digests::default(),
            whole: true,
            lost: false,
            complete: true,
            last_may_have_left: true,
            ignores_expect: false,
            file: None,
            counted: 0,
            hides: None,
        }
    }

    fn read(status: u16, body: &str) -> (Error, Action) {
        let url = Url::parse("https://s.example/k").expect("a URL");
        refusal(&reply(status, body), &url, &Mask::default())
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
            (409, "OperationAborted", "", K::Unavailable, Action::Retry),
            (409, "ConditionalRequestConflict", "", K::Unavailable, Action::Retry),
            (503, "XMinioServerNotInitialized", "", K::Unavailable, Action::Retry),
            (503, "ServerBusy", "", K::RateLimited, Action::Retry),
            (500, "OperationTimedOut", "", K::Timeout, Action::Retry),
            (404, "NoSuchUpload", "", K::StorageRefused, Action::Fail),
            (403, "QuotaExceeded", "", K::StorageRefused, Action::Fail),
            (507, "XMinioStorageFull", "", K::StorageRefused, Action::Fail),
            (400, "KMS.DisabledException", "", K::StorageRefused, Action::Fail),
            (400, "KMS.ThrottlingException", "", K::RateLimited, Action::Retry),
            (413, "RequestBodyTooLarge", "", K::TooLarge, Action::Fail),
            (409, "BucketAlreadyExists", "", K::StorageRefused, Action::Fail),
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

    fn answered_by(body: &str, headers: &[(&'static str, &'static str)], status: u16) -> Error {
        let pairs = headers
            .iter()
            .map(|(n, v)| (http::HeaderName::from_static(n), http::HeaderValue::from_static(v)));
        let reply = Reply { headers: pairs.collect(), ..reply(status, body) };
        refusal(&reply, &Url::parse("https://s.example/k").expect("a URL"), &Mask::default()).0
    }

    #[test]
    fn whose_refusal_it_is_is_told() {
        let page = "<html><title>Blocked</title></html>";
        let by_store = answered_by(page, &[("x-amz-request-id", "R")], 405);
        assert_eq!(by_store.side(), Side::Storage, "a store's own page");
        let by_box = answered_by(page, &[("server", "box")], 405);
        assert_eq!((by_box.kind(), by_box.side()), (ErrorKind::Network, Side::Network));
        assert!(by_box.message().contains("\"Blocked\" (server \"box\")"), "{by_box}");
        let unclear = answered_by("misdirected request", &[("server", "envoy")], 421);
        assert!(unclear.message().contains("or something in front of it (server \"envoy\")"), "{unclear}");
        let plain = answered_by("Client sent an HTTP request to an HTTPS server.\n", &[], 400);
        assert!(!plain.message().contains("https://"), "the URL is one already: {plain}");
    }

    #[test]
    fn a_status_in_json_counts_where_the_outer_one_says_nothing() {
        let json = |status: u16| format!(r#"{{"statusCode":"{status}","error":"E","message":"m"}}"#);
        assert_eq!(read(400, &json(413)).0.kind(), ErrorKind::TooLarge);
        assert_eq!(read(400, &json(503)).1, Action::Fail);
        assert_eq!(read(403, &json(429)).0.kind(), ErrorKind::StorageRefused);
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

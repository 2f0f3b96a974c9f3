//! The refusal of a step of a plan by a server of which nothing but the plan tells. It is no store, or
//! nothing shows that it is one: a step often tells the server that made the plan, so no word about a ticket
//! or about storage would be true of it.

use http::StatusCode;
use url::Url;

use super::document::Document;
use super::error_codes::Action;
use super::middlebox::{self, JsonFailure, NoSuccess};
use super::upload::Upload;
use super::{azure, diagnosis, reply, url_query};
use crate::error::{Error, ErrorKind, Outcome, Side};
use crate::http::page::{Names, Page};
use crate::http::retry::{retry_after, wait_and_try};
use crate::http::{Reply, status};
use crate::secret::{Mask, scrub};

/// A server says in two sentences what is wrong; more is a page, or a trace.
const MOST_WORDS: usize = 300;

/// Whether a reply answers a step, and is no store's: neither its URL nor its answer is.
pub(super) fn is_of_server(upload: &Upload<'_>, reply: &Reply) -> bool {
    let url = upload.target.url();
    let of_store = || {
        url_query::is_of_store(url)
            || azure::is_sas(url)
            || middlebox::has_store_header(&reply.headers)
            || Document::parse(&reply.body).is_error()
    };
    // A proxy and a portal say by the status who they are, and a web server that it wants TLS.
    let between = matches!(reply.status.as_u16(), 407 | 511);
    let wants_tls = || diagnosis::wrong_scheme(url, &reply::text_of(&reply.body)).is_some();
    upload.outgoing.handling.is_step() && !between && !of_store() && !wants_tls()
}

/// Whose trouble it is if a reply to an upload or a step is not whole.
pub(super) fn side(upload: &Upload<'_>, reply: &Reply) -> Side {
    if is_of_server(upload, reply) { Side::Service } else { Side::Storage }
}

/// The error for such a reply that is not a success.
pub(crate) fn refusal(reply: &Reply, url: &Url, mask: &Mask) -> (Error, Action) {
    let body = mask.apply(&reply.body);
    let told = Told::of(&body);
    let page = Page::of(&reply.headers, &body);
    let (kind, action) = meaning(reply.status);
    // A page that knows nothing of the step is no word of the server's that there is nothing of it.
    let kind = if page.is_some() && kind == ErrorKind::NotFound { ErrorKind::Rejected } else { kind };
    let mut said = reply.status.as_u16().to_string();
    if let Some(code) = told.code.as_ref().filter(|code| **code != said) {
        said.push_str(&format!(" {code}"));
    }
    if let Some(words) = &told.words {
        said.push_str(&format!(": {}", scrub(words)));
    }
    let names = Names::of(&reply.headers);
    let (who, said) = match page {
        Some(page) => (", or something in front of it,".to_owned(), format!("{said}, {page}")),
        None => (names.to_string(), said),
    };
    let verb = match kind {
        ErrorKind::Network => "gave an odd answer to it",
        _ if is_redirect(reply.status) => "did not handle it itself",
        _ if action == Action::Retry => "could not handle it",
        _ => "refused it",
    };
    let (host, advice) = (url.host_str().unwrap_or(""), advice(reply, kind, url));
    let sentence = format!("the server at {host}{who} {verb} ({said}): {advice}");
    let error = Error::new(kind, sentence)
        .side_is(Side::Service)
        .status_is(reply.status.as_u16())
        .service_code_is(told.code)
        .request_id_is(told.request_id.or_else(|| reply::request_id(&reply.headers)))
        .retry_after_is(retry_after(&reply.headers))
        .retryable_is(action == Action::Retry);
    let error = match told.words.or_else(|| reply::plain_text(&body)) {
        Some(words) => error.cause(&words),
        None => error,
    };
    (error.hiding(|text| mask.hidden(text)), action)
}

/// The fault of an answer of such a server that by its status is a success.
pub(super) fn no_success(reply: &Reply, found: &NoSuccess, host: &str, mask: &Mask) -> Error {
    let (kind, side, what) = match found {
        NoSuccess::Page(page) => (ErrorKind::Network, Side::Network, page.to_string()),
        NoSuccess::Failure(said) => (
            ErrorKind::Rejected,
            Side::Service,
            format!("the word that it failed ({said}){}", Names::of(&reply.headers)),
        ),
    };
    let status = reply.status.as_u16();
    let sentence = format!(
        "the server at {host} answered it with {status} and {what}, so whether it was done is not known; look, and have what is wrong mended there or in between"
    );
    let error = Error::new(kind, sentence).side_is(side).status_is(status);
    error.retryable_is(false).outcome_is(Outcome::Unknown).hiding(|text| mask.hidden(text))
}

/// The words of a server, as far as they are in JSON. Git LFS has `message` and `request_id`.
#[derive(Default)]
struct Told {
    code: Option<String>,
    words: Option<String>,
    request_id: Option<String>,
}

impl Told {
    fn of(body: &[u8]) -> Self {
        let Some(JsonFailure { code, message, request_id, .. }) = middlebox::told(body) else {
            return Self::default();
        };
        let short = |text: String| match text.char_indices().nth(MOST_WORDS) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        };
        // Some have a sentence in the place of a code, and a page about the error in that of its kind.
        let is_sentence = |code: &String| code.contains(' ');
        let sentence = code.clone().filter(is_sentence).filter(|_| message.is_none());
        let code = code.filter(|code| !is_sentence(code) && !code.contains("://") && code != "about:blank");
        Self { code: code.map(short), words: message.or(sentence).map(short), request_id }
    }
}

fn meaning(status: StatusCode) -> (ErrorKind, Action) {
    match status.as_u16() {
        200..=299 => (ErrorKind::Network, Action::Fail),
        425 => (ErrorKind::Unavailable, Action::Retry),
        _ => match status::kind(status) {
            passing @ (ErrorKind::Unavailable | ErrorKind::RateLimited | ErrorKind::Timeout) => {
                (passing, Action::Retry)
            }
            kind => (kind, Action::Fail),
        },
    }
}

/// 304 leads nowhere.
fn is_redirect(status: StatusCode) -> bool {
    status.is_redirection() && status != StatusCode::NOT_MODIFIED
}

fn advice(reply: &Reply, kind: ErrorKind, url: &Url) -> String {
    let asked = retry_after(&reply.headers);
    let known = match (reply.status.as_u16(), kind) {
        _ if is_redirect(reply.status) => {
            return format!(
                "it redirects elsewhere{}, which is never followed; have the plan name that address, and check whether the network wants you to sign in first",
                diagnosis::redirect(&reply.headers, url)
            );
        }
        (_, ErrorKind::RateLimited) => return format!("too many requests; {}", wait_and_try(asked)),
        (425, _) => "it came too early to be handled; try again",
        (_, ErrorKind::Unavailable) if asked.is_some() => {
            return format!("the server is failing; {}", wait_and_try(asked));
        }
        (_, ErrorKind::Unavailable) => "the server is failing; try again later",
        (_, ErrorKind::Timeout) => "the server waited too long for it; try again",
        (_, ErrorKind::Network) => {
            "that is no answer to what is done, so it may or may not be; look before it is made again"
        }
        (401 | 403, _) => {
            "the server does not allow it with what the plan gives, or no longer; ask for a new plan"
        }
        (404 | 410, _) => "the server knows nothing of it, or no longer; ask for a new plan",
        (409, _) => {
            "it contradicts what the server has, such as a part that is missing; look at what is there, or ask for a new plan"
        }
        _ => "report it to whoever made the plan, or ask for a new one",
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_the_forms_that_servers_have() {
        for (body, code, words) in [
            (r#"{"message": "Repository archived", "request_id": "1"}"#, None, Some("Repository archived")),
            (r#"{"detail": "Not authenticated"}"#, None, Some("Not authenticated")),
            (r#"{"detail": [{"loc": ["body"]}]}"#, None, None),
            (r#"{"error": "no write access"}"#, None, Some("no write access")),
            (
                r#"{"error": "invalid_token", "error_description": "too old"}"#,
                Some("invalid_token"),
                Some("too old"),
            ),
            (r#"{"error": {"code": 403, "message": "no"}}"#, Some("403"), Some("no")),
            (r#"{"type": "about:blank", "title": "Forbidden", "status": 403}"#, None, Some("Forbidden")),
            (r#"{"type": "https://e.example/p", "title": "T", "detail": "d"}"#, None, Some("d")),
            (r#"{"ok": true}"#, None, None),
            ("forbidden", None, None),
            ("", None, None),
        ] {
            let told = Told::of(body.as_bytes());
            assert_eq!((told.code.as_deref(), told.words.as_deref()), (code, words), "{body}");
        }
        let long = format!(r#"{{"message": "{}"}}"#, "ä".repeat(1000));
        let words = Told::of(long.as_bytes()).words.expect("words");
        assert_eq!(words.chars().count(), MOST_WORDS + 1);
        assert_eq!(Told::of(br#"{"message": "m", "request_id": "r1"}"#).request_id.as_deref(), Some("r1"));
    }
}

//! The sentence for a refusal, from what a service's error body holds.

use std::time::Duration;

use http::StatusCode;

use crate::error::{Detail, Error, ErrorKind};
use crate::http::api::ApiReply;
use crate::http::page::{Names, Page};
use crate::http::retry::{retry_after, wait_and_try};
use crate::http::status;

/// The error for a refusal, from the parts a service's own error body gave. `key_advice` is what to do about
/// a key that is not accepted; `in_own_form` is whether the body is one that this service writes.
pub(crate) fn refusal(
    reply: &ApiReply,
    in_own_form: bool,
    code: Option<String>,
    message: Option<String>,
    details: Vec<Detail>,
    key_advice: &str,
) -> Error {
    if let Some(error) = in_between(reply) {
        return error;
    }
    let kind = status::kind(reply.status);
    let asked = retry_after(&reply.headers);
    let said = message.or_else(|| raw_text(reply));
    let about_the_plan =
        code.as_deref().is_some_and(is_about_the_plan) || reply.status == StatusCode::PAYMENT_REQUIRED;
    let what = if about_the_plan {
        "does not do this within the account's plan; take a larger plan, or wait until it allows more"
            .to_owned()
    } else if kind == ErrorKind::NotFound && !in_own_form {
        "does not know it, or is another server; check the id, the key and base_url".to_owned()
    } else {
        in_words(kind, asked, !details.is_empty(), key_advice)
    };
    let mut sentence = format!("the service {what} ({}", reply.status.as_u16());
    if let Some(code) = &code {
        sentence.push_str(&format!(" {}", shorten(code)));
    }
    if let Some(said) = &said {
        sentence.push_str(&format!(": {}", shorten(said)));
    }
    for detail in details.iter().take(5) {
        sentence.push_str(&format!("; {}: {}", shorten(&detail.field), shorten(&detail.message)));
    }
    sentence.push(')');
    Error::new(kind, sentence)
        .status_is(reply.status.as_u16())
        .service_code_is(code)
        .in_own_form_is(in_own_form)
        .details_are(details)
        .retry_after_is(asked)
        .request_id_is(request_id(reply))
}

/// The refusal and what to do about it, by its kind.
fn in_words(kind: ErrorKind, asked: Option<Duration>, has_details: bool, key_advice: &str) -> String {
    match kind {
        ErrorKind::Authentication => format!("does not accept the API key; {key_advice}"),
        ErrorKind::Permission => "does not allow this with the given key; check the key's rights".to_owned(),
        ErrorKind::NotFound => {
            "does not know it, or hides it from this key; check the id and the key".to_owned()
        }
        ErrorKind::Conflict => {
            "says it contradicts what it already holds; look at its state first".to_owned()
        }
        ErrorKind::TooLarge => "says it is too large; send less or ask for a higher limit".to_owned(),
        ErrorKind::RateLimited => format!("is asked too often; {}", wait_and_try(asked)),
        ErrorKind::Timeout => "gave up waiting for the request; try again".to_owned(),
        ErrorKind::Unavailable if asked.is_some() => format!("is failing; {}", wait_and_try(asked)),
        ErrorKind::Unavailable => "is failing; try again later".to_owned(),
        _ if has_details => "refused the request; correct the fields named".to_owned(),
        _ => "refused the request; correct it as it says".to_owned(),
    }
}

/// Such as `PLAN_LIMIT_REACHED`, which comes with the status for a key without rights.
fn is_about_the_plan(code: &str) -> bool {
    let code = code.to_ascii_uppercase();
    ["PLAN_LIMIT", "QUOTA_EXCEEDED", "BILLING"].iter().any(|word| code.contains(word))
}

/// The error for what is not the service's refusal: a proxy's, a portal's, or a filter's page.
fn in_between(reply: &ApiReply) -> Option<Error> {
    let page = Page::of(&reply.headers, &reply.body);
    let what = match reply.status.as_u16() {
        407 => "a proxy wants a user name and password; give them in the URL of the option proxy",
        511 => {
            "the network wants you to sign in before it lets anything through; sign in with a browser and try again"
        }
        // A refusal that passes, or is about the size, is told by its status, whoever says it.
        400..=499 if page.is_some() && !matches!(reply.status.as_u16(), 408 | 413 | 429) => {
            "it does not let the call through; check base_url and what stands in between"
        }
        _ => return None,
    };
    let said = page.map_or_else(|| Names::of(&reply.headers).to_string(), |page| format!(" with {page}"));
    let message =
        format!("something in between, not the service, answered {}{said}: {what}", reply.status.as_u16());
    let error = Error::new(ErrorKind::Network, message).retryable_is(false);
    Some(error.status_is(reply.status.as_u16()).request_id_is(request_id(reply)))
}

fn shorten(text: &str) -> String {
    let text = crate::secret::scrub(text);
    text.chars().take(300).collect()
}

/// A body that is not the service's JSON: a short plain text is worth showing, a web page is not.
fn raw_text(reply: &ApiReply) -> Option<String> {
    let text = std::str::from_utf8(&reply.body).ok()?.trim();
    let shown = !text.is_empty() && !text.starts_with(['<', '{', '[']);
    shown.then(|| text.to_owned())
}

fn request_id(reply: &ApiReply) -> Option<String> {
    ["x-request-id", "request-id", "cf-ray"]
        .iter()
        .find_map(|name| reply.headers.get(*name))
        .and_then(|v| v.to_str().ok())
        .map(|text| text.chars().take(200).collect())
}

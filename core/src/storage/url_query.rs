//! Faults that a signed URL shows of itself: how it was copied, what it was signed
//! for, where, and until when.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use url::Url;

use super::ticket_origin::{TicketOrigin, broken_ticket};
use crate::error::Result;

/// Refuses a URL that is still written for the document it stood in: storage would read `amp;X-Amz-Date`,
/// find no signature and answer for a request that nobody meant. No signer writes one of these in a query; it
/// encodes them.
pub(crate) fn check_writing(text: &str, from: TicketOrigin) -> Result<()> {
    let Some((_, query)) = text.split_once('?') else { return Ok(()) };
    let query = query.to_ascii_lowercase();
    let found =
        [("&amp;", "HTML or XML"), ("&#38;", "HTML or XML"), ("&#x26;", "HTML or XML"), ("\\u0026", "JSON")];
    match found.iter().find(|(written, _)| query.contains(written)) {
        Some((written, of)) => Err(broken_ticket(
            from,
            format!(
                "the URL has {written} where & belongs, so it was copied out of {of} without being read as that"
            ),
        )),
        None => Ok(()),
    }
}

/// Refuses an upload with a URL that says it was signed for something else. SDKs write their operation into
/// it as `x-id`, and the method is part of every signature.
pub(crate) fn check_operation(url: &Url, from: TicketOrigin) -> Result<()> {
    match query(url, "x-id").filter(|operation| !is_upload(operation)) {
        Some(operation) => Err(broken_ticket(
            from,
            format!(
                "the URL was signed for {}, not for an upload (PutObject or UploadPart)",
                crate::secret::scrub(&operation).chars().take(40).collect::<String>()
            ),
        )),
        None => Ok(()),
    }
}

/// An operation that nobody knows is left to storage.
fn is_upload(operation: &str) -> bool {
    let others = ["Get", "Head", "Delete", "List", "Copy", "Create", "Complete", "Abort", "Select"];
    !others.iter().any(|verb| operation.starts_with(verb))
}

/// Why a signature may not fit although nobody touched it, as far as the URL tells.
pub(super) fn misused(url: &Url) -> Option<&'static str> {
    let download = url.query_pairs().any(|(name, _)| name.to_ascii_lowercase().starts_with("response-"));
    download.then_some(
        "the URL was signed for a download (it has response-… in its query); have one signed for PUT",
    )
}

/// Whether it is a presigned URL at all. That of a form is not.
pub(super) fn is_signed(url: &Url) -> bool {
    ["X-Amz-Signature", "X-Goog-Signature", "Signature", "sig"].iter().any(|name| query(url, name).is_some())
}

/// Whether nobody but a store reads such a URL. `signature` alone signs URLs of web frameworks, too.
pub(super) fn is_of_store(url: &Url) -> bool {
    let has = |name: &str| query(url, name).is_some();
    let of_older = || ["AWSAccessKeyId", "GoogleAccessId", "OSSAccessKeyId"].iter().any(|name| has(name));
    ["X-Amz-Signature", "X-Goog-Signature", "x-oss-signature", "q-signature", "uploadId"]
        .iter()
        .any(|name| has(name))
        || (has("Signature") && of_older())
}

/// The region that it was signed for.
pub(super) fn region(url: &Url) -> Option<String> {
    let credential = query(url, "X-Amz-Credential")?;
    let region = credential.split('/').nth(2)?;
    let plain = !region.is_empty() && region.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    (plain && region.len() <= 40).then(|| region.to_owned())
}

/// Whether it was signed with temporary credentials (`ASIA…`) and lacks the token that belongs to them.
pub(super) fn lacks_session_token(url: &Url) -> bool {
    query(url, "X-Amz-Credential").is_some_and(|credential| credential.starts_with("ASIA"))
        && query(url, "X-Amz-Security-Token").is_none()
}

/// For how long it has been over, by its own date and this machine's clock. For stores that refuse and give
/// no reason.
pub(super) fn over_for(url: &Url) -> Option<Duration> {
    let end = end(url)?;
    Duration::try_from(OffsetDateTime::from(SystemTime::now()) - end).ok().filter(|over| !over.is_zero())
}

fn end(url: &Url) -> Option<OffsetDateTime> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let dated = |date: &str, lasts: &str| {
        let signed = time::PrimitiveDateTime::parse(&query(url, date)?, format).ok()?.assume_utc();
        let seconds = query(url, lasts)?.parse::<u32>().ok()?;
        signed.checked_add(time::Duration::seconds(seconds.into()))
    };
    // AWS, Google, Azure, and the second version of AWS's signatures, which others still use.
    dated("X-Amz-Date", "X-Amz-Expires")
        .or_else(|| dated("X-Goog-Date", "X-Goog-Expires"))
        .or_else(|| {
            OffsetDateTime::parse(&query(url, "se").filter(|_| query(url, "sig").is_some())?, &Rfc3339).ok()
        })
        .or_else(|| OffsetDateTime::from_unix_timestamp(query(url, "Expires")?.parse().ok()?).ok())
}

/// The value of a parameter, whatever the case of its name.
pub(in crate::storage) fn parameter<'a>(url: &'a Url, name: &str) -> Option<Cow<'a, str>> {
    parameter_that(url, |n| n.eq_ignore_ascii_case(name))
}

/// The value of the first parameter with such a name. Not by `query_pairs`, which decodes all of a long
/// query, a signature and a token, each time that somebody looks for one word in it.
pub(in crate::storage) fn parameter_that(url: &Url, is_it: impl Fn(&str) -> bool) -> Option<Cow<'_, str>> {
    let mut pairs = url.query()?.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let (_, value) = pairs.find(|(name, _)| is_it(name))?;
    Some(percent_encoding::percent_decode_str(value).decode_utf8_lossy())
}

fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn url(query: &str) -> Url {
        Url::parse(&format!("https://s.example/b/k?{query}")).expect("a URL")
    }

    #[test]
    fn a_url_copied_out_of_a_document_is_refused_and_a_key_with_such_a_name_is_not() {
        for text in [
            "https://s/k?X-Amz-Date=1&amp;X-Amz-Expires=2",
            "https://s/k?a=1&AMP;X-Goog-Signature=canary",
            "https://s/k?a=1\\u0026b=2",
            "https://s/k?a=1&#38;b=2",
            "https://s/k?a=1&#x26;b=2",
        ] {
            let error = check_writing(text, TicketOrigin::Caller).expect_err(text);
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(
                error.message().contains("where & belongs") && !error.message().contains("canary"),
                "{error}"
            );
            let error = check_writing(text, TicketOrigin::Service).expect_err(text);
            assert_eq!(error.kind(), ErrorKind::Rejected);
        }
        for text in ["https://s/a&amp;b?x=1&y=2", "https://s/k", "https://s/k?n=a%26amp%3Bb&m=&p"] {
            check_writing(text, TicketOrigin::Caller).expect(text);
        }
    }

    #[test]
    fn a_url_signed_for_something_else_is_refused() {
        for query in ["x-id=GetObject", "a=1&x-id=HeadObject", "x-id=DeleteObject"] {
            let error = check_operation(&url(query), TicketOrigin::Caller).expect_err(query);
            assert!(error.message().contains("not for an upload"), "{error}");
        }
        for query in ["x-id=PutObject", "x-id=UploadPart", "x-id=", "x-id=Whatever", "id=GetObject"] {
            check_operation(&url(query), TicketOrigin::Caller).expect(query);
        }
        assert!(misused(&url("response-content-disposition=attachment&X-Amz-Date=1")).is_some());
        assert!(misused(&url("X-Amz-Date=1")).is_none());
    }

    #[test]
    fn a_url_tells_its_region_and_its_end() {
        let signed = url("X-Amz-Credential=AKIA%2F20200101%2Feu-west-1%2Fs3%2Faws4_request");
        assert_eq!(region(&signed).as_deref(), Some("eu-west-1"));
        assert_eq!(region(&url("X-Amz-Credential=AKIA%2F1%2F%3Cb%3E%2Fs3")), None);
        assert!(lacks_session_token(&url("X-Amz-Credential=ASIA1%2F1%2Fr%2Fs3")));
        assert!(!lacks_session_token(&url("X-Amz-Credential=ASIA1%2F1%2Fr%2Fs3&X-Amz-Security-Token=t")));
        for over in [
            "X-Amz-Date=20200101T000000Z&X-Amz-Expires=3600",
            "X-Goog-Date=20200101T000000Z&X-Goog-Expires=3600",
            "se=2020-01-01T00%3A00%3A00Z&sig=s",
            "AWSAccessKeyId=k&Expires=1577836800&Signature=s",
        ] {
            assert!(over_for(&url(over)).is_some(), "{over}");
        }
        for not in
            ["X-Amz-Date=29991231T000000Z&X-Amz-Expires=3600", "se=2020-01-01T00%3A00%3A00Z", "Expires=x", ""]
        {
            assert!(over_for(&url(not)).is_none(), "{not}");
        }
    }
}

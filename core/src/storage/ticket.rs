//! What a presigned target says about itself, read before a byte is sent: a POST policy is plain
//! base64 JSON and a presigned URL carries its own expiry, so an upload that cannot succeed fails in
//! a millisecond, with numbers, instead of after the last byte.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use tokio::time::Instant;
use url::Url;

use super::form::Fields;
use crate::error::{Error, ErrorKind, Result};

/// Until when an upload may *start*. Storage judges expiry when a request arrives; one that is under
/// way may finish.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expiry {
    at: Instant,
    /// How long it was when it was first seen.
    lifetime: Duration,
}

impl Expiry {
    /// `lifetime` from now, on a clock that nobody sets.
    pub(crate) fn lasts(lifetime: Duration) -> Self {
        let lifetime = lifetime.min(LONGEST);
        Self { at: Instant::now() + lifetime, lifetime }
    }

    /// A moment told by somebody else's clock. Only used where no lifetime is known. Within the
    /// difference that S3 itself allows between two clocks, storage has the last word.
    fn at_wall_clock(moment: OffsetDateTime) -> Self {
        let now = OffsetDateTime::from(SystemTime::now());
        let left = moment.saturating_add(CLOCK_DOUBT) - now;
        match Duration::try_from(left) {
            Ok(left) => Self::lasts(left),
            Err(_) => Self::lasts(Duration::ZERO),
        }
    }

    /// The last moment an upload may start.
    pub(crate) fn at(&self) -> Instant {
        self.at
    }

    /// How long it was when it was first seen.
    pub(crate) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    pub(crate) fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Fails with `expired` if an upload can no longer start.
    pub(crate) fn check(&self, what: &str) -> Result<()> {
        if self.left().is_zero() {
            return Err(Error::new(
                ErrorKind::Expired,
                format!("{what} has run out; ask the service for a new one"),
            ));
        }
        Ok(())
    }
}

/// S3 answers `RequestTimeTooSkewed` beyond 15 minutes.
const CLOCK_DOUBT: time::Duration = time::Duration::minutes(15);

/// R2 and S3 sign for at most seven days; a longer figure is a mistake, not a reason to overflow.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// A decoded POST policy. The form carries it unaltered; this copy is for reading only.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    pub(crate) expires: Option<Expiry>,
    size: Option<(u64, u64)>,
    /// Field names (lower case) a condition speaks of.
    named: Vec<String>,
    /// Conditions that demand an exact value.
    exact: Vec<(String, String)>,
}

impl Policy {
    /// `None` if the form has no policy, or one this library cannot read: storage has the last word.
    pub(crate) fn decode(fields: &Fields) -> Option<Self> {
        let text = fields.get("policy")?.trim();
        let json =
            STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text.trim_end_matches('='))).ok()?;
        let policy: Value = serde_json::from_slice(&json).ok()?;
        let expires = policy["expiration"]
            .as_str()
            .and_then(|t| OffsetDateTime::parse(t, &Rfc3339).ok())
            .map(Expiry::at_wall_clock);
        let mut read = Self { expires, ..Self::default() };
        for condition in policy["conditions"].as_array().map(Vec::as_slice).unwrap_or_default() {
            read.take_condition(condition);
        }
        Some(read)
    }

    fn take_condition(&mut self, condition: &Value) {
        match condition {
            Value::Object(map) => {
                for (name, value) in map {
                    self.take_match("eq", name, value);
                }
            }
            Value::Array(items) => match items.as_slice() {
                [Value::String(op), low, high] if op == "content-length-range" => {
                    self.size = whole(low).zip(whole(high));
                }
                [Value::String(op), Value::String(name), value] => {
                    self.take_match(op, name.trim_start_matches('$'), value);
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn take_match(&mut self, op: &str, name: &str, value: &Value) {
        let name = name.to_ascii_lowercase();
        if let (true, Some(value)) = (op.eq_ignore_ascii_case("eq"), value.as_str()) {
            self.exact.push((name.clone(), value.to_owned()));
        }
        self.named.push(name);
    }

    /// Refuses what storage would refuse: a size out of range, or a field that the policy demands
    /// and the form lacks.
    pub(crate) fn check(&self, fields: &Fields, file_name: &str, size: u64, from: GivenBy) -> Result<()> {
        self.check_size(size)?;
        for (name, value) in &self.exact {
            // The bucket is part of the URL and may be left out of the form.
            if name == "bucket" {
                continue;
            }
            match fields.get(name) {
                None => {
                    return Err(broken_ticket(
                        from,
                        format!("its policy demands the field {name:?}, which the form lacks"),
                    ));
                }
                // Storage puts the file's name in before it compares.
                Some(given) if given.replace("${filename}", file_name) != *value && given != value => {
                    return Err(broken_ticket(
                        from,
                        format!("the field {name:?} is not what its policy demands"),
                    ));
                }
                Some(_) => {}
            }
        }
        if !is_signed_for_aws(fields) {
            // Other stores (GCS, OSS) have other rules about fields outside the policy.
            return Ok(());
        }
        for (name, _) in &fields.0 {
            let lower = name.to_ascii_lowercase();
            let exempt = lower == "policy"
                || lower == "x-amz-signature"
                || lower == "signature"
                || lower == "awsaccesskeyid"
                || lower.starts_with("x-ignore-");
            if !exempt && !self.named.contains(&lower) {
                return Err(broken_ticket(
                    from,
                    format!(
                        "the field {name:?} is in the form but not in its policy, and storage refuses such fields"
                    ),
                ));
            }
        }
        Ok(())
    }

    pub(crate) fn largest(&self) -> Option<u64> {
        self.size.map(|(_, high)| high)
    }

    fn check_size(&self, size: u64) -> Result<()> {
        let Some((low, high)) = self.size else { return Ok(()) };
        if size > high {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!(
                    "the upload is {size} bytes and the ticket allows {high}; make it {} bytes smaller",
                    size - high
                ),
            ));
        }
        if size < low {
            return Err(Error::invalid(format!(
                "the upload is {size} bytes and the ticket demands at least {low}; check that it is the right file"
            )));
        }
        Ok(())
    }
}

/// AWS refuses fields its policy does not name.
fn is_signed_for_aws(fields: &Fields) -> bool {
    fields.get("x-amz-signature").is_some() || fields.get("AWSAccessKeyId").is_some()
}

/// S3 reads numbers in a policy whether they are quoted or not.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// Who wrote a ticket, and so who can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GivenBy {
    /// The caller handed it to raw storage.
    Caller,
    /// A service answered with it a moment ago.
    Service,
}

fn broken_ticket(from: GivenBy, what: String) -> Error {
    match from {
        GivenBy::Caller => {
            Error::invalid(format!("the upload cannot work: {what}; give it as it was handed out"))
        }
        GivenBy::Service => Error::new(
            ErrorKind::Rejected,
            format!("the ticket cannot work: {what}; ask the service for a new one, or report it"),
        ),
    }
}

/// What a SigV4 presigned URL says.
#[derive(Debug)]
pub(crate) struct SignedUrl {
    pub(crate) signed_at: Option<OffsetDateTime>,
    pub(crate) lifetime: Option<Duration>,
    /// Names of the headers that must be sent, in lower case.
    signed_headers: Vec<String>,
}

impl SignedUrl {
    pub(crate) fn decode(url: &Url) -> Self {
        let get = |name: &str| {
            url.query_pairs().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.into_owned())
        };
        let format = format_description!("[year][month][day]T[hour][minute][second]Z");
        let signed_at = get("X-Amz-Date")
            .and_then(|t| time::PrimitiveDateTime::parse(&t, format).ok())
            .map(time::PrimitiveDateTime::assume_utc);
        let lifetime = get("X-Amz-Expires").and_then(|t| t.parse().ok()).map(Duration::from_secs);
        let signed_headers = get("X-Amz-SignedHeaders")
            .map(|list| list.split(';').map(str::to_ascii_lowercase).collect())
            .unwrap_or_default();
        Self { signed_at, lifetime, signed_headers }
    }

    /// For a URL of unknown age: by its own date and this machine's clock.
    pub(crate) fn expiry_by_date(&self) -> Option<Expiry> {
        let lifetime = time::Duration::try_from(self.lifetime?.min(LONGEST)).ok()?;
        Some(Expiry::at_wall_clock(self.signed_at?.saturating_add(lifetime)))
    }

    /// For a URL that was signed just now: by its lifetime alone, whatever this machine's clock says.
    pub(crate) fn expiry_from_now(&self) -> Option<Expiry> {
        self.lifetime.map(Expiry::lasts)
    }

    /// For a URL that was signed `age` ago by this machine's clock. That clock may have been set since then, so the
    /// URL's own date must agree: a URL that is good is not to be given up for a clock that is not.
    pub(crate) fn expiry_since(&self, age: Duration) -> Option<Expiry> {
        let left = self.lifetime?.saturating_sub(age);
        let by_date = self.expiry_by_date().map(|expiry| expiry.left()).unwrap_or_default();
        Some(Expiry::lasts(left.max(by_date)))
    }

    /// Refuses a request that lacks a signed header; storage would answer `SignatureDoesNotMatch`.
    pub(crate) fn check(&self, headers: &http::HeaderMap, from: GivenBy) -> Result<()> {
        for name in &self.signed_headers {
            let ours = matches!(name.as_str(), "host" | "content-length");
            if !ours && !name.is_empty() && !headers.contains_key(name.as_str()) {
                return Err(broken_ticket(
                    from,
                    format!(
                        "the header {name:?} was signed into the URL and must be sent, but no value for it was given"
                    ),
                ));
            }
        }
        Ok(())
    }
}

/// Any policy and any URL is refused or taken, and says so without its secrets.
#[cfg(any(test, fuzzing))]
pub fn exercise_ticket(data: &[u8]) {
    let secret = &crate::fuzzing::secret(data);
    let check = |error: &Error| crate::fuzzing::check(error, secret);
    let text = String::from_utf8_lossy(data);
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let fields = |policy: &str| {
        let lines = rest.lines().filter_map(|line| line.split_once('='));
        let mut fields: Vec<(String, String)> = lines.map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        fields.push(("x-amz-signature".to_owned(), secret.clone()));
        fields.push(("policy".to_owned(), policy.to_owned()));
        Fields(fields)
    };
    for fields in [fields(first), fields(&STANDARD.encode(first))] {
        let Some(policy) = Policy::decode(&fields) else { continue };
        let size = u64::from(text.len() as u32);
        for from in [GivenBy::Caller, GivenBy::Service] {
            if let Err(error) = policy.check(&fields, "a.zip", size, from) {
                check(&error);
            }
        }
        if let Some(Err(error)) = policy.expires.map(|expiry| expiry.check("the ticket")) {
            check(&error);
        }
    }
    let and = if first.contains('?') { '&' } else { '?' };
    let url = format!("{first}{and}X-Amz-Signature={secret}");
    match crate::http::Target::check(&url, &crate::options::Options::new()) {
        Ok(target) => {
            assert!(!format!("{target} {target:?}").contains(secret));
            let signed = SignedUrl::decode(target.url());
            let expiries = [signed.expiry_by_date(), signed.expiry_from_now()];
            for error in expiries.into_iter().flatten().filter_map(|e| e.check("the URL").err()) {
                check(&error);
            }
            if let Err(error) = signed.check(&http::HeaderMap::new(), GivenBy::Caller) {
                check(&error);
            }
        }
        Err(error) => check(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(policy: &str, extra: &[(&str, &str)]) -> Fields {
        let mut fields = vec![("policy".to_owned(), STANDARD.encode(policy))];
        fields.extend(extra.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        Fields(fields)
    }

    #[test]
    fn a_policy_gives_size_range_and_demanded_fields() {
        let fields = form(
            r#"{"expiration":"2999-01-01T00:00:00Z","conditions":[
                {"bucket":"b"},["eq","$Content-Type","application/zip"],
                ["content-length-range",1,"1000"],["starts-with","$key","up/"]]}"#,
            &[("key", "up/1"), ("content-type", "application/zip")],
        );
        let policy = Policy::decode(&fields).expect("readable");
        policy.check(&fields, "a.txt", 1000, GivenBy::Service).expect("in range");
        let error = policy.check(&fields, "a.txt", 1001, GivenBy::Service).expect_err("over");
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert!(error.message().contains("1001") && error.message().contains("1000"), "{error}");
        policy.check(&fields, "a.txt", 0, GivenBy::Service).expect_err("under");
        policy.expires.expect("has one").check("it").expect("in the year 2999");

        let named = form(r#"{"conditions":[["eq","$key","u/a.txt"]]}"#, &[("key", "u/${filename}")]);
        let policy = Policy::decode(&named).expect("readable");
        policy.check(&named, "a.txt", 1, GivenBy::Service).expect("storage puts the name in");
        policy.check(&named, "b.txt", 1, GivenBy::Service).expect_err("another name");
        let google = form(r#"{"conditions":[]}"#, &[("x-goog-signature", "s"), ("x-goog-date", "d")]);
        let policy = Policy::decode(&google).expect("readable");
        policy.check(&google, "f", 1, GivenBy::Service).expect("not AWS's rule");

        let lacking = form(r#"{"conditions":[["eq","$x-a","1"]]}"#, &[]);
        Policy::decode(&lacking)
            .expect("readable")
            .check(&lacking, "a.txt", 1, GivenBy::Service)
            .expect_err("lacks x-a");
        let extra =
            form(r#"{"conditions":[]}"#, &[("x-b", "1"), ("x-ignore-c", "1"), ("x-amz-signature", "s")]);
        let error = Policy::decode(&extra)
            .expect("readable")
            .check(&extra, "a.txt", 1, GivenBy::Service)
            .expect_err("x-b");
        assert!(error.message().contains("x-b"), "{error}");
    }

    #[test]
    fn an_unreadable_policy_is_left_to_storage() {
        let fields = Fields(vec![("policy".into(), "eyJ...".into())]);
        assert!(Policy::decode(&fields).is_none());
    }

    #[test]
    fn a_signed_url_gives_its_expiry_and_headers() {
        let url = Url::parse(
            "https://s/k?X-Amz-Date=20200101T000000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=content-type%3Bhost",
        )
        .expect("url");
        let signed = SignedUrl::decode(&url);
        assert!(signed.expiry_by_date().expect("dated").check("it").is_err(), "2020 is over");
        let far = Url::parse("https://s/k?X-Amz-Date=99991231T235959Z&X-Amz-Expires=604800").expect("url");
        assert!(SignedUrl::decode(&far).expiry_by_date().expect("dated").check("it").is_ok());
        assert!(signed.expiry_from_now().expect("lasts").check("it").is_ok());
        let since = |url: &Url, age| {
            let expiry = SignedUrl::decode(url).expiry_since(Duration::from_secs(age));
            expiry.expect("lasts").check("it").is_ok()
        };
        assert!(since(&url, 3599), "the clock was wrong by years, then and now");
        assert!(!since(&url, 3600));
        assert!(since(&far, 1 << 40), "the clock was set in between");
        let mut headers = http::HeaderMap::new();
        assert!(signed.check(&headers, GivenBy::Caller).is_err());
        headers.insert("content-type", http::HeaderValue::from_static("text/csv"));
        signed.check(&headers, GivenBy::Caller).expect("complete");
    }
}

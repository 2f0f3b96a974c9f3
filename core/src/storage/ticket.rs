//! What a presigned target says about itself, read before a byte is sent: a POST policy is plain
//! base64 JSON and a presigned URL carries its own expiry, so an upload that cannot succeed fails in
//! a millisecond, with numbers, instead of after the last byte.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use http::HeaderMap;
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
    /// When it ends as far as is known; `None` if it is over by a clock that may be wrong.
    ends: Option<Instant>,
    /// How long it was when it was first seen.
    lifetime: Duration,
    told: Option<Told>,
    /// Nothing but a clock tells how old it is.
    by_clock: bool,
}

/// What a ticket says of its own time, by the clock of whoever signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    from: Option<OffsetDateTime>,
    until: OffsetDateTime,
}

impl Expiry {
    /// `lifetime` from now, on a clock that nobody sets.
    pub(crate) fn lasts(lifetime: Duration) -> Self {
        let lifetime = lifetime.min(LONGEST);
        let at = Instant::now() + lifetime;
        Self { at, ends: Some(at), lifetime, told: None, by_clock: false }
    }

    /// The same, with what the ticket says of itself, for what storage may answer.
    pub(crate) fn told(self, told: Option<Told>) -> Self {
        Self { told, ..self }
    }

    /// By a moment that somebody else's clock told. Only used where no lifetime is known. A ticket is only given up when
    /// it is over by more than clocks err; until then storage has the last word.
    fn by_clock(told: Told) -> Self {
        let left =
            |moment: OffsetDateTime| Duration::try_from(moment - now()).unwrap_or_default().min(LONGEST);
        let at = Instant::now() + left(told.until.saturating_add(CLOCK_ERROR));
        let lifetime = left(told.until);
        let ends = (!lifetime.is_zero()).then(|| Instant::now() + lifetime);
        Self { at, ends, lifetime, told: Some(told), by_clock: true }
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

    /// How long an upload has, as far as is known.
    pub(crate) fn known_left(&self) -> Option<Duration> {
        Some(self.ends?.saturating_duration_since(Instant::now()))
    }

    /// Fails with `expired` if an upload can no longer start.
    pub(crate) fn check(&self, what: &str) -> Result<()> {
        if !self.left().is_zero() {
            return Ok(());
        }
        let sentence = match self.told.filter(|_| self.by_clock) {
            None => format!("{what} has run out; ask the service for a new one"),
            Some(told) => format!(
                "{what} ran out at {} by its own date, and this machine's clock says {}; ask for a new one, or set the clock if it is wrong",
                shown(told.until),
                shown(now())
            ),
        };
        Err(Error::new(ErrorKind::Expired, sentence))
    }

    /// A refusal of storage, said in times if the ticket's own time is the reason. Some stores say no more than that
    /// access is denied (Ceph, DigitalOcean, Azure). Storage's own clock judges, if it tells it.
    pub(crate) fn explained(&self, refused: Error, host: &str, headers: &HeaderMap) -> Error {
        let Some(told) = self.told.filter(|_| may_be_about_time(&refused)) else { return refused };
        let date = headers.get(http::header::DATE).and_then(|value| value.to_str().ok());
        let theirs = date.and_then(|text| httpdate::parse_http_date(text).ok()).map(OffsetDateTime::from);
        let by = theirs.unwrap_or_else(now);
        let mut clocks = match theirs {
            Some(theirs) => format!("storage's clock says {}", shown(theirs)),
            None => format!("this machine's clock says {}", shown(by)),
        };
        if theirs.is_some_and(|theirs| (theirs - now()).abs() > time::Duration::MINUTE) {
            clocks.push_str(&format!(" (this machine's says {})", shown(now())));
        }
        let status = refused.http_status().unwrap_or_default();
        let code = refused.service_code().map(|code| format!(" {code}")).unwrap_or_default();
        let so = format!("storage at {host} refused the upload ({status}{code})");
        match told.from {
            _ if told.until <= by => refused.retold(
                ErrorKind::Expired,
                format!("{so}: the ticket ran out at {}, and {clocks}; ask for a new one", shown(told.until)),
            ),
            Some(from) if from > by => refused.retold(
                ErrorKind::StorageRefused,
                format!(
                    "{so}: the ticket is good from {} on, and {clocks}, so the clock of whoever signed it is ahead; wait until then, or have that clock set",
                    shown(from)
                ),
            ),
            _ => refused,
        }
    }
}

/// Whether a refusal is about the ticket's time, or says nothing of its reason.
fn may_be_about_time(refused: &Error) -> bool {
    if refused.kind() == ErrorKind::Expired {
        return true;
    }
    let denied = refused.kind() == ErrorKind::StorageRefused
        && matches!(refused.http_status(), Some(400 | 401 | 403))
        && match refused.service_code() {
            None => true,
            Some("RequestTimeTooSkewed") => return true,
            Some(code) => {
                let codes = [
                    "AccessDenied",
                    "AuthenticationFailed",
                    "AuthorizationFailure",
                    "Forbidden",
                    "InvalidRequest",
                ];
                codes.contains(&code)
            }
        };
    let said = refused.cause_text().unwrap_or_default().to_ascii_lowercase();
    let words = [
        "denied",
        "forbidden",
        "authenticat",
        "authoriz",
        "expire",
        "time frame",
        "too old",
        "not yet",
        "yet valid",
    ];
    denied && (said.is_empty() || words.iter().any(|word| said.contains(word)))
}

fn now() -> OffsetDateTime {
    OffsetDateTime::from(SystemTime::now())
}

/// To the second, which is what tickets tell.
fn shown(moment: OffsetDateTime) -> String {
    moment.truncate_to_second().format(&Rfc3339).unwrap_or_else(|_| moment.to_string())
}

/// A clock set to local time, or to a wrong zone, is off by up to 14 hours (UTC+14 is the farthest), and one that lost a
/// day by a day. More than that, and the ticket is old.
const CLOCK_ERROR: time::Duration = time::Duration::DAY;

/// How far a clock that is right may be from another: S3 answers `RequestTimeTooSkewed` beyond 15 minutes.
const CLOCK_SKEW: time::Duration = time::Duration::minutes(15);

/// R2 and S3 sign for at most seven days; a longer figure is a mistake, not a reason to overflow.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// A decoded POST policy. The form carries it unaltered; this copy is for reading only.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    pub(crate) told: Option<Told>,
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
        let told = policy["expiration"]
            .as_str()
            .and_then(|t| OffsetDateTime::parse(t, &Rfc3339).ok())
            .map(|until| Told { from: None, until });
        let mut read = Self { told, ..Self::default() };
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
    pub(crate) fn check(
        &self,
        fields: &Fields,
        file_name: &str,
        size: u64,
        from: TicketOrigin,
    ) -> Result<()> {
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

    /// For a form of unknown age: by its own date and this machine's clock.
    pub(crate) fn expiry_by_date(&self) -> Option<Expiry> {
        self.told.map(Expiry::by_clock)
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
pub(crate) enum TicketOrigin {
    /// The caller handed it to raw storage.
    Caller,
    /// A service answered with it a moment ago.
    Service,
}

pub(super) fn broken_ticket(from: TicketOrigin, what: String) -> Error {
    match from {
        TicketOrigin::Caller => {
            Error::invalid(format!("the upload cannot work: {what}; give it as it was handed out"))
        }
        TicketOrigin::Service => Error::new(
            ErrorKind::Rejected,
            format!("the ticket cannot work: {what}; ask the service for a new one, or report it"),
        ),
    }
}

/// What a presigned URL says.
#[derive(Debug)]
pub(crate) struct SignedUrl {
    told: Option<Told>,
    lifetime: Option<Duration>,
    /// Names of the headers that must be sent, in lower case.
    signed_headers: Vec<String>,
}

impl SignedUrl {
    pub(crate) fn decode(url: &Url) -> Self {
        let value = |is_it: &dyn Fn(&str) -> bool| {
            url.query_pairs().find(|(name, _)| is_it(name)).map(|(_, value)| value.into_owned())
        };
        let get = |wanted: &str| value(&|name| name.eq_ignore_ascii_case(wanted));
        // S3 and whoever does as it does, Google, Alibaba.
        for vendor in ["X-Amz-", "X-Goog-", "X-Oss-"] {
            let get = |wanted: &str| {
                value(&|name| {
                    let parts = name.split_at_checked(vendor.len());
                    parts.is_some_and(|(start, rest)| {
                        start.eq_ignore_ascii_case(vendor) && rest.eq_ignore_ascii_case(wanted)
                    })
                })
            };
            let Some(lifetime) = get("Expires").and_then(|t| t.parse().ok()).map(Duration::from_secs) else {
                continue;
            };
            let from = get("Date").and_then(|text| basic(&text));
            let until = |from: OffsetDateTime| {
                Some(from.saturating_add(time::Duration::try_from(lifetime.min(LONGEST)).ok()?))
            };
            let told = from.and_then(|from| Some(Told { from: Some(from), until: until(from)? }));
            return Self { told, lifetime: Some(lifetime), signed_headers: names(get("SignedHeaders")) };
        }
        // A moment and no lifetime: the older signatures of S3, Google, Alibaba and CloudFront, and Azure.
        let until = match (get("Signature"), get("sig")) {
            (Some(_), _) => {
                get("Expires").and_then(|t| OffsetDateTime::from_unix_timestamp(t.parse().ok()?).ok())
            }
            (None, Some(_)) => get("se").and_then(|text| azure(&text)),
            (None, None) => None,
        };
        let told = until.map(|until| Told { from: get("st").and_then(|text| azure(&text)), until });
        Self { told, lifetime: None, signed_headers: names(get("X-Amz-SignedHeaders")) }
    }

    /// For a URL of unknown age: by its own date and this machine's clock.
    pub(crate) fn expiry_by_date(&self) -> Option<Expiry> {
        self.told.map(Expiry::by_clock)
    }

    /// For a URL that was signed just now: by its lifetime alone, whatever this machine's clock says.
    pub(crate) fn expiry_from_now(&self) -> Option<Expiry> {
        match self.lifetime {
            Some(lifetime) => Some(Expiry::lasts(lifetime).told(self.told)),
            None => self.expiry_by_date(),
        }
    }

    /// For a URL that was signed `age` ago by this machine's clock. That clock may have been set since then, so the
    /// URL's own date must agree: a URL that is good is not to be given up for a clock that is not.
    pub(crate) fn expiry_since(&self, age: Duration) -> Option<Expiry> {
        let Some(lifetime) = self.lifetime else { return self.expiry_by_date() };
        let by_date = self.told.map(|told| told.until.saturating_add(CLOCK_SKEW) - now());
        let by_date = by_date.and_then(|left| Duration::try_from(left).ok()).unwrap_or_default();
        Some(Expiry::lasts(lifetime.saturating_sub(age).max(by_date)).told(self.told))
    }

    /// Refuses a request that lacks a signed header; storage would answer `SignatureDoesNotMatch`.
    pub(crate) fn check(&self, headers: &HeaderMap, from: TicketOrigin) -> Result<()> {
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

/// `20260102T030405Z`.
fn basic(text: &str) -> Option<OffsetDateTime> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    time::PrimitiveDateTime::parse(text, format).ok().map(time::PrimitiveDateTime::assume_utc)
}

/// The forms of ISO 8601 that a SAS may have: with seconds, without, and a day alone.
fn azure(text: &str) -> Option<OffsetDateTime> {
    let minutes = format_description!("[year]-[month]-[day]T[hour]:[minute]Z");
    let day = format_description!("[year]-[month]-[day]");
    let utc = time::PrimitiveDateTime::assume_utc;
    let with_seconds = OffsetDateTime::parse(text, &Rfc3339).ok();
    with_seconds
        .or_else(|| time::PrimitiveDateTime::parse(text, minutes).ok().map(utc))
        .or_else(|| time::Date::parse(text, day).ok().map(|day| utc(day.midnight())))
}

fn names(list: Option<String>) -> Vec<String> {
    list.map(|list| list.split(';').map(str::to_ascii_lowercase).collect()).unwrap_or_default()
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
        policy.check(&fields, "a.txt", 1000, TicketOrigin::Service).expect("in range");
        let error = policy.check(&fields, "a.txt", 1001, TicketOrigin::Service).expect_err("over");
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert!(error.message().contains("1001") && error.message().contains("1000"), "{error}");
        policy.check(&fields, "a.txt", 0, TicketOrigin::Service).expect_err("under");
        policy.expiry_by_date().expect("has one").check("it").expect("in the year 2999");

        let named = form(r#"{"conditions":[["eq","$key","u/a.txt"]]}"#, &[("key", "u/${filename}")]);
        let policy = Policy::decode(&named).expect("readable");
        policy.check(&named, "a.txt", 1, TicketOrigin::Service).expect("storage puts the name in");
        policy.check(&named, "b.txt", 1, TicketOrigin::Service).expect_err("another name");
        let google = form(r#"{"conditions":[]}"#, &[("x-goog-signature", "s"), ("x-goog-date", "d")]);
        let policy = Policy::decode(&google).expect("readable");
        policy.check(&google, "f", 1, TicketOrigin::Service).expect("not AWS's rule");

        let lacking = form(r#"{"conditions":[["eq","$x-a","1"]]}"#, &[]);
        Policy::decode(&lacking)
            .expect("readable")
            .check(&lacking, "a.txt", 1, TicketOrigin::Service)
            .expect_err("lacks x-a");
        let extra =
            form(r#"{"conditions":[]}"#, &[("x-b", "1"), ("x-ignore-c", "1"), ("x-amz-signature", "s")]);
        let error = Policy::decode(&extra)
            .expect("readable")
            .check(&extra, "a.txt", 1, TicketOrigin::Service)
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
        let error = signed.expiry_by_date().expect("dated").check("it").expect_err("2020 is over");
        // Both times, so that it is seen which is wrong.
        assert!(error.message().contains("2020-01-01T01:00:00Z"), "{error}");
        assert!(
            error.message().contains(&shown(now())[..13]) && error.message().contains("clock"),
            "{error}"
        );
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
        let mut headers = HeaderMap::new();
        assert!(signed.check(&headers, TicketOrigin::Caller).is_err());
        headers.insert("content-type", http::HeaderValue::from_static("text/csv"));
        signed.check(&headers, TicketOrigin::Caller).expect("complete");
    }

    fn ago(hours: i64) -> OffsetDateTime {
        now() - time::Duration::hours(hours)
    }

    fn stamp(moment: OffsetDateTime) -> String {
        shown(moment).replace(['-', ':'], "")
    }

    /// One of each kind that ran out so many hours ago; negative: that will.
    fn urls(hours: i64) -> Vec<String> {
        let until = ago(hours);
        let from = stamp(until - time::Duration::hours(1));
        let (seconds, iso) = (until.unix_timestamp(), shown(until));
        vec![
            format!("X-Amz-Date={from}&X-Amz-Expires=3600&X-Amz-Signature=s"),
            format!("X-Goog-Date={from}&X-Goog-Expires=3600&X-Goog-Signature=s"),
            format!("x-oss-date={from}&x-oss-expires=3600&x-oss-signature=s"),
            format!("AWSAccessKeyId=a&Expires={seconds}&Signature=s"),
            format!("GoogleAccessId=a&Expires={seconds}&Signature=s"),
            format!("sv=2024-11-04&se={}&sr=b&sp=cw&sig=s", iso.replace(':', "%3A")),
            format!("sv=2024-11-04&st=2020-01-01&se={}Z&sig=s", &iso[..16]),
        ]
    }

    fn expiry(query: &str) -> Expiry {
        let url = Url::parse(&format!("https://s/k?{query}")).expect("a URL");
        SignedUrl::decode(&url).expiry_by_date().unwrap_or_else(|| panic!("{query}"))
    }

    #[test]
    fn a_ticket_is_given_up_when_it_is_over_by_more_than_clocks_err() {
        for (hours, good) in
            [(-200, true), (-1, true), (1, true), (14, true), (22, true), (26, false), (9000, false)]
        {
            for query in urls(hours) {
                let checked = expiry(&query).check("it");
                assert_eq!(checked.is_ok(), good, "{hours} h ago: {query}: {checked:?}");
                // No forecast is made by a clock that is wrong.
                assert_eq!(expiry(&query).known_left().is_some(), hours < 0, "{query}");
            }
            let policy = format!(r#"{{"expiration":"{}","conditions":[]}}"#, shown(ago(hours)));
            let policy = Policy::decode(&form(&policy, &[])).expect("readable");
            assert_eq!(policy.expiry_by_date().expect("dated").check("it").is_ok(), good, "{hours} h ago");
        }
        for none in
            ["Expires=5", "se=2020-01-01", "X-Amz-Expires=x", "sig=s&se=soon", "Signature=s&Expires=never"]
        {
            let url = Url::parse(&format!("https://s/k?{none}")).expect("a URL");
            assert!(SignedUrl::decode(&url).expiry_by_date().is_none(), "{none}");
        }
    }

    fn refused(status: u16, code: Option<&str>, said: &str) -> Error {
        Error::new(ErrorKind::StorageRefused, "no")
            .status_is(status)
            .service_code_is(code.map(str::to_owned))
            .cause(&said)
    }

    #[test]
    fn a_refusal_is_explained_by_storages_own_clock() {
        let date = |moment: OffsetDateTime| {
            let text = httpdate::fmt_http_date(SystemTime::from(moment));
            HeaderMap::from_iter([(http::header::DATE, text.parse().expect("a header"))])
        };
        let azure = "Server failed to authenticate the request";
        let bare =
            [(403, Some("AccessDenied"), ""), (403, None, ""), (403, Some("AuthenticationFailed"), azure)];
        for query in urls(1) {
            for (status, code, said) in bare {
                let explain =
                    |headers: &HeaderMap| expiry(&query).explained(refused(status, code, said), "s", headers);
                for headers in [HeaderMap::new(), date(now())] {
                    let error = explain(&headers);
                    assert_eq!(error.kind(), ErrorKind::Expired, "{query}: {error}");
                    assert!(error.message().contains(&shown(ago(1))[..13]), "{error}");
                    assert!(error.message().contains(&shown(now())[..13]), "{error}");
                }
                // This machine's clock is ahead: by storage's the ticket is good, and something else is wrong.
                assert_eq!(explain(&date(ago(2))).kind(), ErrorKind::StorageRefused, "{query}");
            }
            let other =
                refused(403, Some("AccessDenied"), "Invalid according to Policy: Extra input fields: x");
            assert_eq!(expiry(&query).explained(other, "s", &date(now())).message(), "no");
            let other = refused(403, Some("SignatureDoesNotMatch"), "");
            assert_eq!(expiry(&query).explained(other, "s", &date(now())).message(), "no");
        }
        let early = expiry(&urls(-3)[0]);
        for (code, said) in
            [("AccessDenied", "Request is not yet valid"), ("RequestTimeTooSkewed", "The difference")]
        {
            let error = early.explained(refused(403, Some(code), said), "s", &date(now()));
            assert_eq!(error.kind(), ErrorKind::StorageRefused);
            assert!(error.message().contains("is ahead") && error.message().contains("good from"), "{error}");
        }
    }
}

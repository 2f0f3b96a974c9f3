//! A presigned URL's own time, and the headers that have to be sent with it.

use std::borrow::Cow;
use std::time::Duration;

use http::HeaderMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use url::Url;

use super::checksums::demandable;
use super::expiry::{Expiry, MAX_LIFETIME, TicketPeriod, now};
use super::google;
use super::ticket_origin::{TicketOrigin, broken_ticket};
use super::url_query::parameter_that;
use crate::error::Result;

/// How far a clock that is right may be from another: S3 answers `RequestTimeTooSkewed` beyond 15 minutes.
const CLOCK_SKEW: time::Duration = time::Duration::minutes(15);

/// A presigned URL's signed parameters.
#[derive(Debug)]
pub(crate) struct SignedUrl {
    period: Option<TicketPeriod>,
    lifetime: Option<Duration>,
    /// Names of the headers that must be sent, in lower case.
    signed_headers: Vec<String>,
}

impl SignedUrl {
    pub(crate) fn decode(url: &Url) -> Self {
        let value = |is_it: &dyn Fn(&str) -> bool| parameter_that(url, is_it).map(Cow::into_owned);
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
                Some(from.saturating_add(time::Duration::try_from(lifetime.min(MAX_LIFETIME)).ok()?))
            };
            let period = from.and_then(|from| Some(TicketPeriod { from: Some(from), until: until(from)? }));
            return Self { period, lifetime: Some(lifetime), signed_headers: names(get("SignedHeaders")) };
        }
        // A moment and no lifetime: the older signatures of S3, Google, Alibaba and CloudFront, and Azure.
        let until = match (get("Signature"), get("sig")) {
            (Some(_), _) => {
                get("Expires").and_then(|t| OffsetDateTime::from_unix_timestamp(t.parse().ok()?).ok())
            }
            (None, Some(_)) => get("se").and_then(|text| azure(&text)),
            (None, None) => None,
        };
        let period = until.map(|until| TicketPeriod { from: get("st").and_then(|text| azure(&text)), until });
        Self { period, lifetime: None, signed_headers: names(get("X-Amz-SignedHeaders")) }
    }

    /// For a URL of unknown age: by its own date and this machine's clock.
    pub(crate) fn expiry_by_date(&self) -> Option<Expiry> {
        self.period.map(Expiry::by_clock)
    }

    /// For a URL that was signed just now: by its lifetime alone, whatever this machine's clock says.
    pub(crate) fn expiry_from_now(&self) -> Option<Expiry> {
        match self.lifetime {
            Some(lifetime) => Some(Expiry::lasts(lifetime).with_period(self.period)),
            None => self.expiry_by_date(),
        }
    }

    /// For a URL that was signed `age` ago by this machine's clock. That clock may have been set since then,
    /// so the URL's own date must agree: a URL that is good is not to be given up for a clock that is not.
    pub(crate) fn expiry_since(&self, age: Duration) -> Option<Expiry> {
        let Some(lifetime) = self.lifetime else { return self.expiry_by_date() };
        let by_date = self.period.map(|period| period.until.saturating_add(CLOCK_SKEW) - now());
        let by_date = by_date.and_then(|left| Duration::try_from(left).ok()).unwrap_or_default();
        Some(Expiry::lasts(lifetime.saturating_sub(age).max(by_date)).with_period(self.period))
    }

    pub(crate) fn signed_headers(&self) -> &[String] {
        &self.signed_headers
    }

    /// Refuses a request that lacks a signed header; storage would answer `SignatureDoesNotMatch`. The value
    /// of a checksum need not be told: it is that of the body.
    pub(crate) fn check(&self, headers: &HeaderMap, from: TicketOrigin) -> Result<()> {
        for name in &self.signed_headers {
            // The third can have one value only.
            let set_by_us = matches!(name.as_str(), "host" | "content-length" | google::RESUMABLE);
            let filled_in = demandable().any(|demandable| demandable == name);
            if !set_by_us && !filled_in && !name.is_empty() && !headers.contains_key(name.as_str()) {
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
    use super::super::expiry::rfc3339;
    use super::*;

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
            error.message().contains(&rfc3339(now())[..13]) && error.message().contains("clock"),
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
}

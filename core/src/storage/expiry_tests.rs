//! Tests of expiry, over every kind of ticket that tells one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::super::form::Fields;
use super::super::policy::Policy;
use super::super::signed_url::SignedUrl;
use super::*;

fn ago(hours: i64) -> OffsetDateTime {
    now() - time::Duration::hours(hours)
}

fn stamp(moment: OffsetDateTime) -> String {
    rfc3339(moment).replace(['-', ':'], "")
}

/// One of each kind that ran out so many hours ago; negative: that will.
fn urls(hours: i64) -> Vec<String> {
    let until = ago(hours);
    let from = stamp(until - time::Duration::hours(1));
    let (seconds, iso) = (until.unix_timestamp(), rfc3339(until));
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
        let policy = format!(r#"{{"expiration":"{}","conditions":[]}}"#, rfc3339(ago(hours)));
        let policy =
            Policy::decode(&Fields(vec![("policy".to_owned(), STANDARD.encode(policy))])).expect("readable");
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
    let bare = [(403, Some("AccessDenied"), ""), (403, None, ""), (403, Some("AuthenticationFailed"), azure)];
    for query in urls(1) {
        for (status, code, said) in bare {
            let explain = |headers: &HeaderMap| {
                expiry(&query).explain_refusal(refused(status, code, said), "s", headers)
            };
            for headers in [HeaderMap::new(), date(now())] {
                let error = explain(&headers);
                assert_eq!(error.kind(), ErrorKind::Expired, "{query}: {error}");
                assert!(error.message().contains(&rfc3339(ago(1))[..13]), "{error}");
                assert!(error.message().contains(&rfc3339(now())[..13]), "{error}");
            }
            // This machine's clock is ahead: by storage's the ticket is good, and something else is wrong.
            assert_eq!(explain(&date(ago(2))).kind(), ErrorKind::StorageRefused, "{query}");
        }
        let other = refused(403, Some("AccessDenied"), "Invalid according to Policy: Extra input fields: x");
        assert_eq!(expiry(&query).explain_refusal(other, "s", &date(now())).message(), "no");
        let other = refused(403, Some("SignatureDoesNotMatch"), "");
        assert_eq!(expiry(&query).explain_refusal(other, "s", &date(now())).message(), "no");
    }
    let early = expiry(&urls(-3)[0]);
    for (code, said) in
        [("AccessDenied", "Request is not yet valid"), ("RequestTimeTooSkewed", "The difference")]
    {
        let error = early.explain_refusal(refused(403, Some(code), said), "s", &date(now()));
        assert_eq!(error.kind(), ErrorKind::StorageRefused);
        assert!(error.message().contains("is ahead") && error.message().contains("good from"), "{error}");
    }
}

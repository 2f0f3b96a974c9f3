//! The meaning of a refusal to the caller: whether to send it again, and the remedy otherwise. Storage's own
//! code says more than the status, so it is looked at first; stores differ in status for one and the same
//! thing (an expired URL is 400 here and 403 there).

use http::{HeaderMap, StatusCode};
use url::Url;

use super::azure;
use super::document::Document;
use super::error_codes::{
    Action, CODES, EXPIRED, FAILING, METHOD, NO_ACCOUNT, NO_KMS, NO_ROOM, NOWHERE, OVERLOADED, REFUSED,
    SIGNATURE, SLOW, TOO_LARGE,
};
use super::google;
use super::url_query;
use crate::error::ErrorKind;
use crate::http::retry::{retry_after, wait_and_try};
use crate::http::status;

/// The facts to judge a refusal by.
pub(super) struct StorageRefusal<'a> {
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
    pub(super) document: &'a Document,
    /// Where the upload went.
    pub(super) url: &'a Url,
}

pub(super) struct Diagnosis {
    pub(super) kind: ErrorKind,
    pub(super) action: Action,
    /// Whether the same call may succeed later.
    pub(super) retryable: bool,
    /// The end of the sentence.
    pub(super) advice: String,
}

impl Diagnosis {
    fn new(kind: ErrorKind, action: Action, what: impl Into<String>) -> Self {
        use ErrorKind::{Expired, Network, RateLimited, Timeout, Unavailable};
        let passes = matches!(kind, Expired | Network | RateLimited | Timeout | Unavailable);
        Self { kind, action, retryable: passes || action == Action::Retry, advice: what.into() }
    }

    /// Refused for good.
    fn refused(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::StorageRefused, Action::Fail, what)
    }

    fn expired(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Expired, Action::Fail, what)
    }

    /// Not storage's, and the next try would meet it again.
    fn by_middlebox(what: impl Into<String>) -> Self {
        Self { retryable: false, ..Self::new(ErrorKind::Network, Action::Fail, what) }
    }
}

/// The meaning of a code that means the same wherever it stands.
fn by_code(code: &str) -> Option<Diagnosis> {
    if code.starts_with("KMS") {
        return Some(match code.contains("Throttl") {
            true => Diagnosis::new(ErrorKind::RateLimited, Action::Retry, OVERLOADED),
            false => Diagnosis::refused(NO_KMS),
        });
    }
    let mut rows = [CODES, azure::CODES, google::CODES].into_iter().flatten();
    let row = rows.find(|(codes, ..)| codes.contains(&code));
    row.map(|(_, kind, action, advice)| Diagnosis::new(*kind, *action, *advice))
}

fn by_status(refused: &StorageRefusal<'_>) -> Diagnosis {
    use Action::{Fail, Retry};
    use ErrorKind as K;
    match refused.status.as_u16() {
        200..=299 => Diagnosis::by_middlebox(
            "that is no answer to an upload that is done, so it may or may not be there; look before it is sent again",
        ),
        300..=399 => Diagnosis::refused(format!(
            "it redirects elsewhere{}, which is never followed with a file; check the URL, and whether the network wants you to sign in first",
            redirect(refused.headers, refused.url)
        )),
        402 => Diagnosis::refused(NO_ACCOUNT),
        404 => Diagnosis::refused(NOWHERE),
        405 => Diagnosis::refused(METHOD),
        407 => Diagnosis::by_middlebox(
            "a proxy on the way wants a user name and password; give them in the URL of the option proxy",
        ),
        411 => Diagnosis::refused(
            "the length that was sent did not get there; check for a proxy that removes Content-Length",
        ),
        412 => Diagnosis::refused(
            "a condition in the ticket does not hold; look at what is stored there, or ask for a new ticket",
        ),
        415 => Diagnosis::refused(
            "this type of content is not taken there; check the Content-Type that was signed",
        ),
        421 => Diagnosis::refused(
            "it reached a server that does not serve this host; check the name's address and any proxy in between",
        ),
        425 => Diagnosis::new(K::Unavailable, Retry, "it came too early to be handled; try again"),
        507 => Diagnosis::refused(NO_ROOM),
        511 => Diagnosis::by_middlebox(
            "the network wants you to sign in before it lets anything through; sign in with a browser and try again",
        ),
        _ => match status::kind(refused.status) {
            K::Unavailable => Diagnosis::new(K::Unavailable, Retry, FAILING),
            K::RateLimited => Diagnosis::new(K::RateLimited, Retry, OVERLOADED),
            K::Timeout => Diagnosis::new(K::Timeout, Retry, SLOW),
            K::TooLarge => Diagnosis::new(K::TooLarge, Fail, TOO_LARGE),
            _ => Diagnosis::refused(REFUSED),
        },
    }
}

/// Where to, without what may be a token.
pub(super) fn redirect(headers: &HeaderMap, url: &Url) -> String {
    let location = headers.get(http::header::LOCATION).and_then(|to| to.to_str().ok());
    let to = location.and_then(|to| url.join(to).ok());
    to.map(|to| format!(" ({})", crate::secret::without_secrets(&to))).unwrap_or_default()
}

pub(super) fn diagnose(refused: &StorageRefusal<'_>) -> Diagnosis {
    let code = refused.document.code.as_deref().unwrap_or("");
    let diagnosis = by_reason(refused, code)
        .or_else(|| by_place(refused, code))
        .or_else(|| by_code(code).map(|diagnosis| with_details(refused, code, diagnosis)))
        .unwrap_or_else(|| by_status(refused));
    with_retry_time(refused, diagnosis)
}

/// The same with the time that was asked for.
fn with_retry_time(refused: &StorageRefusal<'_>, diagnosis: Diagnosis) -> Diagnosis {
    let asked = retry_after(refused.headers);
    let advice = match diagnosis.advice.as_str() {
        OVERLOADED => format!("too many requests; {}", wait_and_try(asked)),
        FAILING if asked.is_some() => format!("storage is failing; {}", wait_and_try(asked)),
        _ => return diagnosis,
    };
    Diagnosis { advice, ..diagnosis }
}

/// The refusal of something that is not storage. Its status is all that can be gone by.
pub(super) fn diagnose_middlebox(refused: &StorageRefusal<'_>) -> Diagnosis {
    use ErrorKind as K;
    let diagnosis = by_status(refused);
    let advice = match diagnosis.kind {
        K::Network | K::RateLimited => return with_retry_time(refused, diagnosis),
        K::TooLarge => "it lets nothing of this size through; send less, or have its limit raised",
        K::Timeout => "it waited too long for the bytes; try again",
        _ if refused.status.is_redirection() => return Diagnosis::by_middlebox(diagnosis.advice),
        _ => {
            return Diagnosis::by_middlebox(
                "a proxy, a filter or a web server does not let the upload through; check the URL and what stands in between",
            );
        }
    };
    Diagnosis { advice: advice.to_owned(), ..diagnosis }
}

/// The words of web servers for plain HTTP on a port for TLS: nginx, and Go's.
pub(super) fn wrong_scheme(url: &Url, said: &str) -> Option<Diagnosis> {
    let said = said.to_ascii_lowercase();
    let signs = ["http request was sent to https port", "http request to an https server"];
    let told = url.scheme() == "http" && signs.iter().any(|sign| said.contains(sign));
    told.then(|| Diagnosis::refused("the URL begins with http:// and its port wants TLS; use https://"))
}

/// The meaning of the words beside the code.
fn by_reason(refused: &StorageRefusal<'_>, code: &str) -> Option<Diagnosis> {
    let said = refused.document.words().to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    // The meaning of a known code is not looked for in its words, which quote names that others chose.
    let open =
        ["", "AccessDenied", "InvalidRequest", "InvalidPolicyDocument", "AuthenticationFailed", "InvalidJWT"];
    if !refused.status.is_client_error() || !open.contains(&code) {
        return None;
    }
    let over = ["has expired", "policy expired", "date is too old", "\"exp\" claim timestamp", "jwt expired"];
    if says(&over) || says(&["not valid in the specified time frame"]) {
        return Some(Diagnosis::expired(EXPIRED));
    }
    if says(&["kms:", "arn:aws:kms"]) {
        return Some(Diagnosis::refused(NO_KMS));
    }
    if says(&["cap exceeded", "billing account", "account is disabled", "account is suspended"]) {
        return Some(Diagnosis::refused(NO_ACCOUNT));
    }
    if refused.status == StatusCode::BAD_REQUEST && code.is_empty() && azure::is_sas(refused.url) {
        return said.is_empty().then(|| Diagnosis::refused(azure::SILENT));
    }
    // Ceph and what is made of it refuse an expired URL without a word.
    let silent = said.is_empty() || said.trim_end_matches('.') == "access denied";
    let over = url_query::over_for(refused.url)
        .filter(|_| silent && matches!(refused.status.as_u16(), 400..=403))?;
    Some(Diagnosis::expired(format!(
        "no reason was given, but by its own date and this machine's clock the URL ran out {} ago; ask the service for a new one",
        crate::progress::roughly(over)
    )))
}

/// A URL for another region, and the region that is right.
fn by_place(refused: &StorageRefusal<'_>, code: &str) -> Option<Diagnosis> {
    let document = refused.document;
    let signed_for = url_query::region(refused.url);
    let right = right_region(refused).filter(|region| signed_for.as_ref() != Some(region));
    let is_moved = matches!(refused.status.as_u16(), 301 | 307 | 308);
    let endpoint =
        document.endpoint.as_deref().map(|at| format!(" (at {})", shortened(at))).unwrap_or_default();
    let signed_for = signed_for.map(|region| format!("for the region {region} ")).unwrap_or_default();
    match code {
        "TemporaryRedirect" => Some(Diagnosis {
            retryable: true,
            ..Diagnosis::refused(format!(
                "the bucket is so new that requests are still sent on to its own region{endpoint}, and that is never followed with a file; try again in some minutes, or have the URL signed for {}",
                right.map_or_else(
                    || "the regional address".to_owned(),
                    |region| format!("{region}'s own address")
                )
            ))
        }),
        "AuthorizationHeaderMalformed" | "AuthorizationQueryParametersError" if right.is_none() => {
            let what = "what the URL says of its signature cannot be read or is for another region; give it as it was handed out, or have it signed for the bucket's region";
            Some(Diagnosis::refused(what))
        }
        "PermanentRedirect"
        | "IllegalLocationConstraintException"
        | "InvalidRegion"
        | "InvalidRegionName"
        | "IncorrectEndpoint"
        | "AuthorizationHeaderMalformed"
        | "AuthorizationQueryParametersError" => Some(Diagnosis::refused(match right {
            Some(region) => format!(
                "the ticket is signed {signed_for}and the bucket is in {region}{endpoint}; have it signed for {region}"
            ),
            None => format!(
                "the ticket points at the wrong region{endpoint}; have it signed for the bucket's own"
            ),
        })),
        "" if is_moved => right.map(|region| {
            Diagnosis::refused(format!(
                "the bucket is in the region {region}{endpoint}; have the ticket signed for that"
            ))
        }),
        _ => None,
    }
}

fn shortened(text: &str) -> String {
    crate::secret::scrub(text).chars().take(120).collect()
}

/// The region that storage says is right.
fn right_region(refused: &StorageRefusal<'_>) -> Option<String> {
    let header = || refused.headers.get("x-amz-bucket-region")?.to_str().ok().map(str::to_owned);
    let expecting = || {
        let rest = refused.document.message.as_deref()?.split_once("expecting '")?.1;
        Some(rest.split_once('\'')?.0.to_owned())
    };
    let told = refused.document.region.clone().or_else(header).or_else(expecting)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (!told.is_empty() && told.len() <= 60 && told.chars().all(plain)).then_some(told)
}

/// The same with what this reply or this URL says besides.
fn with_details(refused: &StorageRefusal<'_>, code: &str, diagnosis: Diagnosis) -> Diagnosis {
    let document = refused.document;
    let what = match code {
        "EntityTooLarge" => document
            .proposed
            .as_ref()
            .zip(document.allowed.as_ref())
            .map(|(proposed, allowed)| format!("it is {proposed} bytes and {allowed} are allowed; send less")),
        "SignatureDoesNotMatch" => Some(unsigned(refused)),
        "InvalidAccessKeyId" if url_query::lacks_session_token(refused.url) => Some(
            "the URL was signed with temporary credentials and lacks the token that belongs to them (X-Amz-Security-Token); have it signed with the token".to_owned(),
        ),
        "MissingRequiredHeader" => document.header.as_ref().map(|name| {
            let name = shortened(name);
            format!("storage wants the header {name}, which was not sent; give it among the headers of the upload")
        }),
        _ => None,
    };
    Diagnosis { advice: what.unwrap_or(diagnosis.advice), ..diagnosis }
}

/// Why a signature does not fit, as far as anybody but the signer can tell.
fn unsigned(refused: &StorageRefusal<'_>) -> String {
    let region = right_region(refused).filter(|right| url_query::region(refused.url).as_ref() != Some(right));
    match (url_query::misused(refused.url), region) {
        (Some(misused), _) => misused.to_owned(),
        (None, Some(region)) => {
            format!("the bucket is in the region {region}, for which it was not signed; have it signed for {region}")
        }
        // Of a form nothing but the policy is signed.
        (None, None) if url_query::is_signed(refused.url) => {
            "the URL, its method or a header is not what was signed (a URL for a download takes no upload); send the ticket unchanged".to_owned()
        }
        (None, None) => SIGNATURE.to_owned(),
    }
}

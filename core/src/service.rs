//! What the clients of both services share: where the API is, where the key comes from, and what an
//! unreadable reply means.

use std::path::{Path, PathBuf};

use http::{Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use url::Url;

use crate::error::{Detail, Error, ErrorKind, Result, Side};
use crate::http::api::{ApiReply, Call, REPLY_LIMIT};
use crate::http::page::{Names, Page};
use crate::http::retry::{Retry, retry_after, wait_and_try};
use crate::http::status;
use crate::http::{Clients, HttpClients, is_loopback};
use crate::job::JobContext;
use crate::options::Options;
use crate::secret::Secret;

/// One service, as one client sees it.
pub(crate) struct Service {
    pub(crate) clients: Clients,
    base: Url,
    key: Secret,
    /// Where its endpoints begin, below the base URL.
    root: &'static str,
    refusal: fn(&ApiReply) -> Error,
}

impl Service {
    pub(crate) fn new(
        options: Options,
        base: Url,
        key: Secret,
        root: &'static str,
        refusal: fn(&ApiReply) -> Error,
    ) -> Self {
        Self { clients: Clients::new(options), base, key, root, refusal }
    }

    /// A call below the root; the segments are percent-encoded, so an id cannot lead elsewhere.
    pub(crate) fn call(
        &self,
        operation: &'static str,
        method: Method,
        segments: &[&str],
        body: Option<Vec<u8>>,
    ) -> Result<Call<'_>> {
        let mut path = self.root.to_owned();
        for segment in segments {
            path.push('/');
            path.extend(utf8_percent_encode(segment, SEGMENT));
        }
        let url = self.base.join(&path).map_err(|e| Error::internal("a path could not be made").cause(&e))?;
        let (key, refusal) = (&self.key, self.refusal);
        Ok(Call { operation, method, url, key, body, reply_limit: REPLY_LIMIT, hides: Vec::new(), refusal })
    }
}

impl Service {
    /// Where it is, and no key.
    pub(crate) fn shown(&self) -> String {
        crate::secret::shown(&self.base)
    }

    /// The tries of one call.
    pub(crate) fn retry<'a>(&self, clients: &HttpClients, ctx: &'a JobContext) -> Retry<'a> {
        clients.retry(&self.base, &self.clients.options, ctx)
    }
}

/// Shows where it is, and no key.
impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "({})", crate::secret::shown(&self.base))
    }
}

/// What may stand unencoded in one segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A service's base URL: https, or http on loopback only, since the key goes there.
pub(crate) fn base_url(text: &str) -> Result<Url> {
    let refused = |why: &str| Err(Error::invalid(format!("base_url {why}")));
    let Ok(mut url) = Url::parse(text) else {
        return refused("is not a URL; give it like https://api.example.com");
    };
    if !url.has_host() {
        return refused("has no host; give it like https://api.example.com");
    }
    if !(url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url))) {
        return refused("must be https, since the API key is sent there; http is for loopback only");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refused("holds a user name or password; leave them out");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refused("holds a query or fragment; give scheme, host and path only");
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

/// Where a service's own tool keeps the key of whoever signed in.
pub(crate) struct Login {
    /// What the user runs to sign in.
    pub(crate) command: &'static str,
    /// A dotenv file, if there is a home for it.
    pub(crate) file: Option<PathBuf>,
}

/// The key given, else the environment's, else the one that the service's own tool keeps.
pub(crate) fn api_key(given: Option<String>, variable: &str, login: Option<&Login>) -> Result<Secret> {
    let usable = |key: String| Some(key.trim().to_owned()).filter(|k| !k.is_empty());
    let found = match given {
        Some(key) => usable(key),
        None => std::env::var(variable)
            .ok()
            .and_then(usable)
            .or_else(|| usable(key_in_file(login?.file.as_deref()?, variable).ok()??)),
    };
    found.map(Secret::new).ok_or_else(|| no_key(variable, login).side_is(Side::Caller))
}

fn no_key(variable: &str, login: Option<&Login>) -> Error {
    let error = |what: String| Error::new(ErrorKind::Authentication, what);
    let Some(Login { command, file }) = login else {
        return error(format!("no API key: pass api_key or set the environment variable {variable}"));
    };
    let what = format!(
        "no API key: pass api_key, set the environment variable {variable}, or sign in with `{command}`"
    );
    let Some(file) = file else { return error(what) };
    let shown = file.display();
    match key_in_file(file, variable) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => error(what),
        Err(e) => error(format!("{what} (its file {shown} cannot be read: {e})")).of_file(file, &e),
        Ok(_) => error(format!("{what} (its file {shown} holds none)")).with_path(file),
    }
}

fn key_in_file(file: &Path, variable: &str) -> std::io::Result<Option<String>> {
    let text = std::fs::read_to_string(file)?;
    Ok(text.lines().find_map(|line| {
        let line = line.trim().strip_prefix("export ").unwrap_or(line.trim());
        let (name, value) = line.split_once('=')?;
        (name.trim() == variable).then(|| value.trim().trim_matches(['"', '\'']).to_owned())
    }))
}

/// Reads a success. One that cannot be read is the service's failure, not the caller's.
pub(crate) fn parse<T: DeserializeOwned>(operation: &'static str, reply: &ApiReply) -> Result<T> {
    if reply.cut {
        return Err(Error::new(
            ErrorKind::Unavailable,
            format!(
                "the service's reply is longer than the {} bytes that are read; ask for less at once",
                reply.body.len()
            ),
        )
        .with_operation(operation)
        .status_is(reply.status.as_u16())
        .retryable_is(false));
    }
    // By way of a value: a repeated key is then no error, the last one counts.
    let value = serde_json::from_slice::<serde_json::Value>(&reply.body);
    value.and_then(serde_json::from_value).map_err(|e| {
        let what = if reply.body.is_empty() {
            "an empty reply".to_owned()
        } else if let Some(page) = Page::of(&reply.headers, &reply.body) {
            let message = format!(
                "the answer of the service was {page} with {} instead of JSON, so something in between may have answered; check base_url, whether the network wants you to sign in first, or try again",
                reply.status.as_u16()
            );
            let error = Error::new(ErrorKind::Unavailable, message);
            return error.with_operation(operation).status_is(reply.status.as_u16());
        } else {
            // The parser's own words quote the value, and that may be a signed URL.
            format!("JSON that cannot be read ({:?} error)", e.classify())
        };
        Error::new(
            ErrorKind::Unavailable,
            format!(
                "the service answered {} with {what}; check base_url, or try again",
                reply.status.as_u16()
            ),
        )
        .with_operation(operation)
        .status_is(reply.status.as_u16())
    })
}

/// The error for a refusal, from the parts a service's own error body gave. `key_advice` is what to do about a key that
/// is not accepted.
pub(crate) fn refusal(
    reply: &ApiReply,
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
    let what = match kind {
        _ if code.as_deref().is_some_and(is_about_the_plan)
            || reply.status == StatusCode::PAYMENT_REQUIRED =>
        {
            "does not do this within the account's plan; take a larger plan, or wait until it allows more"
                .to_owned()
        }
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
        _ if !details.is_empty() => "refused the request; correct the fields named".to_owned(),
        _ => "refused the request; correct it as it says".to_owned(),
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
        .details_are(details)
        .retry_after_is(asked)
        .request_id_is(request_id(reply))
}

/// Such as AgentDrop's `PLAN_LIMIT_REACHED`, which comes with the status for a key without rights.
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
        // What passes, or is about the size, is told by its status, whoever says it.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_only_goes_to_https_or_loopback() {
        for good in [
            "https://api.example.com",
            "https://h/x/",
            "http://127.0.0.1:1",
            "http://[::1]:1",
            "http://localhost:2",
        ] {
            assert!(base_url(good).expect(good).path().ends_with('/'));
        }
        for bad in [
            "http://api.example.com",
            "api.example.com",
            "https://u:p@h",
            "https://h/?q=1",
            "ftp://h",
            "http://localhost.evil.com",
        ] {
            let error = base_url(bad).expect_err(bad);
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn a_key_is_found_in_a_dotenv_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let login = Login { command: "x login", file: Some(folder.path().join(".env")) };
        let write = |text: &str| std::fs::write(folder.path().join(".env"), text).expect("written");
        let found = || api_key(None, "NO_SUCH_VARIABLE", Some(&login));
        let message = || found().expect_err("no key").message().to_owned();
        assert!(message().ends_with("or sign in with `x login`"), "{}", message());
        write("# hi\nexport OTHER=1\nNO_SUCH_VARIABLE=''\n");
        assert!(message().contains(".env holds none"), "{}", message());
        for line in ["NO_SUCH_VARIABLE=\"abc\"", "export NO_SUCH_VARIABLE='abc'", " NO_SUCH_VARIABLE = abc "]
        {
            write(&format!("# hi\nexport OTHER=1\n{line}\n"));
            assert_eq!(found().expect("found").reveal(), "abc");
        }
        api_key(Some(String::new()), "NO_SUCH_VARIABLE", Some(&login)).expect_err("an empty key is no key");
        std::fs::remove_file(folder.path().join(".env")).expect("removed");
        std::fs::create_dir(folder.path().join(".env")).expect("a folder in its place");
        let error = found().expect_err("no file");
        assert!(error.message().contains("cannot be read") && error.errno() == Some(21), "{error:?}");

        let error = api_key(Some("  ".into()), "NO_SUCH_VARIABLE", None).expect_err("none");
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert!(error.message().contains("NO_SUCH_VARIABLE"));
    }
}

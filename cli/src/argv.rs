//! Finds secrets among the arguments, before anything else reads or prints them. It owns what a secret looks
//! like on a command line, and must not know what the arguments mean.

use std::ffi::OsString;

use dropoff::{Error, Result};

/// Options that no secret may be given by; other programs have them, and so people try.
const KEY_OPTIONS: &[&str] = &["--api-key", "--private-key", "--key", "--secret-key"];
const URL_OPTIONS: &[&str] = &["--url", "--target"];
/// How the services' keys begin.
const KEY_PREFIXES: &[&str] = &["agd_", "ada_", "hk-"];
/// Parameters that make a URL a signed one.
const SIGNATURES: &[&str] = &["x-amz-signature", "x-amz-credential", "x-goog-signature", "signature", "sig"];
/// Headers whose value opens something.
const SECRET_HEADERS: &[&str] =
    &["authorization", "proxy-authorization", "cookie", "x-amz-security-token", "-customer-key", "-api-key"];

/// How a target is given.
pub const SAFE_URL: &str =
    "--url-file FILE, --url-file - (standard input) or the environment variable DROPOFF_URL";

/// Refuses a command line that holds a secret: other programs of this machine can read it, and a shell keeps
/// it.
///
/// # Errors
/// `invalid_input`, which says how the secret is given, and nothing of it.
pub fn check(arguments: &[OsString]) -> Result<()> {
    let mut header_is_next = false;
    for argument in arguments.iter().skip(1) {
        let text = argument.to_string_lossy();
        let (name, value) = match text.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, value),
            _ if text.starts_with("--") => (text.as_ref(), ""),
            _ => ("", text.as_ref()),
        };
        if header_is_next || name == "--header" || text.starts_with("-H") {
            check_header(value.strip_prefix("-H").unwrap_or(value))?;
        }
        header_is_next = matches!(text.as_ref(), "-H" | "--header");
        if KEY_OPTIONS.contains(&name) || is_key(value) {
            return Err(refused(
                "a key",
                "the environment variable AGENTDROP_API_KEY or HAI_API_KEY, --api-key-file FILE, --key-file FILE for a private key, or DROPOFF_SANDBOX_SECRET_KEY for the sandbox's storage",
            ));
        }
        if URL_OPTIONS.contains(&name) || is_signed_url(value) {
            return Err(refused("a presigned URL", SAFE_URL));
        }
        if has_password(value) {
            return Err(refused(
                "a URL with a password",
                "the environment variable HTTPS_PROXY if it is a proxy's, and without the password otherwise",
            ));
        }
    }
    Ok(())
}

fn refused(what: &str, safe: &str) -> Error {
    Error::bad_argument(&format!(
        "{what} must not be an argument, since every program of this machine can read it there and the shell keeps it; give it by {safe}"
    ))
}

/// A service's key, and no file that happens to begin like one.
fn is_key(value: &str) -> bool {
    let rest = KEY_PREFIXES.iter().find_map(|prefix| value.strip_prefix(prefix));
    let random = rest.and_then(|rest| rest.rsplit(['-', '_']).next()).unwrap_or_default();
    random.len() >= 12
        && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && random.bytes().any(|byte| byte.is_ascii_digit())
}

fn is_signed_url(value: &str) -> bool {
    let Some((before, query)) = value.split_once('?') else { return false };
    before.contains("://")
        && query.split('&').any(|pair| {
            let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
            SIGNATURES.contains(&name.as_str())
        })
}

fn has_password(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}

fn check_header(header: &str) -> Result<()> {
    let name = header.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
    if SECRET_HEADERS.iter().any(|secret| name.ends_with(secret)) {
        return Err(refused(
            &format!("the header {name}"),
            &format!("{SAFE_URL}, whose content is then JSON such as {{\"url\": …, \"headers\": {{…}}}}"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> Option<String> {
        let all: Vec<OsString> = ["dropoff"].iter().chain(arguments).map(OsString::from).collect();
        check(&all).err().map(|error| error.message().to_owned())
    }

    #[test]
    fn a_secret_is_refused_and_not_repeated() {
        for bad in [
            &["put", "https://s3.example/k?X-Amz-Credential=c&X-Amz-Signature=canary"][..],
            &["put", "a", "https://acct.blob.example/k?sv=1&sig=canary"],
            &["put", "a", "--url", "https://x/canary"],
            &["send", "--api-key", "canary"],
            &["send", "--api-key=canary"],
            &["send", "agd_test_canary0123456789"],
            &["whoami", "--x=hk-canary0123456789"],
            &["open", "a", "--private-key", "canary"],
            &["put", "a", "--proxy=http://u:canary@h:3128"],
            &["put", "a", "-H", "Authorization: canary"],
            &["put", "a", "-HCookie: canary"],
            &["put", "a", "--header=x-amz-server-side-encryption-customer-key: canary"],
        ] {
            let message = of(bad).unwrap_or_else(|| panic!("{bad:?} is let through"));
            assert!(
                message.contains("must not be an argument") && message.contains("give it by"),
                "{message}"
            );
            assert!(!message.contains("canary"), "{message}");
        }
    }

    #[test]
    fn what_is_none_passes() {
        for good in [
            &["put", "a.bin", "--url-file", "url.txt"][..],
            &["send", "a", "--from", "x", "--to", "y@example.com", "--key-file", "k"],
            &["put", "a", "-H", "Content-Type: text/plain", "--proxy", "http://h:3128"],
            &["send", "hk-report-20261130", "agd_notes.txt"],
            &["send", "a?sig=1", "--message", "see https://example.com/a?page=2"],
        ] {
            assert_eq!(of(good), None, "{good:?}");
        }
    }
}

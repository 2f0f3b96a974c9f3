//! Finds secrets among the arguments, before anything else reads or prints them. It owns what a secret looks
//! like on a command line, and must not know what the arguments mean.

use std::borrow::Cow;
use std::ffi::OsString;

use dropoff::{Error, Result};

/// Options that no secret may be given by; other programs have them, and so people try.
const KEY_OPTIONS: &[&str] = &["--api-key", "--private-key", "--key", "--secret-key"];
const URL_OPTIONS: &[&str] = &["--url", "--target"];
/// Options whose value is an address that opens nothing, if it has no login.
const ADDRESS_OPTIONS: &[&str] = &["--base-url", "--proxy", "--trusted-storage", "--storage"];
/// Options whose value is people's own words, in which any URL may stand that is not a signed one.
const TEXT_OPTIONS: &[&str] = &["--message", "--metadata", "--description", "--label", "--name"];
/// Which command it is, for what it takes beside its options.
const COMMANDS: &[&str] = &[
    "send",
    "open",
    "transfer",
    "profile",
    "mcp",
    "put",
    "post-form",
    "put-parts",
    "key",
    "whoami",
    "doctor",
    "sandbox",
    "completion",
    "man",
    "help",
];
const PUTS: &[&str] = &["put", "post-form", "put-parts"];
/// How the services' keys begin.
const KEY_PREFIXES: &[&str] = &["agd_", "ada_", "hk-"];
/// Parameters that make a URL a signed one, and those that make one of anything that has them.
const SIGNATURES: &[&str] = &["signature", "sig", "upload_id", "token", "access_token", "q-signature"];
const SURE_SIGNATURES: &[&str] = &[
    "x-amz-signature",
    "x-amz-credential",
    "x-amz-security-token",
    "x-goog-signature",
    "x-goog-credential",
    "x-oss-signature",
    "x-oss-credential",
];
/// Headers whose value opens something, by how their names end.
const SECRET_HEADERS: &[&str] =
    &["authorization", "cookie", "-token", "-customer-key", "-encryption-key", "-api-key"];

/// How a target is given.
pub const SAFE_URL: &str =
    "--url-file FILE, --url-file - (standard input) or the environment variable DROPOFF_URL";

/// Refuses a command line that holds a secret: other programs of this machine can read it, and a shell keeps
/// it.
///
/// # Errors
/// `invalid_input`, which says how the secret is given, and nothing of it.
pub fn check(arguments: &[OsString]) -> Result<()> {
    let texts: Vec<Cow<'_, str>> = arguments.iter().skip(1).map(|text| text.to_string_lossy()).collect();
    let command = texts.iter().find_map(|text| COMMANDS.iter().find(|name| text == *name));
    let command = command.copied().unwrap_or_default();
    let mut awaiting = "";
    for text in &texts {
        let (name, value) = taken_apart(text).unwrap_or((awaiting, text));
        awaiting = if value.is_empty() { name } else { "" };
        check_one(command, name, value)?;
    }
    Ok(())
}

/// An option, and its value if that stands with it; `None` for what is no option. Without knowing which
/// options take one, what follows an option is looked at as its value, and as any other argument.
fn taken_apart(text: &str) -> Option<(&str, &str)> {
    if text.starts_with("--") {
        return Some(text.split_once('=').unwrap_or((text, "")));
    }
    let short = text.strip_prefix('-').filter(|short| !short.is_empty())?;
    // `-vqH` is three of them, and the last takes what follows.
    match short.split_once('H') {
        Some((before, value)) if before.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            Some(("--header", value.strip_prefix('=').unwrap_or(value)))
        }
        _ => Some((text, "")),
    }
}

fn check_one(command: &str, name: &str, value: &str) -> Result<()> {
    if name == "--header" {
        check_header(value)?;
    }
    let is_raw_key = (name == "--key-file" || command == "key") && is_private_key(value);
    if KEY_OPTIONS.contains(&name) || is_key(value) || is_raw_key {
        return Err(refused(
            "a key",
            "the environment variable AGENTDROP_API_KEY or HAI_API_KEY, --api-key-file FILE, --key-file FILE for a private key, or DROPOFF_SANDBOX_SECRET_KEY for the sandbox's storage",
        ));
    }
    if URL_OPTIONS.contains(&name) || is_signed_url(value) || is_target(command, name, value) {
        return Err(refused("a presigned URL", SAFE_URL));
    }
    let is_address = ADDRESS_OPTIONS.contains(&name);
    if has_password(value) || (is_address && has_login(value)) {
        return Err(refused(
            "a URL with a password",
            "the environment variable HTTPS_PROXY if it is a proxy's, and without the password otherwise",
        ));
    }
    Ok(())
}

fn refused(what: &str, safe: &str) -> Error {
    Error::bad_argument(&format!(
        "{what} must not be an argument, since every program of this machine can read it there and the shell keeps it; give it by {safe}"
    ))
}

/// A service's key, and no file that happens to begin like one: its letters and digits follow each other
/// without order. `-` and `_` may be among them.
fn is_key(value: &str) -> bool {
    let Some(rest) = KEY_PREFIXES.iter().find_map(|prefix| value.strip_prefix(prefix)) else { return false };
    let kind = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    let changes = rest
        .as_bytes()
        .windows(2)
        .filter(|two| two.iter().all(u8::is_ascii_alphanumeric) && kind(two[0]) != kind(two[1]));
    let is_long_and_mixed = |stretch: &str| {
        stretch.len() >= 12
            && stretch.bytes().any(|byte| byte.is_ascii_digit())
            && stretch.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    rest.len() >= 12
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && (changes.count() >= 5 || rest.split(['-', '_']).any(is_long_and_mixed))
}

/// 32 bytes in base64, as a private key is kept: no name of a file.
fn is_private_key(value: &str) -> bool {
    let digits = value.strip_suffix('=').unwrap_or(value);
    digits.len() == 43 && digits.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/-_".contains(&b))
}

fn is_signed_url(value: &str) -> bool {
    let Some((before, query)) = value.split_once('?') else { return false };
    query.split('&').any(|pair| {
        let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
        let name = name.as_str();
        SURE_SIGNATURES.contains(&name) || (before.contains("://") && SIGNATURES.contains(&name))
    })
}

/// A URL where a file belongs. What opens a target has many names, and may stand in its path.
fn is_target(command: &str, name: &str, value: &str) -> bool {
    let is_place = name == "--url-file" || PUTS.contains(&command);
    let elsewhere = TEXT_OPTIONS.contains(&name) || ADDRESS_OPTIONS.contains(&name);
    !elsewhere && is_url(value) && (is_place || value.contains('?'))
}

fn is_url(value: &str) -> bool {
    let is_scheme = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    value.trim_start().split_once("://").is_some_and(|(scheme, _)| is_scheme(scheme))
}

fn has_password(value: &str) -> bool {
    value.split_once("://").is_some_and(|(_, rest)| has_login(rest))
}

/// `user:password@host`, whatever follows.
fn has_login(value: &str) -> bool {
    let authority = value.split(['/', '?', '#']).next().unwrap_or_default();
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
            &["put", "a", "-vHAuthorization: canary"],
            &["put", "a", "-qvH", "Authorization: canary"],
            &["put", "a", "-H=Cookie: canary"],
            &["put", "a", "-H", "x-goog-encryption-key: canary"],
            &["put", "a", "-H", "x-ms-encryption-key: canary"],
            &["put", "a", "-H", "x-oss-security-token: canary"],
            &["put", "a", "--proxy", "user:canary@proxy:3128"],
            &["put", "a", "--proxy=user:canary@proxy"],
            &["put", "a", "--url-file", "https://up.example/session/canary"],
            &["put", "https://up.example/session/canary", "a"],
            &["--format", "json", "post-form", "a", "-q", "https://up.example/session/canary"],
            &["send", "a", "https://up.example/a?upload_id=canary"],
            &["send", "a", "https://up.example/a?whatever=canary"],
            &["send", "--message", "at https://up.example/a?x-oss-signature=canary"],
            &["send", "bucket.s3.example/a?X-Amz-Signature=canary"],
            &["send", "a", "--seal", "--key-file", "canary0123456789ABCDEFGHIJabcdefghijklm/nop="],
            &["key", "show", "canary0123456789ABCDEFGHIJabcdefghijklm+nop="],
            &["send", "agd_live_aA-7canary_b-Xdef9h1jk-nO"],
            &["send", "agd_live_canary0123456789-x"],
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
            &["send", "hk-report-2026q4-final", "ada_lovelace_letters", "hk-Q3-2026-EU-Report-v2b"],
            &["send", "a", "--seal-for", "0123456789ABCDEFGHIJabcdefghijklm/nopqrstuv="],
            &["put", "a", "--trusted-storage", "http://127.0.0.1:9000", "--proxy", "proxy:3128"],
            &["put", "a", "-H", "x-amz-website-redirect-location: https://example.com/a?b=c"],
            &["put", "-", "--size", "4", "-vv", "-q"],
            &["send", "https://example.com/a.pdf", "a"],
            &["send", "a?sig=1", "--message", "see https://example.com/a?page=2"],
        ] {
            assert_eq!(of(good), None, "{good:?}");
        }
    }
}

//! Values that must not be printed, as types that cannot print them.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use http::header::ETAG;
use http::{HeaderMap, HeaderValue};
use zeroize::Zeroizing;

/// An API key or other bearer text. `Debug` shows nothing of it; memory is wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }
    /// The only way to the text. Call it where the value is put on the wire, nowhere else.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self::new)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// A presigned URL. Its query is a bearer token, so only scheme, host and path are ever shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SecretUrl(url::Url);

impl SecretUrl {
    pub(crate) fn new(url: url::Url) -> Self {
        Self(url)
    }
    pub(crate) fn reveal(&self) -> &url::Url {
        &self.0
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", without_secrets(&self.0))
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A URL as it may be printed: scheme, host, port and path, of which the beginning tells enough.
pub(crate) fn without_secrets(url: &url::Url) -> String {
    const MOST: usize = 500;
    let host = url.host_str().unwrap_or("");
    let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
    // A URL's path is ASCII.
    let path = match url.path() {
        path if path.len() > MOST => format!("{}…", &path[..MOST]),
        path => path.to_owned(),
    };
    format!("{}://{host}{port}{path}", url.scheme())
}

/// Bearer values that a peer may quote back. A peer's words are masked before anything is made of them.
#[derive(Debug, Default, Clone)]
pub(crate) struct Mask(Vec<Secret>);

impl Mask {
    /// Anything shorter is no secret, and hiding it would garble innocent words.
    const MIN_SECRET_LEN: usize = 8;
    /// Anything longer may be one, whatever it is called.
    const ALWAYS_SECRET_LEN: usize = 20;

    /// Hides the value of a query parameter, form field or header.
    pub(crate) fn hide(&mut self, name: &str, value: &str) {
        if value.len() >= Self::ALWAYS_SECRET_LEN || is_secret_by_name(name, value) {
            self.0.push(Secret::new(value));
        }
    }

    /// Hides the value of an `Authorization`, and its token alone: servers quote it without the scheme. Of
    /// `Basic` that is a name and a password.
    pub(crate) fn hide_authorization(&mut self, value: &str) {
        self.hide("authorization", value);
        let Some((scheme, token)) = value.trim().split_once(' ') else { return };
        let token = token.trim();
        self.hide("token", token);
        if !scheme.eq_ignore_ascii_case("basic") {
            return;
        }
        let login = base64::engine::general_purpose::STANDARD.decode(token).ok();
        let Some(login) = login.and_then(|login| String::from_utf8(login).ok()) else { return };
        self.hide("token", &login);
        if let Some((_, password)) = login.split_once(':') {
            self.hide_password(password);
        }
    }

    /// Hides what a body in JSON calls a secret. All else of it is told: a service may answer what it was
    /// sent.
    pub(crate) fn hide_in_json(&mut self, value: &serde_json::Value) {
        match value {
            serde_json::Value::Array(items) => items.iter().for_each(|item| self.hide_in_json(item)),
            serde_json::Value::Object(members) => {
                for (name, member) in members {
                    match member {
                        serde_json::Value::String(text) if is_secret_by_name(name, text) => {
                            self.0.push(Secret::new(text.as_str()));
                        }
                        other => self.hide_in_json(other),
                    }
                }
            }
            _ => {}
        }
    }

    /// Hides a password, which somebody chose and may be short. Of one or two letters there is nothing to
    /// hide.
    pub(crate) fn hide_password(&mut self, value: &str) {
        if value.len() > 2 {
            self.0.push(Secret::new(value));
        }
    }

    pub(crate) fn of_key(key: &Secret) -> Self {
        let mut mask = Self::default();
        mask.hide("authorization", key.reveal());
        mask
    }

    /// The query of a URL, as it stands there and decoded.
    pub(crate) fn of_query(url: &url::Url) -> Self {
        let mut mask = Self::default();
        for (name, value) in url.query_pairs() {
            mask.hide(&name, &value);
        }
        for (name, value) in url.query().unwrap_or("").split('&').filter_map(|p| p.split_once('=')) {
            mask.hide(name, value);
        }
        mask
    }

    /// Both of them.
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self([&self.0[..], &other.0[..]].concat())
    }

    /// A peer's headers without them, but for the ETag: that is no text but a value, in which three letters
    /// of a password may well occur.
    pub(crate) fn apply_to(&self, headers: &mut HeaderMap) {
        for (name, value) in headers.iter_mut() {
            let hidden = || HeaderValue::from_bytes(&self.apply(value.as_bytes())).ok();
            if let Some(hidden) = (*name != ETAG).then(hidden).flatten() {
                *value = hidden;
            }
        }
    }

    /// A peer's text without them, the longest first, since one may begin with another.
    pub(crate) fn apply(&self, text: &[u8]) -> bytes::Bytes {
        self.hidden(&String::from_utf8_lossy(text)).into()
    }

    /// The same for a text that was decoded: JSON and XML have many ways to write one character, so a
    /// secret that is looked for in a raw reply alone can slip through.
    pub(crate) fn hidden(&self, text: &str) -> String {
        let mut secrets: Vec<&str> = self.0.iter().map(Secret::reveal).collect();
        secrets.sort_by_key(|s| std::cmp::Reverse(s.len()));
        secrets.into_iter().fold(text.to_owned(), |text, secret| text.replace(secret, "[hidden]"))
    }
}

/// Whether what is called so is a secret, if it is long enough for one.
fn is_secret_by_name(name: &str, value: &str) -> bool {
    const BEARER: [&str; 9] =
        ["sig", "token", "credential", "policy", "-key", "auth", "upload_id", "secret", "password"];
    let name = name.to_ascii_lowercase();
    value.len() >= Mask::MIN_SECRET_LEN && BEARER.iter().any(|word| name.contains(word))
}

/// Dependency errors are assumed to leak: anything after a `?` inside a URL is cut, and so is
/// userinfo before an `@`.
pub(crate) fn scrub(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, url) = rest.split_at(at + 3);
        out.push_str(before);
        let end = url
            .find(|c: char| c.is_whitespace() || matches!(c, ')' | '"' | '\'' | '>' | '<'))
            .unwrap_or(url.len());
        let (url, after) = url.split_at(end);
        let url = url.split(['?', '#']).next().unwrap_or("");
        let authority_end = url.find('/').unwrap_or(url.len());
        match url[..authority_end].rfind('@') {
            Some(userinfo) => out.push_str(&url[userinfo + 1..]),
            None => out.push_str(url),
        }
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scrubbing_cuts_queries_and_userinfo_and_keeps_the_sentence() {
        let text = "error for url (https://u:p@h.example/a/b?X-Amz-Signature=abc&x=1#f): reset";
        assert_eq!(scrub(text), "error for url (https://h.example/a/b): reset");
    }

    #[test]
    fn a_token_is_hidden_without_its_scheme_and_a_password_without_its_name() {
        let mut mask = Mask::default();
        mask.hide_authorization("Bearer canary-canary");
        mask.hide_authorization("Basic bWU6czNjcmV0"); // me:s3cret
        mask.hide_in_json(&serde_json::json!({"key": "a/b", "auth": [{"accessToken": "canary-of-json"}]}));
        let said = "invalid canary-canary, me:s3cret, s3cret, bWU6czNjcmV0, canary-of-json of a/b";
        assert_eq!(mask.hidden(said), "invalid [hidden], [hidden], [hidden], [hidden], [hidden] of a/b");
    }

    #[test]
    fn secrets_do_not_print() {
        assert_eq!(format!("{:?}", Secret::new("hk-canary")), "[secret]");
        let url = url::Url::parse("https://s.example:8443/k?X-Amz-Signature=canary").expect("url");
        let url = SecretUrl::new(url);
        assert_eq!(format!("{url} {url:?}"), "https://s.example:8443/k https://s.example:8443/k");
    }
}

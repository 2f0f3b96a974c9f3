//! A proxy's URL. One that cannot be read is never shown, nor is a part of it: a password with an unescaped
//! `#` or `/` moves the host's place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use percent_encoding::percent_decode_str;
use url::Host;

use crate::error::{Error, Result};
use crate::secret::Mask;

/// A proxy to go through. It prints as host and port, and as the variable that names it.
#[derive(Clone)]
pub(crate) struct Proxy {
    host: Host,
    port: u16,
    login: Option<Login>,
    /// Of the environment, which whoever reads an error may not know to have it.
    variable: Option<&'static str>,
}

#[derive(Clone)]
struct Login {
    /// `Basic …`, marked as sensitive.
    header: HeaderValue,
    /// The login that a proxy may quote back.
    secrets: Mask,
}

/// Why a text is no proxy that can be used. Nothing of the text is kept.
#[derive(Debug)]
pub(crate) enum UnusableProxy {
    Scheme(&'static str),
    Broken,
}

impl UnusableProxy {
    /// As the end of a sentence about an option or a variable that "must be an http:// URL".
    pub(crate) fn why(&self) -> String {
        match self {
            Self::Scheme(scheme) => format!("and a proxy that is reached by {scheme} cannot be used"),
            Self::Broken => {
                "like http://user:password@host:3128; in a user name or password write %23 for #, \
                             %2F for /, %3F for ?, %40 for @ and %20 for a blank"
                    .to_owned()
            }
        }
    }
}

impl Proxy {
    /// Reads `[http://][user[:password]@]host[:port][/]`.
    pub(crate) fn parse(text: &str) -> Result<Self, UnusableProxy> {
        if text.bytes().any(|b| b <= b' ' || b == 0x7f) {
            return Err(UnusableProxy::Broken);
        }
        let rest = match text.split_once("://") {
            Some((scheme, rest)) => without_scheme(scheme, rest)?,
            None => text,
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, after) = rest.split_at(end);
        // An `@` behind the authority means that the authority is the first half of a password.
        if after.contains('@') {
            return Err(UnusableProxy::Broken);
        }
        let (login, place) = match authority.rsplit_once('@') {
            Some((login, place)) => (Some(Login::parse(login)?), place),
            None => (None, authority),
        };
        let (host, port) = host_and_port(place).ok_or(UnusableProxy::Broken)?;
        Ok(Self { host, port, login, variable: None })
    }

    /// As a variable of the environment names it.
    pub(crate) fn of_variable(self, name: &'static str) -> Self {
        Self { variable: Some(name), ..self }
    }

    /// Its host and its port.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    pub(crate) fn uri(&self) -> Result<http::Uri> {
        let uri = format!("http://{}/", self.place()).parse();
        uri.map_err(|_| Error::internal("a proxy that was read has no URL"))
    }

    /// The value of `Proxy-Authorization`.
    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.login.as_ref().map(|login| &login.header)
    }

    /// Hides its user name and password in what it says.
    pub(crate) fn secrets(&self) -> Option<&Mask> {
        self.login.as_ref().map(|login| &login.secrets)
    }
}

impl std::fmt::Display for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.place())?;
        self.variable.map_or(Ok(()), |name| write!(f, " of {name}"))
    }
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Proxy({self})")
    }
}

fn without_scheme<'a>(scheme: &str, rest: &'a str) -> Result<&'a str, UnusableProxy> {
    const OTHERS: [&str; 6] = ["https", "socks", "socks4", "socks4a", "socks5", "socks5h"];
    if scheme.eq_ignore_ascii_case("http") {
        return Ok(rest);
    }
    let known = OTHERS.into_iter().find(|known| known.eq_ignore_ascii_case(scheme));
    Err(known.map_or(UnusableProxy::Broken, UnusableProxy::Scheme))
}

impl Login {
    /// Percent-encoding is undone, and where it is none the text stands for itself.
    fn parse(text: &str) -> Result<Self, UnusableProxy> {
        let (user, password) = text.split_once(':').unwrap_or((text, ""));
        let user: Vec<u8> = percent_decode_str(user).collect();
        let decoded: Vec<u8> = percent_decode_str(password).collect();
        let encoded = STANDARD.encode([&user[..], b":", &decoded].concat());
        let mut secrets = Mask::default();
        secrets.hide_password(&encoded);
        secrets.hide_password(password);
        secrets.hide_password(&String::from_utf8_lossy(&decoded));
        let mut header =
            HeaderValue::from_str(&format!("Basic {encoded}")).map_err(|_| UnusableProxy::Broken)?;
        header.set_sensitive(true);
        Ok(Self { header, secrets })
    }
}

/// Without a port it is 80, as in any http:// URL. (curl takes 1080 for every proxy, but no other client
/// does.)
fn host_and_port(place: &str) -> Option<(Host, u16)> {
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (place, 80),
    };
    Some((Host::parse(host).ok()?, port))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// URLs of no proxy, with words in them that nobody is to see.
    pub(crate) const BROKEN: [&str; 14] = [
        "http://alice:S3cret#Pw@127.0.0.1:9",
        "http://alice:S3cret/Pw@127.0.0.1:9",
        "http://alice:S3cret?Pw@127.0.0.1:9",
        "http://alice:12345#Pw@127.0.0.1:9",
        "http://alice:12345/S3cret@127.0.0.1:9",
        "http://alice:12345?S3cret@127.0.0.1:9",
        "alice:12345/S3cret@127.0.0.1:9",
        "http://alice:S3cret Pw@127.0.0.1:9",
        "http://alice:S3cret@127.0.0.1:9 ",
        "http://alice:S3cret@127.0.0.1:S3cret",
        "http://alice:S3cret@127.0.0.1:99999",
        "http://alice:S3cret@",
        "alice:S3cret://alice@127.0.0.1:9",
        "",
    ];

    /// Those words.
    pub(crate) const HIDDEN: [&str; 5] = ["alice", "S3cret", "12345", "127.0.0.1", "Pw"];

    fn authorization(url: &str) -> String {
        let proxy = Proxy::parse(url).expect("a proxy");
        let value = proxy.authorization().expect("a login").to_str().expect("text").to_owned();
        let encoded = value.strip_prefix("Basic ").expect("Basic");
        String::from_utf8(STANDARD.decode(encoded).expect("base64")).expect("UTF-8")
    }

    #[test]
    fn a_broken_url_is_refused_and_shown_nowhere() {
        for text in BROKEN {
            let why = Proxy::parse(text).expect_err(text);
            let option = crate::Options::new().proxy(text).expect_err(text);
            let all = format!("{why:?} {} {option} {option:?}", why.why());
            for part in HIDDEN {
                assert!(!all.contains(part), "{text}: {all}");
            }
        }
    }

    #[test]
    fn what_curl_reads_is_read() {
        for (url, shown) in [
            ("http://proxy.example:3128", "proxy.example:3128"),
            ("HTTP://proxy.example:3128/", "proxy.example:3128"),
            ("proxy.example:3128", "proxy.example:3128"),
            ("http://proxy.example/ignored?too", "proxy.example:80"),
            ("http://[::1]:3128", "[::1]:3128"),
            ("[::1]", "[::1]:80"),
            ("http://alice:S3cret@proxy.example:1", "proxy.example:1"),
        ] {
            let proxy = Proxy::parse(url).expect(url);
            assert_eq!(proxy.to_string(), shown);
            assert_eq!(format!("{proxy:?}"), format!("Proxy({shown})"));
            let named = proxy.of_variable("HTTPS_PROXY");
            assert_eq!(named.to_string(), format!("{shown} of HTTPS_PROXY"));
            assert_eq!(named.uri().expect("a URL"), *format!("http://{shown}/"));
        }
        for (url, login) in [
            ("http://alice:p%40s%23s@h:1", "alice:p@s#s"),
            ("http://alice:p@ss@h:1", "alice:p@ss"),
            ("http://DOM\\alice:p@h:1", "DOM\\alice:p"),
            ("alice:a:b@h:1", "alice:a:b"),
            ("http://alice@h:1", "alice:"),
            ("http://alice:50%@h:1", "alice:50%"),
        ] {
            assert_eq!(authorization(url), login);
        }
        for scheme in ["https", "socks5h", "SOCKS"] {
            let why = Proxy::parse(&format!("{scheme}://u:S3cret@h:1")).expect_err("another kind");
            assert!(why.why().contains(&scheme.to_ascii_lowercase()) && !why.why().contains("S3cret"));
        }
    }
}

//! The addresses that bytes may be sent to. A presigned URL comes from a service's reply, so it is
//! treated as hostile: https only, no redirects, and no address inside the caller's own network,
//! unless the origin is one the caller named in `trusted_storage`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;
use crate::secret::SecretUrl;

/// A storage URL that passed the checks that need no network. The only thing the storage client
/// accepts.
#[derive(Clone)]
pub(crate) struct Target {
    url: SecretUrl,
    /// Path and query exactly as they were signed; parsing and printing a URL may re-encode them.
    path_and_query: http::uri::PathAndQuery,
    authority: String,
    /// The caller vouched for this origin, so its address may be private.
    pub(super) trusted: bool,
    /// It is a service, which is called with a key, and not storage.
    service: bool,
}

impl Target {
    pub(crate) fn check(text: &str, options: &Options) -> Result<Self> {
        let url = Url::parse(text)
            .map_err(|_| unsafe_target("the storage URL is not a URL; check what the service answered"))?;
        let shown = || crate::secret::without_secrets(&url);
        let trusted = options.trusted_storage.iter().flatten().any(|origin| origin.is_of(&url));
        let literal = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            _ => None,
        };
        // Before what would be said of any other address of one's own.
        if let Some(ip) = literal.filter(|ip| !trusted && is_of_the_machine(*ip)) {
            return Err(not_public(&shown(), ip));
        }
        if !(url.scheme() == "https" || (url.scheme() == "http" && trusted)) {
            return Err(unsafe_target(format!(
                "the storage URL {} is not https; if it is your own storage, name its origin in trusted_storage",
                shown()
            )));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(unsafe_target(format!(
                "the storage URL for {} holds a user name or password; it is refused",
                shown()
            )));
        }
        if let Some(ip) = literal.filter(|ip| !trusted && !is_public(*ip)) {
            return Err(not_public(&shown(), ip));
        }
        let path_and_query = text
            .parse::<http::Uri>()
            .ok()
            .and_then(|uri| uri.path_and_query().cloned())
            .or_else(|| url[url::Position::BeforePath..url::Position::AfterQuery].parse().ok())
            .ok_or_else(|| unsafe_target(format!("the storage URL for {} {}", shown(), not_of_http(text))))?;
        Ok(Self {
            authority: authority(&url),
            url: SecretUrl::new(url),
            path_and_query,
            trusted,
            service: false,
        })
    }

    /// Below a service's base URL. The caller chose that, so its address may be any.
    pub(super) fn of_service(url: &Url) -> Result<Self> {
        let path_and_query =
            url[url::Position::BeforePath..url::Position::AfterQuery].parse().map_err(|_| {
                let what = "the service's URL, made of base_url and the ids given,";
                Error::invalid(format!("{what} {}; check them", not_of_http(url.as_str())))
            })?;
        let url = url.clone();
        Ok(Self {
            authority: authority(&url),
            url: SecretUrl::new(url),
            path_and_query,
            trusted: true,
            service: true,
        })
    }

    /// Another place at the same origin, which passed the checks with this one.
    pub(crate) fn at(&self, text: &str) -> Result<Self> {
        let url = Url::parse(text).ok().filter(|url| url.origin() == self.url().origin());
        let url = url.ok_or_else(|| unsafe_target("storage named a place at another origin"))?;
        let uri = text.parse::<http::Uri>().ok();
        let path_and_query = uri.and_then(|uri| uri.path_and_query().cloned());
        let path_and_query = path_and_query
            .ok_or_else(|| unsafe_target(format!("the URL that storage gave {}", not_of_http(text))))?;
        Ok(Self { url: SecretUrl::new(url), path_and_query, ..self.clone() })
    }

    /// The same with more in its query, which has to be written as it is sent.
    pub(crate) fn with_query(&self, more: &str) -> Result<Self> {
        let between = if self.path_and_query.query().is_some() { '&' } else { '?' };
        let path_and_query = format!("{}{between}{more}", self.path_and_query).parse();
        let path_and_query = path_and_query.map_err(|_| Error::internal("a URL could not be added to"))?;
        let mut url = self.url().clone();
        let query = url.query().map_or_else(|| more.to_owned(), |query| format!("{query}&{more}"));
        url.set_query(Some(&query));
        Ok(Self { url: SecretUrl::new(url), path_and_query, ..self.clone() })
    }

    pub(crate) fn url(&self) -> &Url {
        self.url.reveal()
    }
    pub(super) fn path_and_query(&self) -> &http::uri::PathAndQuery {
        &self.path_and_query
    }
    pub(super) fn host(&self) -> &str {
        self.url().host_str().unwrap_or("")
    }
    pub(super) fn port(&self) -> u16 {
        self.url().port_or_known_default().unwrap_or(443)
    }
    pub(super) fn is_https(&self) -> bool {
        self.url().scheme() == "https"
    }
    pub(super) fn is_service(&self) -> bool {
        self.service
    }
    /// Whether it is on this machine, by what its URL says.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(self.url())
    }
    /// The `Host` header: with the port only where it is not the scheme's own, as it was signed.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.url.fmt(f)
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Target({self})")
    }
}

/// Why HTTP's crate takes no such URL.
fn not_of_http(text: &str) -> String {
    // http::Uri counts in 16 bits, with the last value kept for itself.
    const LONGEST: usize = u16::MAX as usize - 1;
    match text.len() {
        0..=LONGEST => "holds characters HTTP does not allow".into(),
        bytes => format!("has {bytes} bytes, more than the {LONGEST} that can be sent"),
    }
}

fn authority(url: &Url) -> String {
    url[url::Position::BeforeHost..url::Position::AfterPort].to_owned()
}

fn unsafe_target(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::UnsafeTarget, message)
}

pub(super) fn not_public(host: &str, ip: IpAddr) -> Error {
    if is_of_the_machine(ip) {
        // Nobody's storage is there, and to trust it would hand the file, or the machine's own keys, to
        // somebody else.
        return unsafe_target(format!(
            "storage at {host} has the address {ip}, where a machine's own metadata is and no storage; nothing was sent there, report it to whoever gave the URL"
        ));
    }
    unsafe_target(format!(
        "storage at {host} has the address {ip}, which is not a public one; if it is your own storage, name its origin in trusted_storage"
    ))
}

/// Whether a URL is on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name.trim_end_matches('.') == "localhost",
        None => false,
    }
}

/// Whether an address is one that only the public internet has. Every spelling of an IPv4 address
/// inside an IPv6 one is unwrapped first.
pub(super) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

/// Link-local addresses, and those at which clouds tell a machine about itself: AWS by IPv6, Azure, Alibaba,
/// Oracle.
fn is_of_the_machine(ip: IpAddr) -> bool {
    const AWS: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    const OTHERS: [Ipv4Addr; 3] =
        [Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192)];
    let v4 = |ip: Ipv4Addr| ip.is_link_local() || OTHERS.contains(&ip);
    match ip {
        IpAddr::V4(ip) => v4(ip),
        IpAddr::V6(ip) => {
            embedded_v4(ip).map_or_else(|| ip == AWS || (ip.segments()[0] & 0xffc0) == 0xfe80, v4)
        }
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local() // 169.254/16, the cloud metadata address among them
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b)) // carrier-grade NAT, RFC 6598
        || (a == 192 && b == 0 && c == 0) // IETF protocol assignments, RFC 6890
        || (a == 198 && (18..20).contains(&b)) // benchmarking, RFC 2544
        || ip == Ipv4Addr::new(168, 63, 129, 16); // Azure's wire server
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let first = ip.segments()[0];
    // Global unicast is 2000::/3; loopback, unspecified, fc00::/7, fe80::/10 and ff00::/8 are not in it.
    // 2001:db8::/32 is for documentation; 2001::/32 is Teredo, a tunnel to an IPv4 host.
    let special = first == 0x2001 && matches!(ip.segments()[1], 0xdb8 | 0);
    (first & 0xe000) == 0x2000 && !special
}

/// `::ffff:a.b.c.d`, `::a.b.c.d`, NAT64 (64:ff9b::/96) and 6to4 (2002::/16) all lead to an IPv4 host.
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = ip.segments();
    let tail = || Ipv4Addr::from((u32::from(s[6]) << 16) | u32::from(s[7]));
    match s {
        [0, 0, 0, 0, 0, 0xffff, _, _] => Some(tail()),
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] => Some(tail()),
        [0, 0, 0, 0, 0, 0, hi, lo] if (hi, lo) != (0, 0) && (hi, lo) != (0, 1) => Some(tail()),
        [0x2002, hi, lo, ..] => Some(Ipv4Addr::from((u32::from(hi) << 16) | u32::from(lo))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str) -> Result<Target> {
        Target::check(url, &Options::new())
    }

    #[test]
    fn a_url_that_cannot_be_sent_is_told_with_the_reason() {
        let long = "a".repeat(70_000);
        let service = Url::parse(&format!("https://api.example/transfers/{long}")).expect("a URL");
        let told = Target::of_service(&service).expect_err("too long").message().to_owned();
        assert!(told.contains("base_url and the ids given, has 70030 bytes, more than the 65534"), "{told}");
        let told = check(&format!("https://s.example/{long}")).expect_err("too long").message().to_owned();
        assert!(told.contains("has 70018 bytes") && told.len() < 1000, "{}", told.len());
    }

    #[test]
    fn every_spelling_of_an_inside_address_is_refused() {
        for url in [
            "http://storage.example/k",
            "https://127.0.0.1/k",
            "https://2130706433/k",
            "https://0177.0.0.1/k",
            "https://0x7f.1/k",
            "https://0.0.0.0/k",
            "https://10.1.2.3/k",
            "https://172.16.0.1/k",
            "https://192.168.1.1/k",
            "https://169.254.169.254/latest",
            "https://100.64.0.1/k",
            "https://224.0.0.1/k",
            "https://[::1]/k",
            "https://[::]/k",
            "https://[::ffff:127.0.0.1]/k",
            "https://[::ffff:a9fe:a9fe]/k",
            "https://[64:ff9b::7f00:1]/k",
            "https://[2002:7f00:1::]/k",
            "https://[fe80::1]/k",
            "https://[fc00::1]/k",
            "https://[2001:0:4136:e378::1]/k",
            "https://168.63.129.16/k",
            "https://user:pw@storage.example/k",
            "ftp://storage.example/k",
            "not a url",
        ] {
            let error = check(url).expect_err(url);
            assert_eq!(error.kind(), ErrorKind::UnsafeTarget, "{url}: {error}");
            assert!(!error.message().contains("pw"), "{error}");
        }
        check("https://storage.example/k?a=b").expect("a public name");
        check("https://93.184.216.34/k").expect("a public address");
        check("https://[2606:2800:220:1::1]/k").expect("a public address");
    }

    #[test]
    fn nobody_is_told_to_trust_where_a_machine_keeps_its_own_keys() {
        for url in [
            "https://169.254.169.254/latest",
            "http://169.254.169.254/latest",
            "https://2852039166/k",
            "https://[::ffff:169.254.169.254]/k",
            "https://[fe80::1]/k",
            "http://[fd00:ec2::254]/k",
            "https://168.63.129.16/k",
            "https://100.100.100.200/k",
        ] {
            let error = check(url).expect_err(url);
            assert!(!error.message().contains("trusted_storage"), "{url}: {error}");
        }
        for url in ["https://10.1.2.3/k", "http://10.1.2.3/k", "https://[fd00::1]/k"] {
            let error = check(url).expect_err(url);
            assert!(error.message().contains("trusted_storage"), "{url}: {error}");
        }
    }

    #[test]
    fn a_trusted_origin_may_be_private_but_only_that_origin() {
        let options = Options::new().trusted_storage(["http://127.0.0.1:9000"]).expect("options");
        Target::check("http://127.0.0.1:9000/k", &options).expect("trusted");
        Target::check("http://127.0.0.1:9001/k", &options).expect_err("another port");
        Target::check("https://127.0.0.1:9000/k", &options).expect_err("another scheme");
    }

    #[test]
    fn path_and_query_are_kept_as_they_were_signed() {
        let target = check("https://s.example/a%20b/%7Ec?X-Amz-Signature=a%2Bb&y='").expect("target");
        assert_eq!(target.path_and_query().as_str(), "/a%20b/%7Ec?X-Amz-Signature=a%2Bb&y='");
        assert_eq!(format!("{target} {target:?}").matches("X-Amz").count(), 0);
        assert_eq!(target.to_string(), "https://s.example/a%20b/%7Ec");
    }
}

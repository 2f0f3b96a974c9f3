//! The proxy that a host is reached through: the `proxy` option, else the environment's variables, as curl
//! reads them (curl(1), "ENVIRONMENT"; CURLOPT_NOPROXY(3)).
//!
//! A value that cannot be read is refused where it would have been used, since going around a proxy is no way
//! to read it.

use std::ffi::{OsStr, OsString};
use std::net::IpAddr;

use ipnet::IpNet;

use super::Target;
use crate::error::{Error, Result};
use crate::options::{Options, Proxy, UnusableProxy};
use crate::sys;

/// A proxy, or why the one that is named cannot be used.
type NamedProxy = Option<Result<Proxy, Error>>;

/// The proxies for http and for https, and the hosts that need none.
pub(super) struct Proxies {
    option: Option<Proxy>,
    https: NamedProxy,
    http: NamedProxy,
    direct: NoProxy,
}

impl Proxies {
    /// Reads the environment of this process. Called where a client is made, on its caller's thread: in many
    /// programs no other may read the environment while that one changes it.
    pub(super) fn new(options: &Options) -> Self {
        Self::read(options.proxy.clone(), |name| std::env::var_os(name), sys::VARIABLES_HAVE_CASE)
    }

    fn read(
        option: Option<Proxy>,
        variable: impl Fn(&str) -> Option<OsString>,
        variables_have_case: bool,
    ) -> Self {
        let first = |names: &[&'static str]| {
            names.iter().find_map(|name| variable(name).filter(|v| !v.is_empty()).map(|v| (*name, v)))
        };
        // A web server hands a client's `Proxy:` header to a CGI program as HTTP_PROXY (httpoxy,
        // CVE-2016-5385).
        let in_cgi = variable("REQUEST_METHOD").is_some();
        let http: &[_] = match (in_cgi, variables_have_case) {
            (false, _) => &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
            (true, true) => &["http_proxy", "all_proxy", "ALL_PROXY"],
            (true, false) => &["all_proxy", "ALL_PROXY"],
        };
        let direct = first(&["no_proxy", "NO_PROXY"]).map(|(_, list)| NoProxy::parse(&list));
        Self {
            option,
            https: first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]).map(named),
            http: first(http).map(named),
            direct: direct.unwrap_or_default(),
        }
    }

    /// The proxy for a target, or none.
    ///
    /// This machine is not behind the environment's proxy. A caller who names a proxy in the option can see
    /// its storage from there; a service on this machine may be asked over http, and then a proxy would see
    /// the key.
    pub(super) fn of(&self, target: &Target) -> Result<Option<&Proxy>> {
        let here = target.is_loopback();
        if let Some(proxy) = self.option.as_ref().filter(|_| !(here && target.is_service())) {
            return Ok(Some(proxy));
        }
        if self.option.is_some() || here || self.direct.covers(target.host()) {
            return Ok(None);
        }
        let named = if target.is_https() { &self.https } else { &self.http };
        named.as_ref().map(|proxy| proxy.as_ref().map_err(Clone::clone)).transpose()
    }
}

fn named((variable, value): (&'static str, OsString)) -> Result<Proxy, Error> {
    let read = value.to_str().ok_or(UnusableProxy::Broken).and_then(Proxy::parse);
    read.map(|proxy| proxy.of_variable(variable)).map_err(|why| {
        let remedy = match why {
            UnusableProxy::Scheme(_) => "set the option proxy, or name the host in NO_PROXY",
            UnusableProxy::Broken => "correct it or unset it",
        };
        Error::invalid(format!(
            "the environment variable {variable} must be an http:// URL, {}; {remedy}",
            why.why()
        ))
    })
}

/// The hosts that `NO_PROXY` names. A port in it, or a `*` before a name, makes an entry that fits nothing,
/// as in curl.
#[derive(Default)]
struct NoProxy(Vec<NoProxyEntry>);

enum NoProxyEntry {
    All,
    Net(IpNet),
    /// Without dots around it.
    Name(String),
}

impl NoProxy {
    fn parse(list: &OsStr) -> Self {
        let list = list.to_string_lossy();
        let entries = list.split(|c: char| c == ',' || c.is_ascii_whitespace());
        Self(entries.filter(|entry| !entry.is_empty()).map(NoProxyEntry::parse).collect())
    }

    fn covers(&self, host: &str) -> bool {
        let host = host.trim_matches(['[', ']', '.']);
        let address = host.parse::<IpAddr>();
        self.0.iter().any(|entry| match (entry, &address) {
            (NoProxyEntry::All, _) => true,
            (NoProxyEntry::Net(net), Ok(address)) => net.contains(address),
            (NoProxyEntry::Name(name), Err(_)) => is_below(host, name),
            _ => false,
        })
    }
}

impl NoProxyEntry {
    fn parse(text: &str) -> Self {
        let bare = text.trim_matches(['[', ']']);
        let net = bare.parse::<IpNet>().or_else(|_| bare.parse::<IpAddr>().map(IpNet::from));
        match net {
            _ if text == "*" => Self::All,
            Ok(net) => Self::Net(net),
            Err(_) => Self::Name(text.trim_matches('.').to_owned()),
        }
    }
}

/// Whether a host is `name`, or ends with it after a dot.
fn is_below(host: &str, name: &str) -> bool {
    let Some(at) = host.len().checked_sub(name.len()).filter(|_| !name.is_empty()) else { return false };
    let ends = host.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(name));
    ends && (at == 0 || host.as_bytes()[at - 1] == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::proxy::tests::{BROKEN, HIDDEN};

    fn environment(variables: &[(&str, &str)]) -> Proxies {
        Proxies::read(None, |name| find(variables, |variable| variable == name), true)
    }

    fn environment_of_windows(variables: &[(&str, &str)]) -> Proxies {
        Proxies::read(None, |name| find(variables, |variable| variable.eq_ignore_ascii_case(name)), false)
    }

    fn find(variables: &[(&str, &str)], is_it: impl Fn(&str) -> bool) -> Option<OsString> {
        variables.iter().find(|(name, _)| is_it(name)).map(|(_, value)| value.into())
    }

    fn through(proxies: &Proxies, url: &str) -> Option<String> {
        let url = url::Url::parse(url).expect("a URL");
        let found = proxies.of(&Target::of_service(&url).expect("a target")).expect("read");
        found.map(Proxy::place)
    }

    #[test]
    fn a_broken_url_in_a_variable_is_refused_and_shown_nowhere() {
        for text in BROKEN {
            let variables = environment(&[("HTTPS_PROXY", text)]);
            let url = url::Url::parse("https://s.example").expect("a URL");
            match variables.of(&Target::of_service(&url).expect("a target")) {
                Ok(proxy) => assert!(text.is_empty() && proxy.is_none(), "{text}"),
                Err(error) => {
                    let all = format!("{error} {error:?}");
                    assert!(all.contains("HTTPS_PROXY"), "{all}");
                    assert!(!HIDDEN.iter().any(|part| all.contains(part)), "{text}: {all}");
                }
            }
        }
    }

    #[test]
    fn variables_go_by_scheme_the_lower_case_first_and_an_empty_one_is_none() {
        let (https, http) = ("https://s.example", "http://s.example");
        let both =
            environment(&[("HTTPS_PROXY", "upper:1"), ("https_proxy", "lower:1"), ("HTTP_PROXY", "h:1")]);
        assert_eq!(through(&both, https).as_deref(), Some("lower:1"));
        assert_eq!(through(&both, http).as_deref(), Some("h:1"));
        for (empty, full) in
            [("HTTPS_PROXY", "https_proxy"), ("https_proxy", "HTTPS_PROXY"), ("https_proxy", "ALL_PROXY")]
        {
            let one = environment(&[(empty, ""), (full, "p:1")]);
            assert_eq!(through(&one, https).as_deref(), Some("p:1"), "{full}");
        }
        let all = environment(&[("all_proxy", "a:1"), ("ALL_PROXY", "b:1"), ("http_proxy", "h:1")]);
        assert_eq!(through(&all, https).as_deref(), Some("a:1"));
        assert_eq!(through(&all, http).as_deref(), Some("h:1"));
        let empty_list = environment(&[("ALL_PROXY", "a:1"), ("no_proxy", ""), ("NO_PROXY", "s.example")]);
        assert_eq!(through(&empty_list, https), None);
        let target = Target::of_service(&url::Url::parse(https).expect("a URL")).expect("a target");
        let named = all.of(&target).expect("read").expect("a proxy");
        assert_eq!(named.to_string(), "a:1 of all_proxy");
    }

    #[test]
    fn a_cgi_program_does_not_take_its_clients_header_for_a_proxy() {
        let all = [("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "evil:1"), ("HTTPS_PROXY", "p:1")];
        for proxies in [environment(&all), environment_of_windows(&all)] {
            assert_eq!(through(&proxies, "http://s.example"), None);
            assert_eq!(through(&proxies, "https://s.example").as_deref(), Some("p:1"));
        }
        let lower = [("REQUEST_METHOD", "GET"), ("http_proxy", "p:1"), ("ALL_PROXY", "a:1")];
        assert_eq!(through(&environment(&lower), "http://s.example").as_deref(), Some("p:1"));
        // There it may be the header.
        assert_eq!(through(&environment_of_windows(&lower), "http://s.example").as_deref(), Some("a:1"));
    }

    #[test]
    fn no_proxy_is_read_as_curl_reads_it() {
        for (list, direct, behind) in [
            ("*", &["s.example", "10.0.0.1", "[2001:db8::1]"][..], &[][..]),
            ("example.com", &["example.com", "a.EXAMPLE.com", "example.com."], &["notexample.com", "com"]),
            (".example.com", &["example.com", "a.example.com"], &["notexample.com"]),
            ("example.com.", &["example.com"], &["example.org"]),
            ("a.example, b.example", &["a.example", "b.example"], &["c.example"]),
            ("a.example b.example", &["a.example", "b.example"], &["c.example"]),
            ("10.0.0.0/8,2001:db8::/32", &["10.1.2.3", "[2001:db8::1]"], &["11.0.0.1", "[2001:db9::1]"]),
            ("10.0.0.1", &["10.0.0.1"], &["10.0.0.2", "x.10.0.0.1.example"]),
            ("[2001:db8::1]", &["[2001:db8::1]"], &["[2001:db8::2]"]),
            ("*.example,10.*,s.example:443,.,,", &[], &["s.example", "10.0.0.1", "t.s.example"]),
        ] {
            let proxies = environment(&[("ALL_PROXY", "p:1"), ("NO_PROXY", list)]);
            for host in direct {
                assert_eq!(through(&proxies, &format!("https://{host}")), None, "{list}: {host}");
            }
            for host in behind {
                assert!(through(&proxies, &format!("https://{host}")).is_some(), "{list}: {host}");
            }
        }
    }

    #[test]
    fn this_machine_is_not_behind_the_environments_proxy() {
        let proxies = environment(&[("ALL_PROXY", "socks5://p:1")]);
        for url in [
            "http://127.0.0.1:1",
            "https://127.1.2.3",
            "https://[::1]",
            "http://localhost:2",
            "https://LOCALHOST.",
        ] {
            assert_eq!(through(&proxies, url), None, "{url}");
        }
        let url = url::Url::parse("https://localhost.example").expect("a URL");
        let error = proxies.of(&Target::of_service(&url).expect("a target")).expect_err("a socks proxy");
        assert!(error.message().contains("ALL_PROXY") && error.message().contains("socks5"), "{error}");
    }
}

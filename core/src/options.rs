//! Every setting: its name, default and range. The names are the same in all languages, and this
//! is the only file that knows a default or a limit.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use url::Url;

use crate::error::{Error, Result};
use crate::http::{Proxy, Unusable};
use crate::source::expand_home;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;

/// Settings of a client. Start from [`Options::new`] and change what you need; a bad value is
/// refused when it is set, with the range in the message.
#[derive(Debug, Clone)]
pub struct Options {
    pub(crate) connect_timeout: Duration,
    pub(crate) stall_timeout: Duration,
    pub(crate) response_timeout: Duration,
    pub(crate) max_attempts: u32,
    pub(crate) backoff_base: Duration,
    pub(crate) backoff_cap: Duration,
    pub(crate) max_retry_after: Duration,
    /// `None`: as many as pay.
    pub(crate) concurrency: Option<usize>,
    /// Bytes per second; `None`: as many as there can be.
    pub(crate) bandwidth_limit: Option<u64>,
    pub(crate) memory_budget: u64,
    /// `None`: 8 MiB, or more where a file needs it.
    pub(crate) part_size: Option<u64>,
    pub(crate) multipart_threshold: u64,
    pub(crate) integrity_check: IntegrityCheck,
    pub(crate) spool_dir: Option<PathBuf>,
    /// The certificates of `ca_file`, read when it was set.
    pub(crate) extra_roots: Vec<CertificateDer<'static>>,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) user_agent: String,
    pub(crate) trusted_storage: Vec<Origin>,
}

/// When a digest is computed while sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntegrityCheck {
    /// SHA-256 always for a browser profile; MD5 for a PUT of up to 256 MiB, since MD5 costs about
    /// four times the CPU of the upload itself.
    Auto,
    /// For every upload.
    On,
    /// For none.
    Off,
}

/// How many uploads of one call begin at once where the caller set no number: what clients of object storage use
/// that do not adapt.
pub(crate) const AT_ONCE_AT_FIRST: usize = 4;
/// And the most that there may become. Each is a connection of somebody's quota.
pub(crate) const AT_ONCE_AT_MOST: usize = 16;

/// Above this size `integrity_check = auto` does not compute an MD5 for a PUT.
pub(crate) const AUTO_MD5_LIMIT: u64 = 256 * MIB;

/// The scheme, host and port of a storage service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    pub(crate) fn of(url: &Url) -> Option<Self> {
        Some(Self {
            scheme: url.scheme().to_owned(),
            host: url.host_str()?.to_ascii_lowercase(),
            port: url.port_or_known_default()?,
        })
    }

    pub(crate) fn is_of(&self, url: &Url) -> bool {
        self.scheme == url.scheme()
            && url.host_str().is_some_and(|host| self.host.eq_ignore_ascii_case(host))
            && url.port_or_known_default() == Some(self.port)
    }
}

/// A value for [`Options::set`], in whatever type the caller's language had.
#[derive(Debug, Clone)]
pub enum OptionValue {
    /// A length of time.
    Duration(Duration),
    /// A count.
    Number(u64),
    /// A truth value.
    Bool(bool),
    /// Text: a URL or a name.
    Text(String),
    /// A path; its name need not be UTF-8. A leading `~/` is the home folder.
    Path(PathBuf),
    /// Several texts.
    Texts(Vec<String>),
}

/// The type an option takes, so that a binding can convert without knowing the option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// A length of time: seconds in Python, milliseconds in C and Node.
    Duration,
    /// A whole number.
    Number,
    /// A URL or name.
    Text,
    /// A path.
    Path,
    /// A list of texts.
    Texts,
    /// `"auto"`, true or false.
    AutoOrBool,
}

/// One row of the option table.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// The name in Rust, Python and C; Node spells it in camelCase.
    pub name: &'static str,
    /// The type of its value.
    pub kind: OptionKind,
    /// The values allowed, in words.
    pub range: &'static str,
    /// The default, in words.
    pub default: &'static str,
}

/// The option table.
pub const OPTIONS: &[OptionSpec] = &[
    spec("connect_timeout", OptionKind::Duration, "0.001 s to 10 min", "10 s"),
    spec("stall_timeout", OptionKind::Duration, "0.001 s to 1 h", "30 s"),
    spec("response_timeout", OptionKind::Duration, "0.001 s to 1 h", "120 s"),
    spec("max_attempts", OptionKind::Number, "1 to 100", "5"),
    spec("backoff_base", OptionKind::Duration, "0 to 10 min", "0.5 s"),
    spec("backoff_cap", OptionKind::Duration, "0 to 1 h", "30 s"),
    spec("max_retry_after", OptionKind::Duration, "0 to 1 h", "60 s"),
    spec("concurrency", OptionKind::Number, "1 to 64", "found while sending: 4 at first, then 1 to 16"),
    BANDWIDTH_LIMIT,
    spec("memory_budget", OptionKind::Number, "8388608 to 1099511627776 bytes", "67108864 (64 MiB)"),
    spec(
        "part_size",
        OptionKind::Number,
        "5242880 to 5368709120 bytes (5 MiB to 5 GiB)",
        "8388608 (8 MiB), more where a file would need over 10,000 parts",
    ),
    spec("multipart_threshold", OptionKind::Number, "1 to 5368709120 bytes (5 GiB)", "524288000 (500 MiB)"),
    spec("integrity_check", OptionKind::AutoOrBool, "\"auto\", true or false", "\"auto\""),
    spec("spool_dir", OptionKind::Path, "a folder that can be written to", "the system's temporary folder"),
    spec("ca_file", OptionKind::Path, "a PEM file", "the operating system's roots only"),
    spec("proxy", OptionKind::Text, "an http:// URL", "the environment's proxy variables"),
    spec("user_agent", OptionKind::Text, "1 to 256 printable ASCII characters", "dropoff/<version>"),
    spec(
        "trusted_storage",
        OptionKind::Texts,
        "origins such as https://minio.internal:9000",
        "none: storage must be https on a public address",
    ),
];

const BANDWIDTH_LIMIT: OptionSpec =
    spec("bandwidth_limit", OptionKind::Number, "1024 to 1099511627776 bytes per second", "none");

/// A limit that is one of those allowed.
pub(crate) fn checked_bandwidth(limit: u64) -> Result<u64> {
    within(&BANDWIDTH_LIMIT, limit, KIB, 1024 * GIB)
}

const fn spec(
    name: &'static str,
    kind: OptionKind,
    range: &'static str,
    default: &'static str,
) -> OptionSpec {
    OptionSpec { name, kind, range, default }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(30),
            response_timeout: Duration::from_secs(120),
            max_attempts: 5,
            backoff_base: Duration::from_millis(500),
            backoff_cap: Duration::from_secs(30),
            max_retry_after: Duration::from_secs(60),
            concurrency: None,
            bandwidth_limit: None,
            memory_budget: 64 * MIB,
            part_size: None,
            multipart_threshold: 500 * MIB,
            integrity_check: IntegrityCheck::Auto,
            spool_dir: None,
            extra_roots: Vec::new(),
            proxy: None,
            user_agent: concat!("dropoff/", env!("CARGO_PKG_VERSION")).to_owned(),
            trusted_storage: Vec::new(),
        }
    }
}

impl Options {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks an option up by name; bindings use it to convert a value before [`Options::set`].
    ///
    /// # Errors
    /// `invalid_input` naming the nearest known option.
    pub fn spec(name: &str) -> Result<&'static OptionSpec> {
        OPTIONS.iter().find(|o| o.name == name).ok_or_else(|| {
            let known: Vec<&str> = OPTIONS.iter().map(|o| o.name).collect();
            let meant = known.iter().find(|known| letters(known).eq(letters(name)));
            let hint = meant.map(|known| format!(" (perhaps {known} is meant)")).unwrap_or_default();
            Error::invalid(format!(
                "there is no option named {name:?}{hint}; the options are {}",
                known.join(", ")
            ))
        })
    }

    /// Sets one option by name.
    ///
    /// # Errors
    /// `invalid_input` for an unknown name, another type, or a value out of range.
    pub fn set(&mut self, name: &str, value: OptionValue) -> Result<()> {
        use OptionValue as V;
        let spec = Self::spec(name)?;
        match (name, value) {
            ("connect_timeout", V::Duration(d)) => {
                self.connect_timeout = within(spec, d, MILLISECOND, 10 * MINUTE)?;
            }
            ("stall_timeout", V::Duration(d)) => {
                self.stall_timeout = within(spec, d, MILLISECOND, HOUR)?;
            }
            ("response_timeout", V::Duration(d)) => {
                self.response_timeout = within(spec, d, MILLISECOND, HOUR)?;
            }
            ("backoff_base", V::Duration(d)) => {
                self.backoff_base = within(spec, d, Duration::ZERO, 10 * MINUTE)?;
            }
            ("backoff_cap", V::Duration(d)) => {
                self.backoff_cap = within(spec, d, Duration::ZERO, HOUR)?;
            }
            ("max_retry_after", V::Duration(d)) => {
                self.max_retry_after = within(spec, d, Duration::ZERO, HOUR)?;
            }
            ("max_attempts", V::Number(n)) => self.max_attempts = within(spec, n, 1, 100)? as u32,
            ("concurrency", V::Number(n)) => self.concurrency = Some(within(spec, n, 1, 64)? as usize),
            ("bandwidth_limit", V::Number(n)) => self.bandwidth_limit = Some(checked_bandwidth(n)?),
            ("memory_budget", V::Number(n)) => {
                self.memory_budget = within(spec, n, 8 * MIB, 1024 * GIB)?;
            }
            ("part_size", V::Number(n)) => self.part_size = Some(within(spec, n, 5 * MIB, 5 * GIB)?),
            ("multipart_threshold", V::Number(n)) => {
                self.multipart_threshold = within(spec, n, 1, 5 * GIB)?;
            }
            ("integrity_check", V::Bool(on)) => {
                self.integrity_check = if on { IntegrityCheck::On } else { IntegrityCheck::Off };
            }
            ("integrity_check", V::Text(t)) if t == "auto" => {
                self.integrity_check = IntegrityCheck::Auto;
            }
            ("spool_dir", V::Path(p)) => self.spool_dir = Some(existing_folder(spec, p)?),
            ("ca_file", V::Path(p)) => self.extra_roots = read_roots(spec, &p)?,
            ("proxy", V::Text(t)) => {
                let proxy = Proxy::parse(&t);
                let refused = |why: Unusable| {
                    Error::invalid(format!("option {} must be {}, {}", spec.name, spec.range, why.why()))
                };
                self.proxy = Some(proxy.map_err(refused)?);
            }
            ("user_agent", V::Text(t)) => {
                let printable = t.bytes().all(|b| (b' '..=b'~').contains(&b));
                if t.is_empty() || t.len() > 256 || !printable {
                    return Err(out_of_range(spec));
                }
                self.user_agent = t;
            }
            ("trusted_storage", V::Texts(list)) => {
                self.trusted_storage = list.iter().map(|t| parse_origin(spec, t)).collect::<Result<_>>()?;
            }
            _ => return Err(out_of_range(spec)),
        }
        Ok(())
    }
}

/// A name without the habits of a language: `maxAttempts` and `max-attempts` are `max_attempts`.
fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase())
}

/// Typed setters, one per row of the table.
impl Options {
    /// How long connecting may take: name lookup, TCP, proxy and TLS. It takes as many times as long where
    /// connections of the client share a slow line. Default 10 s.
    ///
    /// # Errors
    /// `invalid_input` outside 1 ms to 10 min.
    pub fn connect_timeout(self, limit: Duration) -> Result<Self> {
        self.with("connect_timeout", OptionValue::Duration(limit))
    }
    /// How long nothing may be acknowledged by the peer before an upload counts as stalled. A slow upload
    /// that moves is never ended, nor one that others of the client keep waiting on a slow line, and time in
    /// which the process is suspended does not count. Default 30 s.
    ///
    /// # Errors
    /// `invalid_input` outside 1 ms to 1 h.
    pub fn stall_timeout(self, limit: Duration) -> Result<Self> {
        self.with("stall_timeout", OptionValue::Duration(limit))
    }
    /// How long storage may take to answer after it acknowledged the last byte. Default 120 s.
    ///
    /// # Errors
    /// `invalid_input` outside 1 ms to 1 h.
    pub fn response_timeout(self, limit: Duration) -> Result<Self> {
        self.with("response_timeout", OptionValue::Duration(limit))
    }
    /// How often one request is tried in all. Default 5.
    ///
    /// # Errors
    /// `invalid_input` outside 1 to 100.
    pub fn max_attempts(self, count: u32) -> Result<Self> {
        self.with("max_attempts", OptionValue::Number(count.into()))
    }
    /// The first retry waits a random time up to this; each later one up to twice the one before. Uploads
    /// wait twice this besides, since storage takes about one write a second of one key. Default 0.5 s.
    ///
    /// # Errors
    /// `invalid_input` above 10 min.
    pub fn backoff_base(self, base: Duration) -> Result<Self> {
        self.with("backoff_base", OptionValue::Duration(base))
    }
    /// The most that the random part of a wait between two tries grows to. Default 30 s.
    ///
    /// # Errors
    /// `invalid_input` above 1 h.
    pub fn backoff_cap(self, cap: Duration) -> Result<Self> {
        self.with("backoff_cap", OptionValue::Duration(cap))
    }
    /// A `Retry-After` up to this is waited for in full; a longer one is given back to the caller at
    /// once. Default 60 s.
    ///
    /// # Errors
    /// `invalid_input` above 1 h.
    pub fn max_retry_after(self, limit: Duration) -> Result<Self> {
        self.with("max_retry_after", OptionValue::Duration(limit))
    }
    /// How many files and parts of one call are sent at once, over all its files. By default it begins with 4 and
    /// goes up to 16 while more arrives per second that way, and down to 1 when storage or the network pushes back.
    ///
    /// # Errors
    /// `invalid_input` outside 1 to 64.
    pub fn concurrency(self, count: u32) -> Result<Self> {
        self.with("concurrency", OptionValue::Number(count.into()))
    }
    /// The most bytes a second that all uploads of the client send together. Each client has a method that
    /// changes it while uploads are under way. Time in which an upload waits for its turn is no stall. API
    /// calls, which are small, do not count. Default: no limit.
    ///
    /// # Errors
    /// `invalid_input` outside 1 KiB to 1 TiB per second.
    pub fn bandwidth_limit(self, bytes_per_second: u64) -> Result<Self> {
        self.with("bandwidth_limit", OptionValue::Number(bytes_per_second))
    }
    /// The most memory one call may fill with sealed parts that wait to be sent, in bytes. One part is
    /// held whatever it says. Parts that are not sealed are read as they are sent, and need none of it.
    /// Default 64 MiB.
    ///
    /// # Errors
    /// `invalid_input` outside 8 MiB to 1 TiB.
    pub fn memory_budget(self, bytes: u64) -> Result<Self> {
        self.with("memory_budget", OptionValue::Number(bytes))
    }
    /// Bytes of each part but the last of a multipart upload. Default 8 MiB; always enlarged where a file
    /// would need more than the 10,000 parts that storage allows.
    ///
    /// # Errors
    /// `invalid_input` outside 5 MiB to 5 GiB, which are storage's own limits.
    pub fn part_size(self, bytes: u64) -> Result<Self> {
        self.with("part_size", OptionValue::Number(bytes))
    }
    /// A transfer with a file of at least this many bytes is sent in parts. Default 500 MiB.
    ///
    /// # Errors
    /// `invalid_input` outside 1 byte to 5 GiB; storage takes no more in one request.
    pub fn multipart_threshold(self, bytes: u64) -> Result<Self> {
        self.with("multipart_threshold", OptionValue::Number(bytes))
    }
    /// When a digest is computed while sending. Default [`IntegrityCheck::Auto`].
    #[must_use]
    pub fn integrity_check(mut self, check: IntegrityCheck) -> Self {
        self.integrity_check = check;
        self
    }
    /// Where packed profiles and streams are kept, unnamed, while they are sent.
    ///
    /// # Errors
    /// `invalid_input` unless it is a folder.
    pub fn spool_dir(self, folder: impl Into<PathBuf>) -> Result<Self> {
        self.with("spool_dir", OptionValue::Path(folder.into()))
    }
    /// A PEM file of certificates to trust beside the operating system's: roots, or a server's own, which is then accepted
    /// whatever its CA flag and version, and good for itself alone. Its name and time still count.
    ///
    /// # Errors
    /// `invalid_input` unless it holds at least one certificate. It is read now and not again.
    pub fn ca_file(self, file: impl Into<PathBuf>) -> Result<Self> {
        self.with("ca_file", OptionValue::Path(file.into()))
    }
    /// The proxy to use instead of the environment's, whatever `NO_PROXY` says: `http://user:password@host:3128`. In user
    /// name and password `#`, `/`, `?`, `@` and a blank are percent-encoded. Storage on this machine is reached through
    /// it too; a service on this machine never is.
    ///
    /// # Errors
    /// `invalid_input` unless it is an `http://` URL.
    pub fn proxy(self, url: &str) -> Result<Self> {
        self.with("proxy", OptionValue::Text(url.to_owned()))
    }
    /// The `User-Agent` of API calls and uploads.
    ///
    /// # Errors
    /// `invalid_input` unless 1 to 256 printable ASCII characters.
    pub fn user_agent(self, text: &str) -> Result<Self> {
        self.with("user_agent", OptionValue::Text(text.to_owned()))
    }
    /// Origins that may be private addresses; plain http only where the entry says `http://`.
    ///
    /// # Errors
    /// `invalid_input` for anything but `http[s]://host[:port]`.
    pub fn trusted_storage<S: Into<String>>(self, origins: impl IntoIterator<Item = S>) -> Result<Self> {
        let origins = origins.into_iter().map(Into::into).collect();
        self.with("trusted_storage", OptionValue::Texts(origins))
    }

    fn with(mut self, name: &str, value: OptionValue) -> Result<Self> {
        self.set(name, value)?;
        Ok(self)
    }
}

const MILLISECOND: Duration = Duration::from_millis(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

fn within<T: PartialOrd>(spec: &OptionSpec, value: T, low: T, high: T) -> Result<T> {
    if value < low || value > high {
        return Err(out_of_range(spec));
    }
    Ok(value)
}

fn out_of_range(spec: &OptionSpec) -> Error {
    Error::invalid(format!("option {} must be {}", spec.name, spec.range))
}

fn existing_folder(spec: &OptionSpec, path: PathBuf) -> Result<PathBuf> {
    let path = expand_home(path);
    let refused =
        Error::invalid(format!("option {} must be {}, and {path:?} is none", spec.name, spec.range));
    match std::fs::metadata(&path) {
        Ok(meta) if meta.is_dir() => Ok(path),
        Ok(_) => Err(refused.with_path(&path).errno_of(rustix::io::Errno::NOTDIR)),
        Err(e) => Err(refused.of_file(&path, &e)),
    }
}

fn read_roots(spec: &OptionSpec, path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let path = expand_home(path.to_owned());
    let shown = path.display();
    let refused = |why: &str| {
        Error::invalid(format!("option {} must be {}, and {shown} {why}", spec.name, spec.range))
            .with_path(&path)
    };
    let pem =
        std::fs::read(&path).map_err(|e| refused(&format!("cannot be read ({e})")).of_file(&path, &e))?;
    let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|_| refused("is not PEM"))?;
    let (usable, _) = rustls::RootCertStore::empty().add_parsable_certificates(certificates.iter().cloned());
    if usable == 0 {
        return Err(refused("holds no certificate"));
    }
    Ok(certificates)
}

fn parse_origin(spec: &OptionSpec, text: &str) -> Result<Origin> {
    let url = Url::parse(text).ok().filter(|u| {
        matches!(u.scheme(), "http" | "https")
            && u.path() == "/"
            && u.query().is_none()
            && u.username().is_empty()
            && u.password().is_none()
    });
    url.as_ref().and_then(Origin::of).ok_or_else(|| out_of_range(spec))
}

/// A per-call limit: the deadline of everything the call does, retries included.
pub(crate) fn check_timeout(timeout: Option<Duration>) -> Result<()> {
    match timeout {
        Some(d) if d.is_zero() => {
            Err(Error::invalid("timeout must be more than zero; leave it out for no limit"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_can_be_set_and_refuses_nonsense() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let certified = rcgen::generate_simple_self_signed(["h".to_owned()]).expect("a certificate");
        std::fs::write(file.path(), certified.cert.pem()).expect("a PEM file");
        for spec in OPTIONS {
            let good = match spec.kind {
                OptionKind::Path if spec.name == "ca_file" => OptionValue::Path(file.path().to_owned()),
                OptionKind::Path => OptionValue::Path(std::env::temp_dir()),
                OptionKind::Duration => OptionValue::Duration(Duration::from_secs(1)),
                OptionKind::Number if spec.range.contains("bytes") => OptionValue::Number(8 * MIB),
                OptionKind::Number => OptionValue::Number(3),
                OptionKind::AutoOrBool => OptionValue::Bool(true),
                OptionKind::Text => OptionValue::Text("http://127.0.0.1:1".into()),
                OptionKind::Texts => OptionValue::Texts(vec!["https://h:1".into()]),
            };
            let mut options = Options::new();
            options.set(spec.name, good).expect(spec.name);
            let bad = match spec.kind {
                OptionKind::Duration => OptionValue::Duration(Duration::from_secs(1_000_000)),
                OptionKind::Number => OptionValue::Number(0),
                OptionKind::AutoOrBool => OptionValue::Text("maybe".into()),
                OptionKind::Text => OptionValue::Text(String::new()),
                OptionKind::Path => OptionValue::Path("/dev/null".into()),
                OptionKind::Texts => OptionValue::Texts(vec!["ftp://h".into()]),
            };
            let error = options.set(spec.name, bad).expect_err(spec.name);
            assert!(error.message().contains(spec.range), "{error}");
            assert!(error.message().contains(spec.name), "{error}");
        }
    }
}

//! The settings of a client: the table of their names, ranges and sentences, their defaults, and how one is
//! set by its name. An option is added here alone; `make generate` writes its setter and the other languages'
//! part.

use std::path::PathBuf;
use std::time::Duration;

use rustls::pki_types::CertificateDer;

use super::files::{existing_folder, read_roots};
use super::origin::{Origin, origins, parse_origin};
use super::proxy::{Proxy, UnusableProxy};
use super::table::{OptionKind, OptionSpec, OptionValue, out_of_range, spec, within};
use crate::error::{Error, Result};

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;

/// The option table. Names, ranges, defaults and sentences are the same in all languages; later options stand
/// at its end, since C's struct has their order.
pub const OPTIONS: &[OptionSpec] = &[
    spec(
        "connect_timeout",
        OptionKind::Duration,
        "0.001 s to 10 min",
        "10 s",
        "How long connecting may take: name lookup, TCP, proxy and TLS together. It takes as many \
         times as long where connections of the client share a slow line.",
    ),
    spec(
        "stall_timeout",
        OptionKind::Duration,
        "0.001 s to 1 h",
        "30 s",
        "How long the peer may acknowledge nothing before an upload counts as stalled. A slow upload \
         that moves is never ended, nor one that others of the client keep waiting on a slow line, \
         and time in which the process is suspended does not count.",
    ),
    spec(
        "response_timeout",
        OptionKind::Duration,
        "0.001 s to 1 h",
        "120 s",
        "How long storage may take to answer after it acknowledged the last byte.",
    ),
    spec("max_attempts", OptionKind::Number, "1 to 100", "5", "How often one request is tried in all."),
    spec(
        "backoff_base",
        OptionKind::Duration,
        "0 to 10 min",
        "0.5 s",
        "The first retry waits a random time up to this; each later one up to twice the one before. \
         Uploads wait twice this besides, since storage takes about one write a second of one key.",
    ),
    spec(
        "backoff_cap",
        OptionKind::Duration,
        "0 to 1 h",
        "30 s",
        "The most that the random part of a wait between two tries grows to.",
    ),
    spec(
        "max_retry_after",
        OptionKind::Duration,
        "0 to 1 h",
        "60 s",
        "A `Retry-After` up to this is waited for in full; a longer one ends the call at once, with \
         the error's `retry_after` filled.",
    ),
    spec(
        "concurrency",
        OptionKind::Number,
        "1 to 64",
        "found while sending: 4 at first, then 1 to 16",
        "How many files and parts of one call are sent at once, over all its files. Without it there \
         are more while more arrives per second that way, and fewer when storage or the network \
         pushes back.",
    ),
    BANDWIDTH_LIMIT,
    spec(
        "memory_budget",
        OptionKind::Number,
        "8388608 to 1099511627776 bytes",
        "67108864 (64 MiB)",
        "The most bytes of memory that one call fills with sealed parts that wait to be sent; one \
         part is held whatever it says. Parts that are not sealed need none of it.",
    ),
    spec(
        "part_size",
        OptionKind::Number,
        "5242880 to 5368709120 bytes (5 MiB to 5 GiB)",
        "8388608 (8 MiB), more where a file would need over 10,000 parts",
        "Bytes of each part but the last of an upload in parts; enlarged where a file would need more \
         than the 10,000 parts that storage allows.",
    ),
    spec(
        "multipart_threshold",
        OptionKind::Number,
        "1 to 5368709120 bytes (5 GiB)",
        "524288000 (500 MiB)",
        "A transfer with a file of at least this many bytes is sent in parts, and a blob of Azure's in blocks.",
    ),
    spec(
        "integrity_check",
        OptionKind::AutoOrBool,
        "\"auto\", true or false",
        "\"auto\"",
        "Whether what storage has is compared with what was sent (`auto`: by every CRC that storage answers \
         with, at any size, or else by MD5 or SHA for up to 256 MiB; true: by whatever it answers, at any \
         size; false: not at all). The service's SHA-256 of a profile is compared too, unless it is false. \
         With true an answer that may not be storage's own is an error.",
    ),
    spec(
        "spool_dir",
        OptionKind::Path,
        "a folder that can be written to",
        "the system's temporary folder",
        "The folder for packed profiles and streams while they are sent; they have no name there.",
    ),
    spec(
        "ca_file",
        OptionKind::Path,
        "a PEM file",
        "the operating system's roots only",
        "A PEM file of certificates to trust beside the operating system's: roots, or a server's own, \
         which is then accepted whatever its CA flag and version, and good for itself alone. It is \
         read at once.",
    ),
    spec(
        "proxy",
        OptionKind::Text,
        "an http:// URL",
        "the environment's proxy variables",
        "The proxy to use, whatever `NO_PROXY` says, such as `http://user:password@host:3128`; `#`, \
         `/`, `?`, `@` and a blank in its user name and password are percent-encoded. Storage on this \
         machine is reached through it too; a service on this machine never is.",
    ),
    spec(
        "user_agent",
        OptionKind::Text,
        "1 to 256 printable ASCII characters",
        "dropoff/<version>",
        "The `User-Agent` of API calls and uploads.",
    ),
    spec(
        "trusted_storage",
        OptionKind::Texts,
        "origins such as https://minio.internal:9000",
        "those of the environment variable `DROPOFF_TRUSTED_STORAGE`, with commas between; else none: \
         storage must be https on a public address",
        "Origins such as `https://minio.internal:9000` that may be private addresses; plain http only \
         where the entry says so.",
    ),
];

const TRUSTED_STORAGE_VARIABLE: &str = "DROPOFF_TRUSTED_STORAGE";

const BANDWIDTH_LIMIT: OptionSpec = spec(
    "bandwidth_limit",
    OptionKind::Number,
    "1024 to 1099511627776 bytes per second",
    "none",
    "The most bytes a second that all uploads of the client send together. Each client's \
         `set_bandwidth_limit` changes it while uploads are under way. Time in which an upload waits \
         for its turn is no stall; API calls do not count.",
);

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
    /// `None`: the environment's.
    pub(crate) trusted_storage: Option<Vec<Origin>>,
}

/// Whether what storage has is compared with what was sent, by the digests that it answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntegrityCheck {
    /// By every CRC that storage answers with, at any size. Where it answers none, by MD5 or SHA for up to
    /// 256 MiB, since these cost up to four times the CPU of the upload itself. SHA-256 always for a browser
    /// profile.
    Auto,
    /// The same, by MD5 or SHA at any size; and an answer that may not be storage's own is an error.
    On,
    /// Not at all.
    Off,
}

/// How many uploads of one call begin at once where the caller set no number: what clients of object storage
/// use that do not adapt.
pub(crate) const AT_ONCE_AT_FIRST: usize = 4;
/// And the most that there may become. Each is a connection of somebody's quota.
pub(crate) const AT_ONCE_AT_MOST: usize = 16;

/// Above this size `integrity_check = auto` computes CRCs alone for an object.
pub(crate) const AUTO_MD5_LIMIT: u64 = 256 * MIB;

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
            trusted_storage: None,
        }
    }
}

impl Options {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether what storage has is compared with what was sent. Default [`IntegrityCheck::Auto`].
    #[must_use]
    pub fn integrity_check(mut self, check: IntegrityCheck) -> Self {
        self.integrity_check = check;
        self
    }

    pub(super) fn with(mut self, name: &str, value: OptionValue) -> Result<Self> {
        self.set(name, value)?;
        Ok(self)
    }

    /// Takes from the environment what was not set. An entry that is no origin trusts nothing, and
    /// whoever would need it is told of the option then.
    pub(crate) fn with_environment(mut self) -> Self {
        if self.trusted_storage.is_none() {
            let listed = std::env::var(TRUSTED_STORAGE_VARIABLE).unwrap_or_default();
            self.trusted_storage = Some(origins(&listed));
        }
        self
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
            (_, V::Duration(d)) => self.set_duration(spec, d)?,
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
                let refused = |why: UnusableProxy| {
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
                let trusted = list.iter().map(|t| parse_origin(spec, t)).collect::<Result<_>>()?;
                self.trusted_storage = Some(trusted);
            }
            _ => return Err(out_of_range(spec)),
        }
        Ok(())
    }

    fn set_duration(&mut self, spec: &OptionSpec, value: Duration) -> Result<()> {
        let (low, high, place) = match spec.name {
            "connect_timeout" => (MILLISECOND, 10 * MINUTE, &mut self.connect_timeout),
            "stall_timeout" => (MILLISECOND, HOUR, &mut self.stall_timeout),
            "response_timeout" => (MILLISECOND, HOUR, &mut self.response_timeout),
            "backoff_base" => (Duration::ZERO, 10 * MINUTE, &mut self.backoff_base),
            "backoff_cap" => (Duration::ZERO, HOUR, &mut self.backoff_cap),
            "max_retry_after" => (Duration::ZERO, HOUR, &mut self.max_retry_after),
            _ => return Err(out_of_range(spec)),
        };
        *place = within(spec, value, low, high)?;
        Ok(())
    }
}

/// A name without the habits of a language: `maxAttempts` and `max-attempts` are `max_attempts`.
fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase())
}

const MILLISECOND: Duration = Duration::from_millis(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// A limit that is one of those allowed.
pub(crate) fn checked_bandwidth(limit: u64) -> Result<u64> {
    within(&BANDWIDTH_LIMIT, limit, KIB, 1024 * GIB)
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

//! The settings of a client: their defaults, and how one is set by its name.

use std::path::PathBuf;
use std::time::Duration;

use rustls::pki_types::CertificateDer;

use super::files::{existing_folder, read_roots};
use super::origin::{Origin, parse_origin};
use super::proxy::{Proxy, UnusableProxy};
use super::table::{BANDWIDTH_LIMIT, OPTIONS, OptionSpec, OptionValue, out_of_range, within};
use crate::error::{Error, Result};

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

/// How many uploads of one call begin at once where the caller set no number: what clients of object storage
/// use that do not adapt.
pub(crate) const AT_ONCE_AT_FIRST: usize = 4;
/// And the most that there may become. Each is a connection of somebody's quota.
pub(crate) const AT_ONCE_AT_MOST: usize = 16;

/// Above this size `integrity_check = auto` does not compute an MD5 for a PUT.
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
                self.trusted_storage = list.iter().map(|t| parse_origin(spec, t)).collect::<Result<_>>()?;
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
    use super::super::table::OptionKind;
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

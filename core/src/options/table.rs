//! The table of options: each one's name, type, range and default, in words. The names are the same in all
//! languages.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::{Error, Result};

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

pub(super) const BANDWIDTH_LIMIT: OptionSpec =
    spec("bandwidth_limit", OptionKind::Number, "1024 to 1099511627776 bytes per second", "none");

const fn spec(
    name: &'static str,
    kind: OptionKind,
    range: &'static str,
    default: &'static str,
) -> OptionSpec {
    OptionSpec { name, kind, range, default }
}

pub(super) fn within<T: PartialOrd>(spec: &OptionSpec, value: T, low: T, high: T) -> Result<T> {
    if value < low || value > high {
        return Err(out_of_range(spec));
    }
    Ok(value)
}

pub(super) fn out_of_range(spec: &OptionSpec) -> Error {
    Error::invalid(format!("option {} must be {}", spec.name, spec.range))
}

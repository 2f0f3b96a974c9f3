//! A row of the table of options: a name, and its type, range, default and purpose in words.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::{Error, Result};

/// A value for [`Options::set`](crate::Options::set), in whatever type the caller's language had.
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
    /// Its purpose, in the notation of Rust's documentation.
    pub about: &'static str,
}

pub(super) const fn spec(
    name: &'static str,
    kind: OptionKind,
    range: &'static str,
    default: &'static str,
    about: &'static str,
) -> OptionSpec {
    OptionSpec { name, kind, range, default, about }
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

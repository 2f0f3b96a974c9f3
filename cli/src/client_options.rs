//! The library's table of options as flags. It owns how a value is written on a command line; names, ranges
//! and sentences are the table's.

use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use dropoff::{Error, OPTIONS, OptionKind, OptionSpec, OptionValue, Options, Result};

const HEADING: &str = "Options of the transport";

/// The options that the command line set.
#[derive(Debug, Clone, Default)]
pub struct ClientOptions {
    given: Vec<(&'static OptionSpec, Vec<String>)>,
}

impl ClientOptions {
    /// The library's settings.
    ///
    /// # Errors
    /// `invalid_input` for a value that is none, with the range.
    pub fn options(&self) -> Result<Options> {
        let mut options = Options::new();
        for (spec, values) in &self.given {
            let value = parse(spec, values).ok_or_else(|| wrong(spec))?;
            options.set(spec.name, value).map_err(|error| named_as_flag(spec, &error))?;
        }
        Ok(options)
    }
}

fn flag(spec: &OptionSpec) -> String {
    spec.name.replace('_', "-")
}

fn wrong(spec: &OptionSpec) -> Error {
    Error::bad_argument(&format!("--{} must be {}", flag(spec), spec.range))
}

/// The sentence with the name that was typed.
fn named_as_flag(spec: &OptionSpec, error: &Error) -> Error {
    let told = error.message().replace(&format!("option {}", spec.name), &format!("--{}", flag(spec)));
    error.clone().with_message(told)
}

fn parse(spec: &OptionSpec, values: &[String]) -> Option<OptionValue> {
    let last = values.last()?;
    Some(match spec.kind {
        OptionKind::Duration => OptionValue::Duration(duration(last)?),
        OptionKind::Number => OptionValue::Number(number(last)?),
        OptionKind::Text => OptionValue::Text(last.clone()),
        OptionKind::Path => OptionValue::Path(last.into()),
        OptionKind::Texts => {
            OptionValue::Texts(values.iter().flat_map(|text| text.split(',')).map(str::to_owned).collect())
        }
        OptionKind::AutoOrBool => match last.as_str() {
            "true" => OptionValue::Bool(true),
            "false" => OptionValue::Bool(false),
            other => OptionValue::Text(other.to_owned()),
        },
    })
}

/// A length of time: `30s`, `500ms`, `2min`, `1h`; a number alone is seconds.
pub fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let seconds = match unit {
        "ms" => number / 1000.0,
        "" | "s" => number,
        "m" | "min" => number * 60.0,
        "h" => number * 3600.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(seconds).ok()
}

/// A count, or bytes: `1024`, `8MiB`, `500MB`.
pub fn number(text: &str) -> Option<u64> {
    if let Ok(exact) = text.parse() {
        return Some(exact);
    }
    let (number, unit) = split(text)?;
    let unit = unit.to_ascii_lowercase();
    let (prefix, base) = match unit.strip_suffix("ib") {
        Some(prefix) => (prefix, 1024_f64),
        None => (unit.strip_suffix('b')?, 1000.0),
    };
    let power = ["", "k", "m", "g", "t"].iter().position(|known| *known == prefix)?;
    let bytes = number * base.powi(power as i32);
    // Beyond this a float is no count of bytes.
    (bytes.fract() == 0.0 && bytes < 9e15).then_some(bytes as u64)
}

fn split(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    Some((text[..end].parse().ok()?, text[end..].trim()))
}

/// The flags' own parser for a length of time.
///
/// # Errors
/// A sentence for anything that is none.
pub fn parse_duration(text: &str) -> std::result::Result<Duration, String> {
    duration(text).ok_or_else(|| "a length of time is like 30s, 500ms, 2min or 1h".to_owned())
}

/// The same for bytes.
///
/// # Errors
/// A sentence for anything that is none.
pub fn parse_bytes(text: &str) -> std::result::Result<u64, String> {
    number(text).ok_or_else(|| "a number of bytes is like 1048576, 8MiB or 500MB".to_owned())
}

fn argument(spec: &'static OptionSpec) -> Arg {
    let value = match spec.kind {
        OptionKind::Duration => "TIME",
        OptionKind::Number if spec.range.contains("bytes") => "BYTES",
        OptionKind::Number => "N",
        OptionKind::Text => "TEXT",
        OptionKind::Path => "PATH",
        OptionKind::Texts => "ORIGIN",
        OptionKind::AutoOrBool => "auto|true|false",
    };
    let help = spec.about.split(". ").next().unwrap_or(spec.about).trim_end_matches('.').to_owned();
    let long = format!("{} It is {}. Default: {}.", spec.about, spec.range, spec.default);
    let action = if spec.kind == OptionKind::Texts { ArgAction::Append } else { ArgAction::Set };
    Arg::new(spec.name)
        .long(flag(spec))
        .value_name(value)
        .help(help)
        .long_help(long)
        .action(action)
        .help_heading(HEADING)
        .hide_short_help(true)
}

impl Args for ClientOptions {
    fn augment_args(command: Command) -> Command {
        OPTIONS.iter().fold(command, |command, spec| command.arg(argument(spec)))
    }
    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ClientOptions {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        let values = |name: &str| matches.get_many::<String>(name).map(|all| all.cloned().collect());
        let given = OPTIONS.iter().filter_map(|spec| Some((spec, values(spec.name)?))).collect();
        Ok(Self { given })
    }
    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> std::result::Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_sizes_are_read_with_their_units() {
        assert_eq!(duration("30"), Some(Duration::from_secs(30)));
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("1.5 min"), Some(Duration::from_secs(90)));
        assert_eq!([duration("-1"), duration("x"), duration("3 days"), duration("")], [None; 4]);
        assert_eq!(number("8MiB"), Some(8 << 20));
        assert_eq!(number("1.5kB"), Some(1500));
        assert_eq!(number("18446744073709551615"), Some(u64::MAX));
        assert_eq!([number("-1"), number("8 parsecs"), number("0.5B"), number("1e9")], [None; 4]);
    }
}

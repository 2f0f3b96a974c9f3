//! A client's options. Names, types and ranges are the core's: this file knows none.

use dropoff::{Error, OPTIONS, OptionKind, OptionSpec, OptionValue, Options};
use napi_derive::napi;

use crate::inputs::{milliseconds, whole};
use crate::spelling::camel;

/// A row of the option table.
#[napi(object, object_from_js = false)]
pub struct OptionRow {
    /// The name in camelCase.
    pub name: String,
    /// The name the core uses in its messages.
    pub core_name: &'static str,
    /// The type of its value.
    pub kind: String,
    /// The values allowed, in words.
    pub range: &'static str,
    /// The default, in words.
    pub default: &'static str,
}

/// The option table.
#[napi]
pub fn option_table() -> Vec<OptionRow> {
    let row = |spec: &OptionSpec| OptionRow {
        name: camel(spec.name),
        core_name: spec.name,
        kind: format!("{:?}", spec.kind),
        range: spec.range,
        default: spec.default,
    };
    OPTIONS.iter().map(row).collect()
}

/// An option that was given. At most one of the four values is there.
#[napi(object, object_to_js = false)]
pub struct GivenOption {
    /// The name, one of the table.
    pub name: String,
    /// The value, if it is a number.
    pub number: Option<f64>,
    /// The value, if it is a boolean.
    pub flag: Option<bool>,
    /// The value, if it is a string or a file's URL.
    pub text: Option<String>,
    /// The value, if it is a list of strings.
    pub texts: Option<Vec<String>>,
    /// The type of the value in words; the value itself may be a secret.
    pub found: String,
}

pub(crate) fn options(given: Vec<GivenOption>) -> Result<Options, Error> {
    let mut options = Options::new();
    for option in given {
        let Some(spec) = OPTIONS.iter().find(|spec| camel(spec.name) == option.name) else {
            return Err(Error::bad_argument(&format!("there is no option named {:?}", option.name)));
        };
        let value = convert(spec, &option)?;
        let told = options.set(spec.name, value);
        if spec.kind == OptionKind::Duration && told.is_err() {
            return Err(out_of_range(spec));
        }
        told?;
    }
    Ok(options)
}

/// The value of `bandwidthLimit`, where it is given alone; none is no limit.
pub(crate) fn bandwidth_limit(given: Option<GivenOption>) -> Result<Option<u64>, Error> {
    let Some(given) = given else { return Ok(None) };
    match convert(Options::spec("bandwidth_limit")?, &given)? {
        OptionValue::Number(limit) => Ok(Some(limit)),
        _ => Err(Error::internal("a limit is no number")),
    }
}

fn convert(spec: &OptionSpec, given: &GivenOption) -> Result<OptionValue, Error> {
    let value = match spec.kind {
        OptionKind::Duration => match given.number {
            Some(number) => {
                Some(OptionValue::Duration(milliseconds(number).ok_or_else(|| out_of_range(spec))?))
            }
            None => None,
        },
        OptionKind::Number => match given.number {
            Some(number) => Some(OptionValue::Number(whole(number).ok_or_else(|| out_of_range(spec))?)),
            None => None,
        },
        OptionKind::AutoOrBool => {
            given.flag.map(OptionValue::Bool).or_else(|| given.text.clone().map(OptionValue::Text))
        }
        OptionKind::Text => given.text.clone().map(OptionValue::Text),
        OptionKind::Path => given.text.clone().map(|path| OptionValue::Path(path.into())),
        OptionKind::Texts => given.texts.clone().map(OptionValue::Texts),
    };
    value.ok_or_else(|| {
        let (name, range, found) = (camel(spec.name), in_words(spec), &given.found);
        Error::bad_argument(&format!("option {name} must be {range}, not {found}"))
    })
}

fn out_of_range(spec: &OptionSpec) -> Error {
    Error::bad_argument(&format!("option {} must be {}", camel(spec.name), in_words(spec)))
}

fn in_words(spec: &OptionSpec) -> String {
    match spec.kind {
        OptionKind::Duration => format!("{}, as a number of milliseconds", spec.range),
        OptionKind::Texts => format!("a list of {}", spec.range),
        _ => spec.range.to_owned(),
    }
}

//! `**options` as core options. Names, types and ranges are the core's: this file knows none.

use dropoff::{OptionKind, OptionSpec, OptionValue, Options};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyString};

use crate::errors::{Failure, bad_argument, unknown_option};
use crate::inputs;

pub(crate) fn options(given: Option<&Bound<'_, PyDict>>) -> Result<Options, Failure> {
    let mut options = Options::new();
    for (name, value) in given.into_iter().flatten() {
        let spec = Options::spec(name.cast::<PyString>().map_err(PyErr::from)?.to_str()?)
            .map_err(|error| unknown_option(name.py(), &error))?;
        // As everywhere else, None is "not given".
        if !value.is_none() {
            options.set(spec.name, convert(spec, &value)?)?;
        }
    }
    Ok(options)
}

/// The value of `bandwidth_limit`; None is no limit.
pub(crate) fn bandwidth_limit(value: &Bound<'_, PyAny>) -> Result<Option<u64>, Failure> {
    if value.is_none() {
        return Ok(None);
    }
    match convert(Options::spec("bandwidth_limit")?, value)? {
        OptionValue::Number(limit) => Ok(Some(limit)),
        _ => Err(bad_argument("option bandwidth_limit must be a number")),
    }
}

fn convert(spec: &OptionSpec, value: &Bound<'_, PyAny>) -> Result<OptionValue, Failure> {
    let found = || {
        let (name, range) = (spec.name, spec.range);
        bad_argument(&format!("option {name} must be {range}, not {}", inputs::type_name(value)))
    };
    let out_of_range = || bad_argument(&format!("option {} must be {}", spec.name, spec.range));
    let text = |value: &Bound<'_, PyAny>| match value.is_instance_of::<PyString>() {
        true => {
            inputs::text(value, &format!("option {}", spec.name)).map(|t| OptionValue::Text(t.to_owned()))
        }
        false => Err(found()),
    };
    let is_bool = value.is_instance_of::<PyBool>();
    match spec.kind {
        OptionKind::Duration => {
            inputs::duration(value, &format!("option {}", spec.name), spec.range).map(OptionValue::Duration)
        }
        OptionKind::Number if is_bool || !value.hasattr("__index__")? => Err(found()),
        OptionKind::Number => value.extract().map(OptionValue::Number).map_err(|_| out_of_range()),
        OptionKind::AutoOrBool if is_bool => Ok(OptionValue::Bool(value.extract()?)),
        OptionKind::AutoOrBool | OptionKind::Text => text(value),
        OptionKind::Path => inputs::path(value)?.map(OptionValue::Path).ok_or_else(found),
        OptionKind::Texts if value.is_instance_of::<PyString>() => {
            Err(bad_argument(&format!("option {} takes a list of {}", spec.name, spec.range)))
        }
        OptionKind::Texts => {
            let items = value.try_iter().map_err(|_| found())?;
            let texts: PyResult<Vec<String>> = items.map(|item| item?.extract()).collect();
            texts.map(OptionValue::Texts).map_err(|_| found())
        }
    }
}

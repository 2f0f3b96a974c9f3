//! A model's arguments, compared with the schema it was given.

use serde_json::{Map, Value};

use super::description::{due, refusal};
use crate::error::{Error, Result};

/// The arguments of a tool, as JSON text, if they are as `schema` says; without those that are null, which
/// frameworks send for what was left out. No text at all is no arguments.
///
/// # Errors
/// `invalid_input`, in words for a model: no object, an unknown argument, one that is missing or of another
/// type.
pub fn checked_arguments(tool: &str, schema: &str, given: &str) -> Result<String> {
    let schema: Value =
        serde_json::from_str(schema).map_err(|e| Error::internal("a schema is no JSON").cause(&e))?;
    let arguments = parsed(tool, given)?;
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    let names: Vec<&str> = properties.keys().map(String::as_str).collect();
    if let Some(name) = arguments.keys().find(|name| !properties.contains_key(*name)) {
        return Err(refusal("unknown", &[("tool", tool), ("name", name), ("names", &names.join(", "))]));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !arguments.contains_key(name) {
            return Err(refusal("missing", &[("name", name), ("tool", tool)]));
        }
    }
    let typed = arguments.into_iter().map(|(name, value)| {
        let value = typed(&name, &properties[&name], value)?;
        Ok((name, value))
    });
    Ok(Value::Object(typed.collect::<Result<_>>()?).to_string())
}

fn parsed(tool: &str, given: &str) -> Result<Map<String, Value>> {
    let text = if given.trim().is_empty() { "{}" } else { given };
    match serde_json::from_str(text) {
        Ok(Value::Object(arguments)) => Ok(arguments.into_iter().filter(|(_, v)| !v.is_null()).collect()),
        _ => Err(refusal("arguments", &[("tool", tool)])),
    }
}

fn typed(name: &str, schema: &Value, value: Value) -> Result<Value> {
    let kind = schema["type"].as_str().unwrap_or_default();
    let value = if kind == "integer" { whole(value) } else { value };
    let fits = match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
        _ => false,
    };
    if !fits {
        return Err(refusal("type", &[("name", name), ("due", due(kind))]));
    }
    for (bound, holds) in BOUNDS {
        if let Some(limit) = schema[*bound].as_u64().filter(|limit| !holds(&value, *limit)) {
            let due = due(bound).replace("{limit}", &limit.to_string());
            return Err(refusal("type", &[("name", name), ("due", &due)]));
        }
    }
    let Some(choices) = schema["enum"].as_array() else { return Ok(value) };
    if choices.contains(&value) {
        return Ok(value);
    }
    let names: Vec<&str> = choices.iter().filter_map(Value::as_str).collect();
    let due = due("enum").replace("{names}", &names.join(", "));
    Err(refusal("type", &[("name", name), ("due", &due)]))
}

/// Whether a value keeps to the limit of one keyword.
type Holds = fn(&Value, u64) -> bool;

/// The keywords of a schema that bound a value.
const BOUNDS: &[(&str, Holds)] = &[
    ("minItems", |value, least| value.as_array().is_none_or(|items| items.len() as u64 >= least)),
    ("minimum", |value, least| value.as_u64().is_some_and(|number| number >= least)),
    ("maximum", |value, most| {
        value.as_i64().is_some_and(|number| number < 0) || value.as_u64().is_some_and(|number| number <= most)
    }),
];

/// JSON has one type of number.
fn whole(value: Value) -> Value {
    match value.as_f64() {
        Some(number) if value.is_f64() && number.fract() == 0.0 && number.abs() < 9e15 => {
            Value::from(number as i64)
        }
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::DESCRIPTION;

    #[test]
    fn every_schema_is_one_that_arguments_can_be_compared_with() {
        let described: Value = serde_json::from_str(DESCRIPTION).expect("JSON");
        for tool in described["tools"].as_array().expect("tools") {
            let properties = tool["input"]["properties"].as_object().expect("properties");
            for (name, schema) in properties {
                let kind = schema["type"].as_str().expect(name);
                assert!(["string", "integer", "boolean", "array"].contains(&kind), "{name}: {kind}");
                assert!(kind != "array" || schema["items"]["type"] == "string", "{name}");
                let compared = |keyword: &str| {
                    ["type", "description", "items", "enum"].contains(&keyword)
                        || BOUNDS.iter().any(|(bound, _)| *bound == keyword)
                };
                let keywords = schema.as_object().expect("a schema").keys();
                assert_eq!(
                    keywords.filter(|keyword| !compared(keyword)).collect::<Vec<_>>(),
                    [""; 0],
                    "{name}"
                );
            }
            for name in tool["input"]["required"].as_array().expect("required") {
                assert!(properties.contains_key(name.as_str().expect("a name")), "{name}");
            }
        }
    }

    #[test]
    fn bounds_of_a_schema_are_held() {
        let schema = r#"{"properties": {"n": {"type": "integer", "minimum": 1, "maximum": 9},
            "l": {"type": "array", "items": {"type": "string"}, "minItems": 1}}}"#;
        for right in [r#"{"n":1}"#, r#"{"n":9}"#, r#"{"l":["a"]}"#] {
            assert_eq!(checked_arguments("t", schema, right).expect("within"), right);
        }
        for (wrong, told) in [
            (r#"{"n": 0}"#, "n must be 1 or more"),
            (r#"{"n": -7}"#, "n must be 1 or more"),
            (r#"{"n": 10}"#, "n must be 9 or less"),
            (r#"{"l": []}"#, "l must be a list of at least 1"),
        ] {
            assert_eq!(checked_arguments("t", schema, wrong).expect_err(wrong).message(), told);
        }
    }

    #[test]
    fn a_whole_number_may_be_written_as_a_fraction() {
        let schema = r#"{"properties": {"n": {"type": "integer"}}, "required": ["n"]}"#;
        assert_eq!(checked_arguments("t", schema, r#"{"n": 3.0}"#).expect("whole"), r#"{"n":3}"#);
        for wrong in [r#"{"n": 3.5}"#, r#"{"n": "3"}"#, r#"{"n": 1e300}"#, "{}", r#"{"n": null}"#] {
            checked_arguments("t", schema, wrong).expect_err(wrong);
        }
    }
}

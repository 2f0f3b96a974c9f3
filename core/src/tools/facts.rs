//! What a model is told of a call: the facts that a schema names, in its spelling.

use serde_json::{Map, Value, json};

use super::description::{error_schema, next_step};
use crate::error::Error;

/// The facts of `value` that the schema has, without those that are absent or of another type: a service's
/// own answers are told too, and whoever compares a whole answer with the schema would drop all of it.
#[must_use]
pub fn described(schema: &Value, value: &Value) -> Value {
    match value {
        Value::Array(items) if schema["items"].is_object() => {
            let items = items.iter().filter(|item| fits(&schema["items"], item));
            items.map(|item| described(&schema["items"], item)).collect()
        }
        Value::Object(facts) if schema["properties"].is_object() => {
            let named = schema["properties"].as_object().into_iter().flatten();
            let told = named.filter_map(|(name, inner)| {
                let fact = facts.get(name).filter(|fact| !fact.is_null() && fits(inner, fact))?;
                let is_empty = fact.as_array().is_some_and(Vec::is_empty);
                (!is_empty || is_required(schema, name)).then(|| (name.clone(), described(inner, fact)))
            });
            Value::Object(told.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

fn fits(schema: &Value, fact: &Value) -> bool {
    match schema["type"].as_str() {
        Some("string") => fact.is_string(),
        Some("boolean") => fact.is_boolean(),
        Some("number") => fact.is_number(),
        Some("integer") => fact.as_f64().is_some_and(|number| number.fract() == 0.0),
        Some("array") => fact.is_array(),
        Some("object") => fact.is_object(),
        _ => true,
    }
}

fn is_required(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().is_some_and(|names| names.iter().any(|required| required == name))
}

/// An error as a model is told of it: `{"error": {…}}`, with what to do next.
#[must_use]
pub fn failure(error: &Error) -> Value {
    let mut facts = error.to_json();
    facts["next"] = json!(next_step(&facts));
    described(error_schema(), &json!({ "error": facts }))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Whole results and failures are in tests/vectors/tools.json, which the languages run.

    #[test]
    fn only_what_the_schema_names_is_told_and_nothing_that_is_absent() {
        let schema = json!({
            "properties": {"id": {}, "files": {"items": {"properties": {"name": {}}}}, "warnings": {}, "left": {}},
            "required": ["warnings"]
        });
        let value = json!({
            "id": null, "share_url": "https://share.example/x", "warnings": [], "left": [],
            "files": [{"name": "a", "url": "https://storage.example/a"}]
        });
        assert_eq!(described(&schema, &value), json!({"files": [{"name": "a"}], "warnings": []}));
    }

    #[test]
    fn a_failure_has_what_its_schema_requires() {
        let told = failure(&Error::invalid("paths is missing"));
        for name in error_schema()["properties"]["error"]["required"].as_array().expect("names") {
            assert!(!told["error"][name.as_str().expect("a name")].is_null(), "{name}");
        }
        assert_eq!(told["error"]["next"], "Nothing happened. Correct the arguments and call again.");
        assert!(told["error"].get("transfer_id").is_none());
    }
}

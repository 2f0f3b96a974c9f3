//! The description of the tools: names, schemas and sentences, as data.

use std::sync::LazyLock;

use serde_json::Value;

use crate::error::{Error, ErrorKind, Side};

/// The description as JSON text: `tools` with name, title, description, hints and schemas; `error`, the
/// schema of a failure; `next`, what to do after one, the first rule that fits; and the sentences of
/// [`sentence`].
pub const DESCRIPTION: &str = include_str!("description.json");

static PARSED: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(DESCRIPTION).unwrap_or_default());

/// One of the description's sentences, with values in the places of their names, each in one line.
#[must_use]
pub fn sentence(which: &str, values: &[(&str, &str)]) -> String {
    let text = PARSED["refusals"][which].as_str().unwrap_or(which);
    // Values are a model's: no place in one of them may be filled.
    text.split(['{', '}']).enumerate().fold(String::new(), |told, (at, part)| {
        if at % 2 == 0 {
            return told + part;
        }
        let value = values.iter().find(|(name, _)| *name == part).map_or("", |(_, value)| *value);
        told + &one_line(value)
    })
}

/// The tools, each with name, title, description, hints and schemas.
#[must_use]
pub fn all() -> &'static [Value] {
    PARSED["tools"].as_array().map_or(&[], Vec::as_slice)
}

/// The schema of what a model is told of a failure.
#[must_use]
pub fn error_schema() -> &'static Value {
    &PARSED["error"]
}

/// What to do after a failure with these facts: the first rule that fits.
pub(super) fn next_step(facts: &Value) -> &'static str {
    let rules = PARSED["next"].as_array().into_iter().flatten();
    let fits = |rule: &Value| {
        let when = rule["when"].as_object().into_iter().flatten();
        when.into_iter().all(|(name, value)| facts[name] == *value)
    };
    rules.into_iter().find(|rule| fits(rule)).and_then(|rule| rule["say"].as_str()).unwrap_or_default()
}

/// The error for arguments that are wrong or not allowed: a model gives others.
#[must_use]
pub fn refusal(which: &str, values: &[(&str, &str)]) -> Error {
    Error::invalid(sentence(which, values))
}

/// The error for what other arguments do not mend: the user's word is missing.
#[must_use]
pub fn not_allowed(which: &str, values: &[(&str, &str)]) -> Error {
    Error::new(ErrorKind::Permission, sentence(which, values)).side_is(Side::Caller)
}

/// The words for what an argument of a type has to be.
pub(super) fn due(kind: &str) -> &'static str {
    PARSED["due"][kind].as_str().unwrap_or("as its schema says")
}

/// Globs of names that stay here.
pub(super) fn refused_names() -> impl Iterator<Item = &'static str> {
    PARSED["refused_names"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() { "an empty text".to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sentence_is_there_and_a_value_fills_its_place_alone() {
        for which in [
            "arguments",
            "unknown",
            "missing",
            "type",
            "outside",
            "too_long",
            "url",
            "name",
            "recipient",
            "target",
            "program",
            "no_folder",
            "declined",
            "unasked",
            "moved",
            "not_offered",
            "no_tool",
        ] {
            assert!(PARSED["refusals"][which].is_string(), "{which}");
        }
        let told = sentence("missing", &[("name", "{tool}\n x"), ("tool", "")]);
        assert_eq!(told, "{tool} x is missing; an empty text needs it");
        for kind in ["string", "integer", "boolean", "array", "enum", "minItems", "minimum", "maximum"] {
            assert!(PARSED["due"][kind].is_string(), "{kind}");
        }
        assert!(refused_names().count() > 5);
    }
}

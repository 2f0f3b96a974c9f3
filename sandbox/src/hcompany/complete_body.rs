//! The body of a completion.

use bytes::Bytes;
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};

use super::errors::{not_a_string, problem};
use crate::http::request::is_json;

const REQUIRED: [&str; 3] = ["name", "browser_name", "browser_version"];

/// Gives everything that is wrong with it.
pub(crate) fn read(head: &Parts, body: &Bytes) -> Result<Map<String, Value>, Vec<Value>> {
    let not_a_model = |input: Value| {
        problem(
            "model_attributes_type",
            json!(["body"]),
            "Input should be a valid dictionary or object to extract fields from",
            input,
        )
    };
    if body.is_empty() {
        return Err(vec![problem("missing", json!(["body"]), "Field required", Value::Null)]);
    }
    if !is_json(head) {
        return Err(vec![not_a_model(String::from_utf8_lossy(body).into_owned().into())]);
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        let mut problem =
            problem("json_invalid", json!(["body", error.column()]), "JSON decode error", json!({}));
        problem["ctx"] = json!({ "error": error.to_string() });
        vec![problem]
    })?;
    let Value::Object(map) = value else {
        return Err(vec![not_a_model(value)]);
    };

    let mut problems = Vec::new();
    for name in REQUIRED {
        match map.get(name) {
            None => problems.push(problem("missing", json!(["body", name]), "Field required", json!(map))),
            Some(Value::String(_)) => {}
            Some(other) => problems.push(not_a_string(json!(["body", name]), other)),
        }
    }
    for (name, value) in &map {
        check_optional(name, value, &mut problems);
    }
    if problems.is_empty() { Ok(map) } else { Err(problems) }
}

fn check_optional(name: &str, value: &Value, problems: &mut Vec<Value>) {
    match (name, value) {
        ("name" | "browser_name" | "browser_version", _)
        | ("description", Value::String(_) | Value::Null) => {}
        ("description", other) => {
            problems.push(not_a_string(json!(["body", "description"]), other));
        }
        ("labels", Value::Object(labels)) => {
            for (label, value) in labels {
                if !value.is_string() {
                    problems.push(not_a_string(json!(["body", "labels", label]), value));
                }
            }
        }
        ("labels", other) => problems.push(problem(
            "dict_type",
            json!(["body", "labels"]),
            "Input should be a valid dictionary",
            other.clone(),
        )),
        (name, value) => problems.push(problem(
            "extra_forbidden",
            json!(["body", name]),
            "Extra inputs are not permitted",
            value.clone(),
        )),
    }
}

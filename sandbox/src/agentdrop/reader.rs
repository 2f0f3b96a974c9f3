//! Reads JSON field by field and collects everything that is wrong with it.

use bytes::Bytes;
use hyper::http::request::Parts;
use serde_json::{Map, Value};

use super::errors::problem;
use crate::http::request::is_json;

/// The object a JSON request holds, or what is wrong with it.
pub(crate) fn object(head: &Parts, body: &Bytes) -> Result<Map<String, Value>, Vec<Value>> {
    if !is_json(head) {
        return Err(vec![problem("Content-Type", "must be application/json")]);
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(vec![problem("", "expected an object")]),
        Err(error) => Err(vec![problem("", &format!("invalid JSON: {error}"))]),
    }
}

/// How the bytes will come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UploadKind {
    /// Each file with one PUT.
    Single,
    /// Each file in parts.
    Multipart,
    /// With the request.
    Form,
}

/// Collects everything that is wrong with a request, as the service does, not only the first thing.
pub(crate) struct Reader {
    pub kind: UploadKind,
    pub problems: Vec<Value>,
}

impl Reader {
    pub fn new(kind: UploadKind) -> Self {
        Reader { kind, problems: Vec::new() }
    }

    pub fn reject(&mut self, field: &str, message: &str) {
        self.problems.push(problem(field, message));
    }

    pub fn only_known(&mut self, map: &Map<String, Value>, prefix: &str, names: &[&str]) {
        for name in map.keys() {
            if !names.contains(&name.as_str()) {
                self.reject(&format!("{prefix}{name}"), "unrecognized field");
            }
        }
    }

    pub fn optional_text(&mut self, map: &Map<String, Value>, prefix: &str, name: &str) -> Option<String> {
        match map.get(name)? {
            Value::String(text) => Some(text.clone()),
            _ => {
                self.reject(&format!("{prefix}{name}"), "expected a string");
                None
            }
        }
    }

    pub fn text(&mut self, map: &Map<String, Value>, prefix: &str, name: &str) -> String {
        let field = format!("{prefix}{name}");
        match map.get(name) {
            Some(Value::String(text)) if !text.is_empty() => text.clone(),
            Some(Value::String(_)) => {
                self.reject(&field, "must not be empty");
                String::new()
            }
            Some(_) => {
                self.reject(&field, "expected a string");
                String::new()
            }
            None => {
                self.reject(&field, "required");
                String::new()
            }
        }
    }

    pub fn flag(&mut self, map: &Map<String, Value>, name: &str) -> bool {
        match map.get(name) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.reject(name, "expected a boolean");
                false
            }
        }
    }
}

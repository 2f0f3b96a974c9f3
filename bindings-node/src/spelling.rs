//! Names as JavaScript spells them.

use serde::Serialize;
use serde_json::{Map, Value};

/// `max_attempts` as `maxAttempts`.
pub(crate) fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut out = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

/// A record of the core with its field names in camelCase. Only the fields in `nested` hold records, or
/// lists of them, in turn; names inside any other field are the service's or the caller's and stay.
pub(crate) fn record(value: &impl Serialize, nested: &[&str]) -> Value {
    renamed(serde_json::to_value(value).unwrap_or_default(), nested)
}

fn renamed(value: Value, nested: &[&str]) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| renamed(item, nested)).collect(),
        Value::Object(fields) => {
            let rename = |(name, value): (String, Value)| {
                let value = if nested.contains(&name.as_str()) { renamed(value, &[]) } else { value };
                (camel(&name), value)
            };
            Value::Object(fields.into_iter().map(rename).collect::<Map<_, _>>())
        }
        other => other,
    }
}

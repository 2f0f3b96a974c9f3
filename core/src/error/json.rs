//! An error's facts as JSON, the same in every language.

use serde_json::{Map, Value, json};

use super::value::Error;

impl Error {
    /// Every fact as JSON, fit for an agent's tool result. Absent facts are `null`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let f = &*self.0;
        let mut map = Map::new();
        let mut put = |name: &str, value: Value| {
            map.insert(name.to_owned(), value);
        };
        put("kind", json!(f.kind.as_str()));
        put("message", json!(f.message));
        put("operation", json!(f.operation));
        put("side", json!(f.side.as_str()));
        put("retryable", json!(f.retryable));
        put("retry_after", json!(f.retry_after.map(|d| d.as_secs_f64())));
        put("http_status", json!(f.http_status));
        put("service_code", json!(f.service_code));
        put("request_id", json!(f.request_id));
        let details: Vec<Value> =
            f.details.iter().map(|d| json!({"field": d.field, "message": d.message})).collect();
        put("details", Value::Array(details));
        put("outcome", json!(f.outcome.as_str()));
        put("cause", json!(f.cause));
        put("cleanup", json!(f.cleanup.as_str()));
        put("resource", json!(f.resource.as_ref().map(|r| json!({"kind": r.kind().name, "id": r.id()}))));
        for kind in crate::RESOURCE_KINDS {
            put(kind.id_fact, json!(self.resource_id(kind)));
        }
        put("path", json!(f.path.as_ref().map(|p| p.to_string_lossy())));
        put("errno", json!(f.errno));
        put("journal", json!(f.journal.as_ref().map(|p| p.to_string_lossy())));
        put("etag", json!(f.etag));
        Value::Object(map)
    }
}

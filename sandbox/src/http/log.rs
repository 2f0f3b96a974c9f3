//! The record of every request to the API and to storage, in order of arrival. Knows no service.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use hyper::http::request::Parts;
use serde_json::{Map, Value, json};

use super::form_fields::{FieldReader, boundary};
use super::query::part_number;
use crate::lock::lock;

/// All requests since the start or the last clearing.
#[derive(Default)]
pub(crate) struct Log {
    entries: Mutex<Vec<Arc<Entry>>>,
    next: AtomicU64,
}

/// One request.
pub(crate) struct Entry {
    n: u64,
    op: &'static str,
    method: String,
    path: String,
    query_names: Vec<String>,
    part_number: Option<u64>,
    headers: Map<String, Value>,
    pub authorization: bool,
    pub content_length: Option<u64>,
    pub chunked: bool,
    connection: u64,
    body_bytes: AtomicU64,
    outcome: Mutex<Outcome>,
}

/// The part of a record that comes after the head.
#[derive(Default)]
struct Outcome {
    reader: Option<FieldReader>,
    fields: Vec<(String, String)>,
    status: Option<u16>,
    fault: Option<Value>,
}

impl Log {
    pub fn begin(&self, op: &'static str, head: &Parts, connection: u64) -> Arc<Entry> {
        let mut entries = lock(&self.entries);
        let mut headers = Map::new();
        for name in head.headers.keys() {
            // A key is a secret: that there was one is all the log may hold.
            let value = if name == "authorization" {
                json!(true)
            } else {
                let values = head.headers.get_all(name).iter();
                let values: Vec<_> =
                    values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
                json!(values.join(", "))
            };
            headers.insert(name.as_str().to_string(), value);
        }
        let reader = (op == "post_form").then(|| boundary(&head.headers)).flatten().map(FieldReader::new);
        let entry = Arc::new(Entry {
            n: self.next.fetch_add(1, Ordering::Relaxed) + 1,
            op,
            method: head.method.to_string(),
            path: head.uri.path().to_string(),
            query_names: query_names(head.uri.query()),
            part_number: part_number(head.uri.query()),
            authorization: head.headers.contains_key("authorization"),
            content_length: head
                .headers
                .get("content-length")
                .and_then(|value| value.to_str().ok()?.parse().ok()),
            chunked: head.headers.contains_key("transfer-encoding"),
            headers,
            connection,
            body_bytes: AtomicU64::new(0),
            outcome: Mutex::new(Outcome { reader, ..Outcome::default() }),
        });
        entries.push(entry.clone());
        entry
    }

    pub fn clear(&self) {
        lock(&self.entries).clear();
    }

    pub fn to_json(&self) -> Value {
        lock(&self.entries).iter().map(|entry| entry.to_json()).collect()
    }
}

impl Entry {
    /// Body bytes as they are read.
    pub fn record_body(&self, data: &[u8]) {
        self.body_bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
        let mut outcome = lock(&self.outcome);
        if let Some(fields) = outcome.reader.as_mut().and_then(|reader| reader.read(data)) {
            outcome.reader = None;
            outcome.fields = fields;
        }
    }

    pub fn set_status(&self, status: u16) {
        lock(&self.outcome).status = Some(status);
    }

    pub fn set_fault(&self, fault: Value) {
        lock(&self.outcome).fault = Some(fault);
    }

    fn to_json(&self) -> Value {
        let outcome = lock(&self.outcome);
        json!({
            "n": self.n,
            "op": self.op,
            "method": self.method,
            "path": self.path,
            "query_names": self.query_names,
            "part_number": self.part_number,
            "headers": self.headers,
            "authorization": self.authorization,
            "content_length": self.content_length,
            "chunked": self.chunked,
            "body_bytes": self.body_bytes.load(Ordering::Relaxed),
            "fields": outcome.fields,
            "status": outcome.status,
            "fault": outcome.fault,
            "connection": self.connection,
        })
    }
}

fn query_names(query: Option<&str>) -> Vec<String> {
    query
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split('=').next().unwrap_or_default().to_string())
        .collect()
}

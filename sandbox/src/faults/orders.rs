//! Misbehaviour on order: what was ordered, and which order a request meets. Carrying it out is
//! the server's work.

use std::sync::Mutex;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::http::log::lock;
use crate::server::listener::OPS;

/// The queue of orders.
#[derive(Default)]
pub(crate) struct Faults {
    orders: Mutex<Vec<Order>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    on: String,
    #[serde(default)]
    skip: u64,
    #[serde(default = "once")]
    times: i64,
    #[serde(rename = "do")]
    action: Value,
    #[serde(skip)]
    parsed: Option<Fault>,
}

fn once() -> i64 {
    1
}

/// One action, checked.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub delay_ms: u64,
    pub action: Action,
    /// As it was ordered, for the log.
    pub ordered: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// Only the delay.
    Nothing,
    Reply {
        reply: Canned,
        early: bool,
    },
    LoseReply,
    ResetAfter(u64),
    RefuseAfter {
        bytes: u64,
        reply: Canned,
    },
    StallAfter(u64),
    Slow(u64),
    TruncateReply(usize),
    EndlessReply,
    /// These bytes, whatever they are, and then the end.
    RawReply(Vec<u8>),
    Patch {
        json: Map<String, Value>,
        headers: Map<String, Value>,
    },
}

/// A reply made by the order.
#[derive(Debug, Clone)]
pub(crate) struct Canned {
    pub status: u16,
    pub headers: Map<String, Value>,
    pub body: String,
    pub content_type: &'static str,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawAction {
    reply: Option<RawReply>,
    early: bool,
    lose_reply: bool,
    reset_after: Option<u64>,
    refuse_after: Option<u64>,
    status: Option<u16>,
    body: Option<Value>,
    headers: Map<String, Value>,
    stall_after: Option<u64>,
    slow: Option<u64>,
    truncate_reply: Option<usize>,
    endless_reply: bool,
    raw_reply: Option<String>,
    patch: Option<Map<String, Value>>,
    patch_headers: Option<Map<String, Value>>,
    delay_ms: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawReply {
    status: Option<u16>,
    headers: Map<String, Value>,
    body: Option<Value>,
    early: bool,
}

const ACCESS_DENIED: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code>\
<Message>Access Denied</Message><RequestId>SANDBOXFAULT0001</RequestId><HostId>sandbox</HostId></Error>";

impl Faults {
    /// Adds an order, or a list of them, at the end of the queue.
    pub fn order(&self, value: Value) -> Result<(), String> {
        let values = match value {
            Value::Array(values) => values,
            one => vec![one],
        };
        let mut orders = Vec::new();
        for value in values {
            let mut order: Order = serde_json::from_value(value).map_err(|error| error.to_string())?;
            if order.on != "any" && !OPS.contains(&order.on.as_str()) {
                return Err(format!("on: unknown operation {:?}; one of any, {}", order.on, OPS.join(", ")));
            }
            if order.times == 0 || order.times < -1 {
                return Err("times: expected a positive number, or -1 for ever".into());
            }
            order.parsed = Some(parse(&order.action)?);
            orders.push(order);
        }
        lock(&self.orders).extend(orders);
        Ok(())
    }

    pub fn clear(&self) {
        lock(&self.orders).clear();
    }

    /// The fault this request meets. Orders are asked first to last; one that still skips counts
    /// the request and leaves it to the next.
    pub fn take(&self, op: &str) -> Option<Fault> {
        let mut orders = lock(&self.orders);
        let mut found = None;
        for (at, order) in orders.iter_mut().enumerate() {
            if order.on != "any" && order.on != op {
                continue;
            }
            if order.skip > 0 {
                order.skip -= 1;
                continue;
            }
            found = Some((at, order.parsed.clone()));
            break;
        }
        let (at, fault) = found?;
        match orders[at].times {
            -1 => {}
            1 => {
                orders.remove(at);
            }
            _ => orders[at].times -= 1,
        }
        fault
    }
}

/// Checks one action.
pub(crate) fn parse(ordered: &Value) -> Result<Fault, String> {
    let raw: RawAction = serde_json::from_value(ordered.clone()).map_err(|error| format!("do: {error}"))?;
    let mut actions = Vec::new();

    if let Some(reply) = raw.reply {
        let early = raw.early || reply.early;
        let reply = canned(reply.status.unwrap_or(503), reply.headers, reply.body)?;
        actions.push(Action::Reply { reply, early });
    } else if raw.early {
        return Err("do: early belongs to reply".into());
    }
    if let Some(bytes) = raw.refuse_after {
        let body = raw.body.unwrap_or_else(|| ACCESS_DENIED.into());
        let reply = canned(raw.status.unwrap_or(403), raw.headers, Some(body))?;
        actions.push(Action::RefuseAfter { bytes, reply });
    } else if raw.status.is_some() || raw.body.is_some() || !raw.headers.is_empty() {
        return Err("do: status, headers and body belong to refuse_after or inside reply".into());
    }
    if raw.lose_reply {
        actions.push(Action::LoseReply);
    }
    actions.extend(raw.reset_after.map(Action::ResetAfter));
    actions.extend(raw.stall_after.map(Action::StallAfter));
    if let Some(rate) = raw.slow {
        if rate == 0 {
            return Err("do: slow: expected bytes per second above 0".into());
        }
        actions.push(Action::Slow(rate));
    }
    actions.extend(raw.truncate_reply.map(Action::TruncateReply));
    if raw.endless_reply {
        actions.push(Action::EndlessReply);
    }
    if let Some(text) = raw.raw_reply {
        actions.push(Action::RawReply(bytes(&text)?));
    }
    if raw.patch.is_some() || raw.patch_headers.is_some() {
        actions.push(Action::Patch {
            json: raw.patch.unwrap_or_default(),
            headers: raw.patch_headers.unwrap_or_default(),
        });
    }

    if actions.len() > 1 {
        return Err("do: more than one action".into());
    }
    let action = match actions.pop() {
        Some(action) => action,
        None if raw.delay_ms.is_some() => Action::Nothing,
        None => return Err("do: no action".into()),
    };
    Ok(Fault { delay_ms: raw.delay_ms.unwrap_or(0), action, ordered: ordered.clone() })
}

/// One byte for each character, so that text can hold any.
fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let each = text
        .chars()
        .map(|c| u8::try_from(c).map_err(|_| "do: raw_reply: a character beyond U+00FF".to_owned()));
    each.collect()
}

fn canned(status: u16, headers: Map<String, Value>, body: Option<Value>) -> Result<Canned, String> {
    if !(200..=599).contains(&status) {
        return Err(format!("do: status {status} is not a final HTTP status"));
    }
    let (body, content_type) = match body {
        None => (String::new(), ""),
        Some(Value::String(text)) if text.trim_start().starts_with('<') => (text, "application/xml"),
        Some(Value::String(text)) => (text, "text/plain"),
        Some(json) => (json.to_string(), "application/json"),
    };
    Ok(Canned { status, headers, body, content_type })
}

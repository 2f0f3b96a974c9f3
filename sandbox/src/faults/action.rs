//! The actions that an order can name, and how they are read.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::watch;

/// One action, checked.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    delay_ms: u64,
    pub(super) hold: bool,
    /// Of a request that is held: its end.
    pub(super) held: Option<watch::Receiver<()>>,
    pub action: Action,
    /// As it was ordered, for the log.
    pub ordered: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// Only the delay, or the wait.
    Nothing,
    Reply {
        reply: OrderedReply,
        early: bool,
    },
    LoseReply,
    ResetAfter(u64),
    RefuseAfter {
        bytes: u64,
        reply: OrderedReply,
    },
    StallAfter(u64),
    /// A bit of the body is another, after so many bytes.
    FlipBit(u64),
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
pub(crate) struct OrderedReply {
    pub status: u16,
    pub headers: Map<String, Value>,
    pub body: String,
    pub content_type: &'static str,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ActionFields {
    reply: Option<ReplyFields>,
    early: bool,
    lose_reply: bool,
    reset_after: Option<u64>,
    refuse_after: Option<u64>,
    status: Option<u16>,
    body: Option<Value>,
    headers: Map<String, Value>,
    stall_after: Option<u64>,
    flip_bit: Option<u64>,
    slow: Option<u64>,
    truncate_reply: Option<usize>,
    endless_reply: bool,
    raw_reply: Option<String>,
    patch: Option<Map<String, Value>>,
    patch_headers: Option<Map<String, Value>>,
    delay_ms: Option<u64>,
    hold: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ReplyFields {
    status: Option<u16>,
    headers: Map<String, Value>,
    body: Option<Value>,
    early: bool,
}

const ACCESS_DENIED: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code>\
<Message>Access Denied</Message><RequestId>SANDBOXFAULT0001</RequestId><HostId>sandbox</HostId></Error>";

/// Checks one action.
pub(crate) fn parse(ordered: &Value) -> Result<Fault, String> {
    let mut fields: ActionFields =
        serde_json::from_value(ordered.clone()).map_err(|error| format!("do: {error}"))?;
    let mut actions = Vec::new();
    actions.extend(reply(&mut fields)?);
    actions.extend(refusal(&mut fields)?);
    if fields.lose_reply {
        actions.push(Action::LoseReply);
    }
    actions.extend(fields.reset_after.map(Action::ResetAfter));
    actions.extend(fields.stall_after.map(Action::StallAfter));
    actions.extend(fields.flip_bit.map(Action::FlipBit));
    if let Some(rate) = fields.slow {
        if rate == 0 {
            return Err("do: slow: expected bytes per second above 0".into());
        }
        actions.push(Action::Slow(rate));
    }
    actions.extend(fields.truncate_reply.map(Action::TruncateReply));
    if fields.endless_reply {
        actions.push(Action::EndlessReply);
    }
    if let Some(text) = fields.raw_reply {
        actions.push(Action::RawReply(bytes(&text)?));
    }
    if fields.patch.is_some() || fields.patch_headers.is_some() {
        actions.push(Action::Patch {
            json: fields.patch.unwrap_or_default(),
            headers: fields.patch_headers.unwrap_or_default(),
        });
    }

    if actions.len() > 1 {
        return Err("do: more than one action".into());
    }
    let action = match actions.pop() {
        Some(action) => action,
        None if fields.delay_ms.is_some() || fields.hold => Action::Nothing,
        None => return Err("do: no action".into()),
    };
    let delay_ms = fields.delay_ms.unwrap_or(0);
    Ok(Fault { delay_ms, hold: fields.hold, held: None, action, ordered: ordered.clone() })
}

impl Fault {
    /// Waits as long as was ordered, and until nothing holds the request.
    pub async fn wait(&mut self) {
        if self.delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(self.delay_ms)).await;
        }
        if let Some(held) = &mut self.held {
            // Nothing is ever sent.
            let _ = held.changed().await;
        }
    }
}

fn reply(fields: &mut ActionFields) -> Result<Option<Action>, String> {
    let Some(reply) = fields.reply.take() else {
        return if fields.early { Err("do: early belongs to reply".into()) } else { Ok(None) };
    };
    let early = fields.early || reply.early;
    let reply = ordered_reply(reply.status.unwrap_or(503), reply.headers, reply.body)?;
    Ok(Some(Action::Reply { reply, early }))
}

fn refusal(fields: &mut ActionFields) -> Result<Option<Action>, String> {
    let (status, body, headers) = (fields.status, fields.body.take(), std::mem::take(&mut fields.headers));
    if let Some(bytes) = fields.refuse_after {
        let body = body.unwrap_or_else(|| ACCESS_DENIED.into());
        let reply = ordered_reply(status.unwrap_or(403), headers, Some(body))?;
        return Ok(Some(Action::RefuseAfter { bytes, reply }));
    }
    if status.is_some() || body.is_some() || !headers.is_empty() {
        return Err("do: status, headers and body belong to refuse_after or inside reply".into());
    }
    Ok(None)
}

/// One byte for each character, so that text can hold any.
fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let each = text
        .chars()
        .map(|c| u8::try_from(c).map_err(|_| "do: raw_reply: a character beyond U+00FF".to_owned()));
    each.collect()
}

fn ordered_reply(
    status: u16,
    headers: Map<String, Value>,
    body: Option<Value>,
) -> Result<OrderedReply, String> {
    if !(200..=599).contains(&status) {
        return Err(format!("do: status {status} is not a final HTTP status"));
    }
    let (body, content_type) = match body {
        None => (String::new(), ""),
        Some(Value::String(text)) if text.trim_start().starts_with('<') => (text, "application/xml"),
        Some(Value::String(text)) => (text, "text/plain"),
        Some(json) => (json.to_string(), "application/json"),
    };
    Ok(OrderedReply { status, headers, body, content_type })
}

//! An agent that registers itself through the API.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};

use super::agents::{add_or_replace, new_agent};
use super::errors::{error, invalid, problem};
use super::reader::object;
use crate::app::App;
use crate::http::reply::{self, Reply};
use crate::lock::lock;
use crate::state::OWN_ACCOUNT;

/// `POST /v1/agents/register`: an agent of the own account, with the public half of its key.
pub(crate) fn register_own(app: &App, head: &Parts, body: &Bytes) -> Reply {
    let mut map = match object(head, body) {
        Ok(map) => map,
        Err(problems) => return invalid(problems),
    };
    let problems = registration_problems(&map);
    if !problems.is_empty() {
        return invalid(problems);
    }
    let id = map.shift_remove("agent_id").and_then(|id| Some(id.as_str()?.to_string())).unwrap_or_default();
    let mut state = lock(&app.state);
    if state.agents.iter().any(|agent| agent.id == id && agent.is_own()) {
        return error(StatusCode::CONFLICT, "AGENT_EXISTS", "Your account has an agent of this name");
    }
    let keys: Map<String, Value> =
        map.iter().filter(|(name, _)| name.contains("_key")).map(|(k, v)| (k.clone(), v.clone())).collect();
    let agent = new_agent(id, OWN_ACCOUNT.map(String::from), &keys);
    let mut shown = agent.shown.clone();
    shown["inbox_url"] = json!(format!("{}/v1/agents/{}/inbox", app.api_url, agent.uuid));
    add_or_replace(&mut state, agent);
    reply::json(StatusCode::CREATED, &shown)
}

fn registration_problems(map: &Map<String, Value>) -> Vec<Value> {
    const TEXTS: [&str; 7] = [
        "agent_id",
        "public_key",
        "public_key_algorithm",
        "name",
        "description",
        "webhook_url",
        "signing_public_key",
    ];
    let mut problems = Vec::new();
    for (name, value) in map {
        let wrong = match name.as_str() {
            "metadata" => (!value.is_object()).then_some("expected an object"),
            "signing_key_algorithm" => (value != "Ed25519").then_some("expected Ed25519"),
            name if TEXTS.contains(&name) => (!value.is_string()).then_some("expected a string"),
            _ => Some("unrecognized field"),
        };
        problems.extend(wrong.map(|wrong| problem(name, wrong)));
    }
    let text = |name: &str| map.get(name).and_then(Value::as_str).unwrap_or_default();
    let id = text("agent_id");
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if id.is_empty() || !id.bytes().all(allowed) {
        problems.push(problem("agent_id", "expected letters, digits, hyphens, underscores or dots"));
    }
    // Of 32 zeros every shared secret is known.
    let key = BASE64.decode(text("public_key")).unwrap_or_default();
    if key.len() != 32 || key.iter().all(|byte| *byte == 0) {
        problems.push(problem("public_key", "expected base64 of a key of 32 bytes"));
    }
    if text("public_key_algorithm") != "X25519" {
        problems.push(problem("public_key_algorithm", "expected X25519"));
    }
    problems
}

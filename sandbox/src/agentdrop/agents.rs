//! Who there is to send to: AgentDrop's agents, their keys, and the channels between them. A test
//! registers anybody, under any account; through the API one registers oneself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::agentdrop::read::problem;
use crate::agentdrop::routes::{self as agentdrop, error, invalid, not_found};
use crate::http::log::lock;
use crate::http::reply::{self, Reply};
use crate::server::listener::App;
use crate::storage::handler::query_value;
use crate::storage::objects::State;

/// The account that the API key belongs to.
const OWN: [&str; 3] = ["7d3f0a52-4c1e-4b7a-9a7e-2f9b6c1d5e01", "Sandbox", "owner@sandbox.test"];

#[derive(Debug, Clone)]
pub(crate) struct Agent {
    pub id: String,
    uuid: String,
    account_id: String,
    account_name: String,
    email: String,
    /// As `resolve` shows it.
    shown: Value,
}

/// Two agents of which each knows the other's key.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub id: String,
    ends: [Agent; 2],
}

/// What there is under an agent's id.
pub(crate) enum Found<'a> {
    Nobody,
    One(&'a Agent),
    Several(Vec<&'a Agent>),
}

impl Agent {
    fn key(&self) -> &Value {
        &self.shown["public_key"]
    }

    fn is_own(&self) -> bool {
        self.account_id == OWN[0]
    }

    /// An account goes by its id, its address or its name.
    fn is_of(&self, account: &str) -> bool {
        self.account_id.eq_ignore_ascii_case(account)
            || self.email.eq_ignore_ascii_case(account)
            || self.account_name == account
    }
}

pub(crate) fn find<'a>(state: &'a State, id: &str, account: Option<&str>) -> Found<'a> {
    let agents = state.agents.iter();
    let mut found: Vec<&Agent> =
        agents.filter(|agent| agent.id == id && account.is_none_or(|account| agent.is_of(account))).collect();
    match found.len() {
        0 => Found::Nobody,
        1 => Found::One(found.remove(0)),
        _ => Found::Several(found),
    }
}

/// The key of an agent, of the own account if several have the id; null if there is none.
pub(crate) fn public_key(agents: &[Agent], id: &str, account: Option<&str>) -> Value {
    let of_id = || agents.iter().filter(|agent| agent.id == id);
    let found = match account {
        Some(account) => of_id().find(|agent| agent.is_of(account)),
        None => of_id().find(|agent| agent.is_own()).or_else(|| of_id().next()),
    };
    found.map_or(Value::Null, |agent| agent.key().clone())
}

pub(crate) fn resolve(app: &App, query: Option<&str>) -> Reply {
    let Some(id) = query_value(query, "agent_id") else {
        return invalid(vec![problem("agent_id", "required")]);
    };
    let account = query_value(query, "account");
    match find(&lock(&app.state), &id, account.as_deref()) {
        Found::One(agent) => reply::json(StatusCode::OK, &agent.shown),
        Found::Nobody => not_found("Agent not found"),
        Found::Several(agents) => ambiguous(&agents),
    }
}

pub(crate) fn ambiguous(agents: &[&Agent]) -> Reply {
    let candidates: Vec<Value> = agents
        .iter()
        .map(|agent| {
            json!({
                "account_id": agent.account_id,
                "account_name": agent.account_name,
                "email_masked": masked(&agent.email),
            })
        })
        .collect();
    reply::json(
        StatusCode::BAD_REQUEST,
        &json!({ "error": {
            "code": "AMBIGUOUS_RECIPIENT",
            "message": "Several accounts have an agent of this name",
            "status": 400,
            "candidates": candidates,
        }}),
    )
}

/// `et***@gmail.com`
fn masked(email: &str) -> String {
    let (name, domain) = email.split_once('@').unwrap_or((email, ""));
    let start: String = name.chars().take(2).collect();
    format!("{start}***@{domain}")
}

/// Takes an agent, or a list of them, as a test gives it. Of what is not named here everything is shown
/// by `resolve` as it was given, so that a test can make it say anything.
pub(crate) fn register(state: &mut State, value: &Value) -> Result<(), String> {
    let agents = match value {
        Value::Array(values) => values.iter().map(agent).collect::<Result<Vec<_>, _>>()?,
        one => vec![agent(one)?],
    };
    agents.into_iter().for_each(|agent| replace(state, agent));
    Ok(())
}

fn agent(value: &Value) -> Result<Agent, String> {
    let mut given = value.as_object().ok_or("expected a JSON object")?.clone();
    let mut text = |name: &str| match given.shift_remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("{name}: expected a string")),
    };
    let id = text("agent_id")?.ok_or("agent_id: expected a string")?;
    let account_id = text("account_id")?.unwrap_or_else(|| OWN[0].into());
    let own = account_id == OWN[0];
    let account_name = text("account_name")?.unwrap_or_else(|| if own { OWN[1] } else { &id }.into());
    let email = text("email")?;
    let email =
        email.unwrap_or_else(|| if own { OWN[2].into() } else { format!("{account_id}@sandbox.test") });
    if !matches!(given.get("public_key"), None | Some(Value::Null | Value::String(_))) {
        return Err("public_key: expected a string or null".into());
    }
    Ok(make(id, [account_id, account_name, email], &given))
}

fn make(id: String, [account_id, account_name, email]: [String; 3], more: &Map<String, Value>) -> Agent {
    let uuid = Uuid::new_v4().to_string();
    let mut shown = json!({
        "agent_id": id,
        "agent_uuid": uuid,
        "public_key": null,
        "public_key_algorithm": "X25519",
        "key_version": 1,
        "signing_public_key": null,
        "connection_status": "connected",
    });
    for (name, value) in more {
        shown[name] = value.clone();
    }
    Agent { id, uuid, account_id, account_name, email, shown }
}

/// An account has one agent of a name.
fn replace(state: &mut State, agent: Agent) {
    state.agents.retain(|known| known.id != agent.id || known.account_id != agent.account_id);
    state.agents.push(agent);
}

/// Every agent, for the control endpoint.
pub(crate) fn show_all(state: &State) -> Value {
    let show = |agent: &Agent| {
        let mut shown = agent.shown.clone();
        shown["account_id"] = json!(agent.account_id);
        shown["account_name"] = json!(agent.account_name);
        shown["email"] = json!(agent.email);
        shown
    };
    state.agents.iter().map(show).collect()
}

/// `POST /v1/agents/register`: an agent of the own account, with the public half of its key.
pub(crate) fn register_own(app: &App, head: &Parts, body: &Bytes) -> Reply {
    let mut map = match agentdrop::object(head, body) {
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
    let agent = make(id, OWN.map(String::from), &keys);
    let mut shown = agent.shown.clone();
    shown["inbox_url"] = json!(format!("{}/v1/agents/{}/inbox", app.api_url, agent.uuid));
    replace(&mut state, agent);
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

/// What has arrived for an agent, by its uuid.
pub(crate) fn inbox(app: &App, uuid: &str, query: Option<&str>) -> Reply {
    let state = lock(&app.state);
    let Some(agent) = state.agents.iter().find(|agent| agent.uuid == uuid) else {
        return not_found("Agent not found");
    };
    let status = query_value(query, "status").unwrap_or_else(|| "active".into());
    let limit = match query_value(query, "limit").map_or(Ok(50), |limit| limit.parse()) {
        Ok(limit @ 1..=100) => limit,
        _ => return invalid(vec![problem("limit", "expected an integer from 1 to 100")]),
    };
    let transfers: Vec<Value> = state
        .transfers
        .iter()
        .filter(|transfer| transfer.recipient == agent.id && agentdrop::status(transfer) == status)
        .filter(|transfer| transfer.recipient_account.as_deref().is_none_or(|account| agent.is_of(account)))
        .take(limit)
        .map(|transfer| {
            let mut shown = agentdrop::show(transfer, &app.api_url);
            shown["channel_id"] = json!(transfer.channel_id);
            shown["encryption_salt"] = json!(transfer.encryption_salt);
            shown
        })
        .collect();
    reply::json(StatusCode::OK, &json!({ "transfers": transfers }))
}

fn show_channel(channel: &Channel) -> Value {
    let [a, b] = &channel.ends;
    json!({
        "id": channel.id,
        "status": "active",
        "agent_a_id": a.uuid,
        "agent_b_id": b.uuid,
        "agent_a_public_key": a.key(),
        "agent_b_public_key": b.key(),
    })
}

pub(crate) fn channels(app: &App) -> Reply {
    let channels: Vec<Value> = lock(&app.state).channels.iter().map(show_channel).collect();
    reply::json(StatusCode::OK, &json!({ "channels": channels }))
}

pub(crate) fn channel(app: &App, id: &str) -> Reply {
    match lock(&app.state).channels.iter().find(|channel| channel.id == id) {
        Some(channel) => reply::json(StatusCode::OK, &show_channel(channel)),
        None => not_found("Channel not found"),
    }
}

/// `POST /v1/channels`: the channel of two agents, made if there is none. With another account's agent, or
/// one without a key, it waits for the other side, for ever here.
///
/// The official SDK compares the ends of a channel with uuids when it reads one, but with agent ids when it
/// looks through the list. We give uuids, so it never finds its channel there and always ends up here.
pub(crate) fn open_channel(app: &App, head: &Parts, body: &Bytes) -> Reply {
    let map = match agentdrop::object(head, body) {
        Ok(map) => map,
        Err(problems) => return invalid(problems),
    };
    let names = ["agent_id", "target_agent_id"];
    let mut problems: Vec<Value> = map
        .keys()
        .filter(|name| !names.contains(&name.as_str()))
        .map(|name| problem(name, "unrecognized field"))
        .collect();
    problems.extend(
        names
            .iter()
            .filter(|name| !map.get(**name).is_some_and(Value::is_string))
            .map(|name| problem(name, "expected a string")),
    );
    if !problems.is_empty() {
        return invalid(problems);
    }
    let mut state = lock(&app.state);
    let end = |name: &str| find(&state, map.get(name).and_then(Value::as_str).unwrap_or_default(), None);
    let (own, peer) = match (end("agent_id"), end("target_agent_id")) {
        (Found::One(own), Found::One(peer)) => (own.clone(), peer.clone()),
        (Found::Several(agents), _) | (_, Found::Several(agents)) => return ambiguous(&agents),
        _ => return not_found("Agent not found"),
    };
    if !own.is_own() || !peer.is_own() || !own.key().is_string() || !peer.key().is_string() {
        let id = format!("ch_{}", Uuid::new_v4());
        return reply::json(StatusCode::CREATED, &json!({ "id": id, "status": "pending" }));
    }
    let joins =
        |channel: &Channel| channel.ends.iter().all(|end| end.uuid == own.uuid || end.uuid == peer.uuid);
    let id = match state.channels.iter().find(|channel| joins(channel)) {
        Some(channel) => channel.id.clone(),
        None => {
            let id = format!("ch_{}", Uuid::new_v4());
            let ends = [own, peer.clone()];
            state.channels.push(Channel { id: id.clone(), ends });
            id
        }
    };
    let shown = json!({ "id": id, "status": "active", "their_public_key": peer.key() });
    reply::json(StatusCode::CREATED, &shown)
}

/// Whether this channel joins these two.
pub(crate) fn channel_joins(state: &State, id: &str, one: &str, other: &str) -> bool {
    state.channels.iter().any(|channel| {
        let [a, b] = &channel.ends;
        channel.id == id && ((a.id == one && b.id == other) || (a.id == other && b.id == one))
    })
}

//! AgentDrop's agents and their keys. A test registers anybody, under any account.

use hyper::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::errors::{invalid, not_found, problem};
use crate::app::App;
use crate::http::query::query_value;
use crate::http::reply::{self, Reply};
use crate::lock::lock;
use crate::state::{Agent, OWN_ACCOUNT, State};

/// The agents of one id.
pub(crate) enum Lookup<'a> {
    Nobody,
    One(&'a Agent),
    Several(Vec<&'a Agent>),
}

pub(crate) fn find<'a>(state: &'a State, id: &str, account: Option<&str>) -> Lookup<'a> {
    let agents = state.agents.iter();
    let mut found: Vec<&Agent> =
        agents.filter(|agent| agent.id == id && account.is_none_or(|account| agent.is_of(account))).collect();
    match found.len() {
        0 => Lookup::Nobody,
        1 => Lookup::One(found.remove(0)),
        _ => Lookup::Several(found),
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
        Lookup::One(agent) => reply::json(StatusCode::OK, &agent.shown),
        Lookup::Nobody => not_found("Agent not found"),
        Lookup::Several(agents) => ambiguous(&agents),
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
    agents.into_iter().for_each(|agent| add_or_replace(state, agent));
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
    let account_id = text("account_id")?.unwrap_or_else(|| OWN_ACCOUNT[0].into());
    let own = account_id == OWN_ACCOUNT[0];
    let account_name = text("account_name")?.unwrap_or_else(|| if own { OWN_ACCOUNT[1] } else { &id }.into());
    let email = text("email")?;
    let email = email
        .unwrap_or_else(|| if own { OWN_ACCOUNT[2].into() } else { format!("{account_id}@sandbox.test") });
    if !matches!(given.get("public_key"), None | Some(Value::Null | Value::String(_))) {
        return Err("public_key: expected a string or null".into());
    }
    Ok(new_agent(id, [account_id, account_name, email], &given))
}

pub(crate) fn new_agent(
    id: String,
    [account_id, account_name, email]: [String; 3],
    more: &Map<String, Value>,
) -> Agent {
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
pub(crate) fn add_or_replace(state: &mut State, agent: Agent) {
    state.agents.retain(|known| known.id != agent.id || known.account_id != agent.account_id);
    state.agents.push(agent);
}

/// Every agent, for the control endpoint.
pub(crate) fn all_agents(state: &State) -> Value {
    let show = |agent: &Agent| {
        let mut shown = agent.shown.clone();
        shown["account_id"] = json!(agent.account_id);
        shown["account_name"] = json!(agent.account_name);
        shown["email"] = json!(agent.email);
        shown
    };
    state.agents.iter().map(show).collect()
}

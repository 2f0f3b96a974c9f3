//! Channels between agents of which each knows the other's key.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::agents::{Lookup, ambiguous, find};
use super::errors::{invalid, not_found, problem};
use super::reader::object;
use crate::app::App;
use crate::http::reply::{self, Reply};
use crate::lock::lock;
use crate::state::{Channel, State};

pub(crate) fn list(app: &App) -> Reply {
    let channels: Vec<Value> = lock(&app.state).channels.iter().map(show_channel).collect();
    reply::json(StatusCode::OK, &json!({ "channels": channels }))
}

pub(crate) fn get(app: &App, id: &str) -> Reply {
    match lock(&app.state).channels.iter().find(|channel| channel.id == id) {
        Some(channel) => reply::json(StatusCode::OK, &show_channel(channel)),
        None => not_found("Channel not found"),
    }
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

/// `POST /v1/channels`: the channel of two agents, made if there is none. With another account's agent, or
/// one without a key, it waits for the other side, for ever here.
///
/// The official SDK compares the ends of a channel with uuids when it reads one, but with agent ids when it
/// looks through the list. We give uuids, so it never finds its channel there and always ends up here.
pub(crate) fn open(app: &App, head: &Parts, body: &Bytes) -> Reply {
    let map = match object(head, body) {
        Ok(map) => map,
        Err(problems) => return invalid(problems),
    };
    let problems = open_problems(&map);
    if !problems.is_empty() {
        return invalid(problems);
    }
    let mut state = lock(&app.state);
    let end = |name: &str| find(&state, map.get(name).and_then(Value::as_str).unwrap_or_default(), None);
    let (own, peer) = match (end("agent_id"), end("target_agent_id")) {
        (Lookup::One(own), Lookup::One(peer)) => (own.clone(), peer.clone()),
        (Lookup::Several(agents), _) | (_, Lookup::Several(agents)) => return ambiguous(&agents),
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

fn open_problems(map: &Map<String, Value>) -> Vec<Value> {
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
    problems
}

/// Whether this channel joins these two.
pub(crate) fn joins(state: &State, id: &str, one: &str, other: &str) -> bool {
    state.channels.iter().any(|channel| {
        let [a, b] = &channel.ends;
        channel.id == id && ((a.id == one && b.id == other) || (a.id == other && b.id == one))
    })
}

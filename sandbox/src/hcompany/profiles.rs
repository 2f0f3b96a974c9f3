//! Registered browser profiles: shown, listed and deleted.

use hyper::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::errors::{detail, problem, unprocessable};
use crate::app::App;
use crate::http::reply::{self, Reply};
use crate::lock::lock;

pub(crate) fn profile_id(text: &str) -> Result<String, Value> {
    Uuid::parse_str(text).map(|id| id.to_string()).map_err(|error| {
        problem(
            "uuid_parsing",
            json!(["path", "profile_id"]),
            &format!("Input should be a valid UUID, {error}"),
            text.into(),
        )
    })
}

pub(crate) fn get(app: &App, id: &str) -> Reply {
    match lock(&app.state).profiles.iter().find(|profile| profile.id == id) {
        Some(profile) => reply::json(StatusCode::OK, &profile.shown),
        None => detail(StatusCode::NOT_FOUND, "Browser profile not found"),
    }
}

pub(crate) fn list(app: &App, query: Option<&str>) -> Reply {
    let mut limit = 10;
    let mut offset = 0;
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let parsed = value.parse::<usize>().ok();
        match (name, parsed) {
            ("limit", Some(value @ 1..=1000)) => limit = value,
            ("offset", Some(value)) => offset = value,
            ("limit" | "offset", _) => {
                return unprocessable(vec![problem(
                    "int_parsing",
                    json!(["query", name]),
                    "Input should be a valid integer in range",
                    value.into(),
                )]);
            }
            _ => {}
        }
    }
    let state = lock(&app.state);
    let profiles: Vec<&Value> =
        state.profiles.iter().skip(offset).take(limit).map(|profile| &profile.shown).collect();
    reply::json(
        StatusCode::OK,
        &json!({
            "total": state.profiles.len(),
            "limit": limit,
            "offset": offset,
            "profiles": profiles,
        }),
    )
}

pub(crate) fn delete(app: &App, id: &str) -> Reply {
    let mut state = lock(&app.state);
    let Some(at) = state.profiles.iter().position(|profile| profile.id == id) else {
        return detail(StatusCode::NOT_FOUND, "Browser profile not found");
    };
    let profile = state.profiles.remove(at);
    app.storage.objects.remove(&profile.object_key);
    reply::empty(StatusCode::NO_CONTENT)
}

/// For the control endpoint.
pub(crate) fn all_profiles(app: &App) -> Value {
    lock(&app.state).profiles.iter().map(|profile| profile.shown.clone()).collect()
}

//! Registering a profile that has been uploaded.

use std::sync::Arc;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::complete_body::read;
use super::errors::{detail, problem, unprocessable};
use super::profiles::profile_id;
use crate::app::App;
use crate::http::reply::{self, Reply};
use crate::lock::lock;
use crate::presign::rfc3339;
use crate::state::Profile;
use crate::storage::Object;

const ORG_ID: &str = "0bb5c7a4-6f0e-4d6e-9d1c-5a4d7e2f1a01";
const USER_ID: &str = "0bb5c7a4-6f0e-4d6e-9d1c-5a4d7e2f1a02";
const BROWSERS: [&str; 6] = ["chromium", "firefox", "webkit", "selenium", "chrome", "edge"];

pub(crate) async fn complete(app: &Arc<App>, head: &Parts, id: &str, body: &Bytes) -> Reply {
    let (id, request) = match (profile_id(id), read(head, body)) {
        (Ok(id), Ok(request)) => (id, request),
        (id, request) => {
            let mut problems = request.err().unwrap_or_default();
            problems.extend(id.err());
            return unprocessable(problems);
        }
    };
    let pending = lock(&app.state).pending.iter().find(|pending| pending.id == id).cloned();
    let Some(pending) = pending else {
        return no_pending();
    };
    let browser = &request["browser_name"];
    if !BROWSERS.iter().any(|known| browser == known) {
        return unprocessable(vec![problem(
            "value_error",
            json!(["body", "browser_name"]),
            &format!("Unsupported browser_name, expected one of: {}", BROWSERS.join(", ")),
            browser.clone(),
        )]);
    }
    match app.storage.find(&pending.key).await {
        Some(object) => register(app, id, &request, &object),
        None => detail(StatusCode::UNPROCESSABLE_ENTITY, "Archive not found in storage"),
    }
}

fn register(app: &App, id: String, request: &Map<String, Value>, object: &Object) -> Reply {
    let mut state = lock(&app.state);
    // Asked again: another completion may have won while storage was being read.
    let Some(index) = state.pending.iter().position(|pending| pending.id == id) else {
        return no_pending();
    };
    let pending = state.pending.remove(index);
    let finished = pending.key.replacen("/pending/", "/finished/", 1);
    let object_key = if app.storage.is_external() {
        pending.key
    } else {
        app.storage.objects.rename(&pending.key, &finished);
        finished.clone()
    };
    let shown = show(&id, request, &finished, object);
    state.profiles.push(Profile { id, object_key, shown: shown.clone() });
    reply::json(StatusCode::CREATED, &shown)
}

fn show(id: &str, request: &Map<String, Value>, finished: &str, object: &Object) -> Value {
    let now = rfc3339(OffsetDateTime::now_utc());
    json!({
        "id": id,
        "user_id": USER_ID,
        "org_id": ORG_ID,
        "name": request["name"],
        "description": request.get("description"),
        "browser_name": request["browser_name"],
        "browser_version": request["browser_version"],
        "s3_path": finished,
        "file_size_bytes": object.size,
        "checksum": object.sha256,
        "usage_count": 0,
        "last_used_at": null,
        "labels": request.get("labels"),
        "is_default": false,
        "created_at": now,
        "updated_at": now,
    })
}

fn no_pending() -> Reply {
    detail(StatusCode::NOT_FOUND, "No pending upload found for this profile id")
}

//! H Company's browser profile endpoints, as strict as their documents. Knows storage only through
//! tickets and the question "what lies under this key".

use std::sync::Arc;

use bytes::Bytes;
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::http::log::lock;
use crate::http::reply::{self, Reply};
use crate::presign::rfc3339;
use crate::server::listener::App;
use crate::storage::objects::{PendingProfile, Profile};

pub(crate) const PREFIX: &str = "/api/v2/browser-profiles";
pub(crate) const API_KEY: &str = "hk-sandbox-0123456789abcdef";

const ORG_ID: &str = "0bb5c7a4-6f0e-4d6e-9d1c-5a4d7e2f1a01";
const USER_ID: &str = "0bb5c7a4-6f0e-4d6e-9d1c-5a4d7e2f1a02";
const BROWSERS: [&str; 6] = ["chromium", "firefox", "webkit", "selenium", "chrome", "edge"];
const TAGGING: &str =
    "<Tagging><TagSet><Tag><Key>status</Key><Value>pending</Value></Tag></TagSet></Tagging>";

pub(crate) async fn handle(app: &Arc<App>, head: &Parts, body: &Bytes) -> Reply {
    if !crate::server::listener::has_key(head, API_KEY) {
        return reply::json(StatusCode::UNAUTHORIZED, &json!({ "message": "Invalid or missing API key" }));
    }
    let path = head.uri.path();
    let rest = path.strip_prefix(PREFIX).unwrap_or_default();
    let segments: Vec<&str> = rest.split('/').skip(1).collect();
    match (&head.method, segments.as_slice()) {
        (&Method::POST, ["initiate-upload"]) => initiate(app, body),
        (&Method::POST, [id, "complete-upload"]) => complete(app, head, id, body).await,
        (&Method::GET, []) => list(app, head.uri.query()),
        (&Method::GET, [id]) => match profile_id(id) {
            Ok(id) => get(app, &id),
            Err(problem) => unprocessable(vec![problem]),
        },
        (&Method::DELETE, [id]) => match profile_id(id) {
            Ok(id) => delete(app, &id),
            Err(problem) => unprocessable(vec![problem]),
        },
        _ => detail(StatusCode::NOT_FOUND, "Not Found"),
    }
}

fn initiate(app: &App, body: &Bytes) -> Reply {
    if !body.is_empty() {
        return unprocessable(vec![problem(
            "extra_forbidden",
            json!(["body"]),
            "This endpoint takes no body",
            Value::Null,
        )]);
    }
    let settings = lock(&app.settings).clone();
    let id = Uuid::new_v4().to_string();
    let key = format!("browser-profiles/pending/org_sandbox/{id}/profile.zip");
    let mut fields = vec![
        ("key".to_string(), key.clone()),
        ("Content-Type".to_string(), "application/zip".to_string()),
        ("x-amz-checksum-algorithm".to_string(), "SHA256".to_string()),
    ];
    if settings.include_tagging {
        fields.push(("tagging".to_string(), TAGGING.to_string()));
    }
    let (signer, signed) = (app.ticket_signer(&settings), settings.signing_time());
    fields.extend(settings.fields);
    let (url, fields) = signer.form(fields, settings.max_profile_bytes, settings.upload_expires_in, signed);
    lock(&app.state).pending.push(PendingProfile { id: id.clone(), key });
    let fields: Map<String, Value> = fields.into_iter().map(|(name, value)| (name, value.into())).collect();
    reply::json(
        StatusCode::OK,
        &json!({
            "profile_id": id,
            "upload_url": url,
            "upload_fields": fields,
            "upload_expires_in": settings.upload_expires_in,
        }),
    )
}

async fn complete(app: &Arc<App>, head: &Parts, id: &str, body: &Bytes) -> Reply {
    let id = profile_id(id);
    let request = match parse_complete(head, body) {
        Ok(request) => request,
        Err(mut problems) => {
            problems.extend(id.err());
            return unprocessable(problems);
        }
    };
    let id = match id {
        Ok(id) => id,
        Err(problem) => return unprocessable(vec![problem]),
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
    let found = app.storage.find(&app.objects, &pending.key).await;
    let Some(object) = found else {
        return detail(StatusCode::UNPROCESSABLE_ENTITY, "Archive not found in storage");
    };

    let mut state = lock(&app.state);
    // Asked again: another completion may have won while storage was being read.
    let Some(at) = state.pending.iter().position(|pending| pending.id == id) else {
        return no_pending();
    };
    state.pending.remove(at);
    let finished = pending.key.replacen("/pending/", "/finished/", 1);
    let object_key = if app.storage_is_external() {
        pending.key
    } else {
        app.objects.rename(&pending.key, &finished);
        finished.clone()
    };
    let now = rfc3339(OffsetDateTime::now_utc());
    let shown = json!({
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
    });
    state.profiles.push(Profile { id, object_key, shown: shown.clone() });
    reply::json(StatusCode::CREATED, &shown)
}

/// The body of a completion, or what is wrong with it.
fn parse_complete(head: &Parts, body: &Bytes) -> Result<Map<String, Value>, Vec<Value>> {
    let not_a_model = |input: Value| {
        problem(
            "model_attributes_type",
            json!(["body"]),
            "Input should be a valid dictionary or object to extract fields from",
            input,
        )
    };
    if body.is_empty() {
        return Err(vec![problem("missing", json!(["body"]), "Field required", Value::Null)]);
    }
    if !crate::server::listener::is_json(head) {
        return Err(vec![not_a_model(String::from_utf8_lossy(body).into_owned().into())]);
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        let mut problem =
            problem("json_invalid", json!(["body", error.column()]), "JSON decode error", json!({}));
        problem["ctx"] = json!({ "error": error.to_string() });
        vec![problem]
    })?;
    let Value::Object(map) = value else {
        return Err(vec![not_a_model(value)]);
    };

    let mut problems = Vec::new();
    for name in ["name", "browser_name", "browser_version"] {
        match map.get(name) {
            None => problems.push(problem("missing", json!(["body", name]), "Field required", json!(map))),
            Some(Value::String(_)) => {}
            Some(other) => problems.push(not_a_string(json!(["body", name]), other)),
        }
    }
    for (name, value) in &map {
        match (name.as_str(), value) {
            ("name" | "browser_name" | "browser_version", _)
            | ("description", Value::String(_) | Value::Null) => {}
            ("description", other) => {
                problems.push(not_a_string(json!(["body", "description"]), other));
            }
            ("labels", Value::Object(labels)) => {
                for (label, value) in labels {
                    if !value.is_string() {
                        problems.push(not_a_string(json!(["body", "labels", label]), value));
                    }
                }
            }
            ("labels", other) => problems.push(problem(
                "dict_type",
                json!(["body", "labels"]),
                "Input should be a valid dictionary",
                other.clone(),
            )),
            (name, value) => problems.push(problem(
                "extra_forbidden",
                json!(["body", name]),
                "Extra inputs are not permitted",
                value.clone(),
            )),
        }
    }
    if problems.is_empty() { Ok(map) } else { Err(problems) }
}

fn get(app: &App, id: &str) -> Reply {
    match lock(&app.state).profiles.iter().find(|profile| profile.id == id) {
        Some(profile) => reply::json(StatusCode::OK, &profile.shown),
        None => detail(StatusCode::NOT_FOUND, "Browser profile not found"),
    }
}

fn list(app: &App, query: Option<&str>) -> Reply {
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

fn delete(app: &App, id: &str) -> Reply {
    let mut state = lock(&app.state);
    let Some(at) = state.profiles.iter().position(|profile| profile.id == id) else {
        return detail(StatusCode::NOT_FOUND, "Browser profile not found");
    };
    let profile = state.profiles.remove(at);
    app.objects.remove(&profile.object_key);
    reply::empty(StatusCode::NO_CONTENT)
}

fn profile_id(text: &str) -> Result<String, Value> {
    Uuid::parse_str(text).map(|id| id.to_string()).map_err(|error| {
        problem(
            "uuid_parsing",
            json!(["path", "profile_id"]),
            &format!("Input should be a valid UUID, {error}"),
            text.into(),
        )
    })
}

fn not_a_string(loc: Value, input: &Value) -> Value {
    problem("string_type", loc, "Input should be a valid string", input.clone())
}

fn problem(kind: &str, loc: Value, msg: &str, input: Value) -> Value {
    json!({ "type": kind, "loc": loc, "msg": msg, "input": input })
}

fn unprocessable(problems: Vec<Value>) -> Reply {
    reply::json(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "detail": problems }))
}

fn no_pending() -> Reply {
    detail(StatusCode::NOT_FOUND, "No pending upload found for this profile id")
}

fn detail(status: StatusCode, text: &str) -> Reply {
    reply::json(status, &json!({ "detail": text }))
}

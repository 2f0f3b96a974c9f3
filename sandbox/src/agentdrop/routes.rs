//! AgentDrop's endpoints: presigning, confirming, showing and downloading transfers, as strict as their
//! documents. Uploads in parts are `multipart`, uploads with the request `create`, and who there is to
//! send to `agents`. Knows storage only through presigned URLs and the question "what lies under this key".

use std::sync::Arc;

use bytes::Bytes;
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

use crate::agentdrop::agents::{self, Found};
use crate::agentdrop::read::{Kind, Reader, problem};
use crate::agentdrop::{create, multipart};
use crate::config::Settings;
use crate::http::log::lock;
use crate::http::reply::{self, Reply};
use crate::presign::rfc3339;
use crate::server::listener::{App, has_key, is_json};
use crate::storage::objects::{State, Transfer, UploadState};

pub(crate) const API_KEY: &str = "agd_test_sandbox0123456789abcdef";

pub(crate) async fn handle(app: &Arc<App>, head: &Parts, body: &Bytes) -> Reply {
    if !has_key(head, API_KEY) {
        return error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "Invalid or missing API key");
    }
    let segments: Vec<&str> = head.uri.path().split('/').skip(1).collect();
    match (&head.method, segments.as_slice()) {
        (&Method::POST, ["v1", "transfers"]) => create::create(app, head, body).await,
        (&Method::POST, ["v1", "transfers", "presigned"]) => presign(app, head, body),
        (&Method::POST, ["v1", "transfers", "presigned", "multipart"]) => {
            multipart::presign(app, head, body).await
        }
        (&Method::POST, ["v1", "transfers", id, "files", file, "complete-multipart"]) => {
            multipart::complete(app, head, id, file, body).await
        }
        (&Method::POST, ["v1", "transfers", id, "files", file, "abort-multipart"]) => {
            multipart::abort(app, head, id, file, body).await
        }
        (&Method::POST, ["v1", "transfers", id, "confirm"]) => confirm(app, id, body).await,
        (&Method::GET, ["v1", "transfers", id]) => get(app, id),
        (&Method::GET, ["v1", "transfers", id, "download"]) => download(app, id),
        (&Method::GET, ["v1", "agents", "resolve"]) => agents::resolve(app, head.uri.query()),
        (&Method::POST, ["v1", "agents", "register"]) => agents::register_own(app, head, body),
        (&Method::GET, ["v1", "agents", id, "inbox"]) => agents::inbox(app, id, head.uri.query()),
        (&Method::GET, ["v1", "channels"]) => agents::channels(app),
        (&Method::POST, ["v1", "channels"]) => agents::open_channel(app, head, body),
        (&Method::GET, ["v1", "channels", id]) => agents::channel(app, id),
        _ => not_found("No such endpoint"),
    }
}

/// The object a JSON request holds, or what is wrong with it.
pub(crate) fn object(head: &Parts, body: &Bytes) -> Result<Map<String, Value>, Vec<Value>> {
    if !is_json(head) {
        return Err(vec![problem("Content-Type", "must be application/json")]);
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(vec![problem("", "expected an object")]),
        Err(error) => Err(vec![problem("", &format!("invalid JSON: {error}"))]),
    }
}

/// Why a transfer that is well written is refused all the same, whichever way it is sent.
pub(crate) fn refuse(app: &App, transfer: &Transfer, settings: &Settings) -> Option<Reply> {
    if let Some(file) = transfer.files.iter().find(|file| file.size > settings.max_file_bytes) {
        return Some(too_large(&format!(
            "{} has {} bytes, your plan allows {}",
            file.name, file.size, settings.max_file_bytes
        )));
    }
    // Somebody nobody registered may be sent to, so that a test needs no agents.
    let state = lock(&app.state);
    if transfer.mode != "agent-to-agent" || !state.agents.iter().any(|agent| agent.id == transfer.recipient) {
        return None;
    }
    match agents::find(&state, &transfer.recipient, transfer.recipient_account.as_deref()) {
        Found::One(_) => None,
        Found::Nobody => Some(not_found("Recipient not found")),
        Found::Several(agents) => Some(agents::ambiguous(&agents)),
    }
}

fn presign(app: &App, head: &Parts, body: &Bytes) -> Reply {
    let map = match object(head, body) {
        Ok(map) => map,
        Err(problems) => return invalid(problems),
    };
    let settings = lock(&app.settings).clone();
    let now = OffsetDateTime::now_utc();
    let transfer = match Reader::new(Kind::Single).transfer(&map, now) {
        Ok(transfer) => transfer,
        Err(problems) => return invalid(problems),
    };
    if let Some(refusal) = refuse(app, &transfer, &settings) {
        return refusal;
    }

    let signer = app.ticket_signer(&settings);
    let upload_urls: Vec<Value> = transfer
        .files
        .iter()
        .map(|file| {
            let headers = [("content-type", file.content_type.as_str())];
            let url =
                signer.url("PUT", &file.key, &headers, settings.upload_expires_in, settings.signing_time());
            json!({
                "file_id": file.id,
                "file_name": file.name,
                "upload_url": url,
                "method": "PUT",
                "headers": { "Content-Type": file.content_type },
            })
        })
        .collect();
    let shown = json!({
        "id": transfer.id,
        "upload_urls": upload_urls,
        "confirm_url": confirm_url(app, &transfer.id),
        "expires_at": tickets_end(&settings, now),
    });
    lock(&app.state).transfers.push(transfer);
    reply::json(StatusCode::OK, &shown)
}

pub(crate) fn confirm_url(app: &App, id: &str) -> String {
    format!("{}/v1/transfers/{id}/confirm", app.api_url)
}

/// When the upload URLs made now expire.
pub(crate) fn tickets_end(settings: &Settings, now: OffsetDateTime) -> String {
    let life = i64::try_from(settings.upload_expires_in.min(604_800)).unwrap_or(0);
    rfc3339(now + Duration::seconds(life))
}

async fn confirm(app: &Arc<App>, id: &str, body: &Bytes) -> Reply {
    let empty =
        body.is_empty() || matches!(serde_json::from_slice(body), Ok(Value::Object(map)) if map.is_empty());
    if !empty {
        return invalid(vec![problem("", "expected no body or an empty object")]);
    }
    let transfer = lock(&app.state).transfers.iter().find(|transfer| transfer.id == id).cloned();
    let Some(transfer) = transfer else {
        return not_found("Transfer not found");
    };
    if transfer.confirmed {
        return already_confirmed();
    }
    for file in &transfer.files {
        let open = file.upload.as_ref().is_some_and(|upload| upload.state != UploadState::Complete);
        let object = app.storage.find(&app.objects, &file.key).await;
        if open || object.is_none_or(|object| object.size != file.size) {
            return error(
                StatusCode::BAD_REQUEST,
                "FILES_MISSING",
                "One or more files have not been uploaded",
            );
        }
    }
    let mut state = lock(&app.state);
    let found = state.transfers.iter_mut().find(|transfer| transfer.id == id);
    match found {
        // Asked again: another confirmation may have won while storage was being read.
        Some(transfer) if transfer.confirmed => already_confirmed(),
        Some(transfer) => {
            transfer.confirmed = true;
            reply::json(StatusCode::OK, &json!({ "id": id, "status": "active" }))
        }
        None => not_found("Transfer not found"),
    }
}

fn already_confirmed() -> Reply {
    error(StatusCode::CONFLICT, "ALREADY_CONFIRMED", "This transfer has already been confirmed")
}

fn get(app: &App, id: &str) -> Reply {
    let state = lock(&app.state);
    match state.transfers.iter().find(|transfer| transfer.id == id) {
        Some(transfer) => reply::json(StatusCode::OK, &show(transfer, &app.api_url)),
        None => not_found("Transfer not found"),
    }
}

pub(crate) fn status(transfer: &Transfer) -> &'static str {
    if transfer.deleted {
        "deleted"
    } else if OffsetDateTime::now_utc() >= transfer.expires_at {
        "expired"
    } else if !transfer.confirmed {
        "pending"
    } else if transfer.downloads >= transfer.max_downloads {
        "downloaded"
    } else {
        "active"
    }
}

/// A transfer as the service shows it.
pub(crate) fn show(transfer: &Transfer, api_url: &str) -> Value {
    let files: Vec<Value> = transfer
        .files
        .iter()
        .map(|file| json!({ "name": file.name, "size": file.size, "type": file.content_type }))
        .collect();
    json!({
        "id": transfer.id,
        "status": status(transfer),
        "mode": transfer.mode,
        "sender": transfer.sender,
        "recipient": transfer.recipient,
        "url": format!("{api_url}/t/{}", transfer.id),
        "api_url": format!("{api_url}/v1/transfers/{}", transfer.id),
        "files": files,
        "max_downloads": transfer.max_downloads,
        "downloads": transfer.downloads,
        "total_size": transfer.files.iter().map(|file| file.size).sum::<u64>(),
        "file_count": transfer.files.len(),
        "message": transfer.message,
        "auto_delete": transfer.auto_delete,
        "is_encrypted": transfer.is_encrypted,
        "expires_at": rfc3339(transfer.expires_at),
        "created_at": rfc3339(transfer.created_at),
    })
}

/// What the control endpoint adds, so that a test sees everything that was sent.
pub(crate) fn show_all(transfer: &Transfer, api_url: &str) -> Value {
    let mut shown = show(transfer, api_url);
    shown["metadata"] = json!(transfer.metadata);
    shown["recipient_account"] = json!(transfer.recipient_account);
    shown["encrypted_key"] = json!(transfer.encrypted_key);
    shown["encryption_algorithm"] = json!(transfer.encryption_algorithm);
    shown["channel_id"] = json!(transfer.channel_id);
    shown["encryption_salt"] = json!(transfer.encryption_salt);
    for (shown, file) in shown["files"].as_array_mut().into_iter().flatten().zip(&transfer.files) {
        shown["file_id"] = json!(file.id);
        shown["key"] = json!(file.key);
        shown["encryption_iv"] = json!(file.encryption_iv);
        shown["upload"] = file.upload.as_ref().map_or(Value::Null, |upload| {
            let state = match upload.state {
                UploadState::Open => "open",
                UploadState::Complete => "complete",
                UploadState::Aborted => "aborted",
            };
            json!({ "upload_id": upload.id, "parts": upload.parts, "state": state })
        });
    }
    shown
}

fn download(app: &App, id: &str) -> Reply {
    let mut state = lock(&app.state);
    let State { transfers, agents, .. } = &mut *state;
    let found = transfers.iter_mut().find(|transfer| transfer.id == id);
    let Some(transfer) = found else {
        return not_found("Transfer not found");
    };
    match status(transfer) {
        "active" => {}
        "pending" => return not_found("Transfer not found"),
        _ => {
            return error(StatusCode::GONE, "GONE", "This transfer has expired or has been used up");
        }
    }
    transfer.downloads += 1;
    transfer.deleted = transfer.auto_delete;
    let now = OffsetDateTime::now_utc();
    let life = lock(&app.settings).upload_expires_in;
    let files: Vec<Value> = transfer
        .files
        .iter()
        .map(|file| {
            json!({
                "file_id": file.id,
                "name": file.name,
                "file_name": file.name,
                "size": file.size,
                "content_type": file.content_type,
                "download_url": app.signer.url("GET", &file.key, &[], life, now),
                "encryption_iv": file.encryption_iv,
            })
        })
        .collect();
    reply::json(
        StatusCode::OK,
        &json!({
            "id": transfer.id,
            "files": files,
            "downloads": transfer.downloads,
            "downloads_remaining": transfer.max_downloads - transfer.downloads,
            "expires_at": rfc3339(transfer.expires_at),
            "auto_delete": transfer.auto_delete,
            "is_encrypted": transfer.is_encrypted,
            "encrypted_key": transfer.encrypted_key,
            "encryption_algorithm": transfer.encryption_algorithm,
            "recipient_key_version": null,
            "sender_signature": null,
            "channel_id": transfer.channel_id,
            "encryption_salt": transfer.encryption_salt,
            "sender_public_key": agents::public_key(agents, &transfer.sender, None),
            "recipient_public_key":
                agents::public_key(agents, &transfer.recipient, transfer.recipient_account.as_deref()),
        }),
    )
}

pub(crate) fn invalid(details: Vec<Value>) -> Reply {
    reply::json(
        StatusCode::BAD_REQUEST,
        &json!({ "error": {
            "code": "VALIDATION_ERROR",
            "message": "Invalid request parameters",
            "status": 400,
            "details": details,
        }}),
    )
}

pub(crate) fn too_large(message: &str) -> Reply {
    error(StatusCode::PAYLOAD_TOO_LARGE, "FILE_TOO_LARGE", message)
}

pub(crate) fn not_found(message: &str) -> Reply {
    error(StatusCode::NOT_FOUND, "NOT_FOUND", message)
}

pub(crate) fn error(status: StatusCode, code: &str, message: &str) -> Reply {
    reply::json(status, &json!({ "error": { "code": code, "message": message, "status": status.as_u16() } }))
}

//! AgentDrop's transfer endpoints for single presigned PUTs, as strict as their documents. Knows
//! storage only through presigned URLs and the question "what lies under this key".

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use hyper::header::HeaderValue;
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::log::lock;
use crate::presign::rfc3339;
use crate::reply::{self, Reply};
use crate::server::{App, has_key, is_json};
use crate::store::{Transfer, TransferFile};

pub(crate) const API_KEY: &str = "agd_test_sandbox0123456789abcdef";

const MODES: [&str; 3] = ["agent-to-agent", "agent-to-human", "human-to-agent"];
/// The documents name the first, the official SDK sends the second.
const ALGORITHMS: [&str; 3] = ["AES-256-GCM", "X25519-HKDF-AES-256-GCM", "X25519-HKDF-AES-256-GCM-A2H"];
/// Bytes that sealing adds: the tag of AES-GCM.
const TAG: u64 = 16;

pub(crate) async fn handle(app: &Arc<App>, head: &Parts, body: &Bytes) -> Reply {
    if !has_key(head, API_KEY) {
        return error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "Invalid or missing API key");
    }
    let segments: Vec<&str> = head.uri.path().split('/').skip(1).collect();
    match (&head.method, segments.as_slice()) {
        (&Method::POST, ["v1", "transfers", "presigned"]) => presign(app, head, body),
        (&Method::POST, ["v1", "transfers", id, "confirm"]) => confirm(app, id, body).await,
        (&Method::GET, ["v1", "transfers", id]) => get(app, id),
        (&Method::GET, ["v1", "transfers", id, "download"]) => download(app, id),
        (&Method::GET, ["v1", "agents", "resolve"]) => resolve(app, head.uri.query()),
        _ => not_found("No such endpoint"),
    }
}

fn presign(app: &App, head: &Parts, body: &Bytes) -> Reply {
    if !is_json(head) {
        return invalid(vec![problem("Content-Type", "must be application/json")]);
    }
    let map = match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => map,
        Ok(_) => return invalid(vec![problem("", "expected an object")]),
        Err(error) => return invalid(vec![problem("", &format!("invalid JSON: {error}"))]),
    };
    let settings = lock(&app.settings).clone();
    let now = OffsetDateTime::now_utc();
    let transfer = match Reader::default().transfer(&map, now) {
        Ok(transfer) => transfer,
        Err(problems) => return invalid(problems),
    };
    if let Some(file) = transfer.files.iter().find(|file| file.size > settings.max_file_bytes) {
        return error(
            StatusCode::PAYLOAD_TOO_LARGE,
            "FILE_TOO_LARGE",
            &format!("{} has {} bytes, your plan allows {}", file.name, file.size, settings.max_file_bytes),
        );
    }

    let signer = app.ticket_signer(&settings);
    let upload_urls: Vec<Value> = transfer
        .files
        .iter()
        .map(|file| {
            let headers = [("content-type", file.content_type.as_str())];
            let url = signer.url("PUT", &file.key, &headers, settings.upload_expires_in, now);
            json!({
                "file_id": file.id,
                "file_name": file.name,
                "upload_url": url,
                "method": "PUT",
                "headers": { "Content-Type": file.content_type },
            })
        })
        .collect();
    let life = i64::try_from(settings.upload_expires_in.min(604_800)).unwrap_or(0);
    let shown = json!({
        "id": transfer.id,
        "upload_urls": upload_urls,
        "confirm_url": format!("{}/v1/transfers/{}/confirm", app.api_url, transfer.id),
        "expires_at": rfc3339(now + Duration::seconds(life)),
    });
    lock(&app.state).transfers.push(transfer);
    reply::json(StatusCode::OK, &shown)
}

/// Collects everything that is wrong with a request, as the service does, not only the first thing.
#[derive(Default)]
struct Reader {
    problems: Vec<Value>,
}

impl Reader {
    fn wrong(&mut self, field: &str, message: &str) {
        self.problems.push(problem(field, message));
    }

    fn known(&mut self, map: &Map<String, Value>, prefix: &str, names: &[&str]) {
        for name in map.keys() {
            if !names.contains(&name.as_str()) {
                self.wrong(&format!("{prefix}{name}"), "unrecognized field");
            }
        }
    }

    fn optional_text(&mut self, map: &Map<String, Value>, prefix: &str, name: &str) -> Option<String> {
        match map.get(name)? {
            Value::String(text) => Some(text.clone()),
            _ => {
                self.wrong(&format!("{prefix}{name}"), "expected a string");
                None
            }
        }
    }

    fn text(&mut self, map: &Map<String, Value>, prefix: &str, name: &str) -> String {
        let field = format!("{prefix}{name}");
        match map.get(name) {
            Some(Value::String(text)) if !text.is_empty() => text.clone(),
            Some(Value::String(_)) => {
                self.wrong(&field, "must not be empty");
                String::new()
            }
            Some(_) => {
                self.wrong(&field, "expected a string");
                String::new()
            }
            None => {
                self.wrong(&field, "required");
                String::new()
            }
        }
    }

    fn flag(&mut self, map: &Map<String, Value>, name: &str) -> bool {
        match map.get(name) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.wrong(name, "expected a boolean");
                false
            }
        }
    }

    fn transfer(mut self, map: &Map<String, Value>, now: OffsetDateTime) -> Result<Transfer, Vec<Value>> {
        self.known(
            map,
            "",
            &[
                "mode",
                "sender",
                "recipient",
                "recipient_account",
                "files",
                "expires_in",
                "max_downloads",
                "message",
                "metadata",
                "is_encrypted",
                "encrypted_key",
                "encryption_algorithm",
                "auto_delete",
            ],
        );
        let id = format!("tr_{}", Uuid::new_v4());
        let mode = self.text(map, "", "mode");
        if !mode.is_empty() && !MODES.contains(&mode.as_str()) {
            self.wrong("mode", &format!("expected one of {}", MODES.join(", ")));
        }
        let sender = self.text(map, "", "sender");
        let recipient = self.text(map, "", "recipient");
        self.optional_text(map, "", "recipient_account");
        let message = self.optional_text(map, "", "message");
        let expires_in = self.optional_text(map, "", "expires_in").unwrap_or_else(|| "24h".into());
        let life = parse_life(&expires_in).unwrap_or_else(|| {
            self.wrong("expires_in", "expected <number>h or <number>d");
            Duration::HOUR
        });
        let max_downloads = match map.get("max_downloads") {
            None => 10,
            Some(value) => value.as_u64().filter(|count| (1..=1000).contains(count)).unwrap_or_else(|| {
                self.wrong("max_downloads", "expected an integer from 1 to 1000");
                0
            }),
        };
        let metadata = map.get("metadata").cloned();
        if metadata.as_ref().is_some_and(|value| !value.is_object()) {
            self.wrong("metadata", "expected an object");
        }
        let auto_delete = self.flag(map, "auto_delete");
        let is_encrypted = self.flag(map, "is_encrypted");
        let encrypted_key = self.optional_text(map, "", "encrypted_key");
        let encryption_algorithm = self.optional_text(map, "", "encryption_algorithm");
        if let Some(name) = &encryption_algorithm
            && !ALGORITHMS.contains(&name.as_str())
        {
            self.wrong("encryption_algorithm", "not supported");
        }
        match &encrypted_key {
            None if is_encrypted => {
                self.wrong("encrypted_key", "required when is_encrypted is true");
            }
            Some(key) if key.is_empty() || BASE64.decode(key).is_err() => {
                self.wrong("encrypted_key", "expected base64");
            }
            _ => {}
        }
        let files = match map.get("files") {
            Some(Value::Array(files)) if !files.is_empty() => files
                .iter()
                .enumerate()
                .filter_map(|(at, file)| self.file(at, file, &id, is_encrypted))
                .collect(),
            Some(Value::Array(_)) => {
                self.wrong("files", "expected at least one file");
                Vec::new()
            }
            Some(_) => {
                self.wrong("files", "expected an array");
                Vec::new()
            }
            None => {
                self.wrong("files", "required");
                Vec::new()
            }
        };

        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        Ok(Transfer {
            id,
            confirmed: false,
            deleted: false,
            mode,
            sender,
            recipient,
            files,
            max_downloads,
            downloads: 0,
            message,
            metadata,
            auto_delete,
            is_encrypted,
            encrypted_key,
            encryption_algorithm,
            created_at: now,
            expires_at: now + life,
        })
    }

    fn file(&mut self, at: usize, value: &Value, transfer: &str, is_encrypted: bool) -> Option<TransferFile> {
        let prefix = format!("files[{at}].");
        let Some(map) = value.as_object() else {
            self.wrong(&format!("files[{at}]"), "expected an object");
            return None;
        };
        self.known(map, &prefix, &["name", "size", "content_type", "encryption_iv"]);
        let name = self.text(map, &prefix, "name");
        if name.len() > 255 || name.contains(['/', '\\', '\0']) {
            self.wrong(&format!("{prefix}name"), "expected a file name, not a path");
        }
        let content_type = self.text(map, &prefix, "content_type");
        if HeaderValue::from_str(&content_type).is_err() {
            self.wrong(&format!("{prefix}content_type"), "cannot be sent as a header");
        }
        let size = match map.get("size") {
            None => {
                self.wrong(&format!("{prefix}size"), "required");
                0
            }
            Some(size) => size.as_u64().unwrap_or_else(|| {
                self.wrong(&format!("{prefix}size"), "expected an integer >= 0");
                0
            }),
        };
        let encryption_iv = match map.get("encryption_iv") {
            None | Some(Value::Null) => None,
            Some(Value::String(iv)) => {
                if BASE64.decode(iv).map(|iv| iv.len()) != Ok(12) {
                    self.wrong(&format!("{prefix}encryption_iv"), "expected base64 of 12 bytes");
                }
                Some(iv.clone())
            }
            Some(_) => {
                self.wrong(&format!("{prefix}encryption_iv"), "expected a string or null");
                None
            }
        };
        if is_encrypted && encryption_iv.is_none() {
            self.wrong(&format!("{prefix}encryption_iv"), "required when is_encrypted is true");
        }
        if is_encrypted && size < TAG {
            self.wrong(&format!("{prefix}size"), "an encrypted file has at least 16 bytes");
        }
        let id = format!("file_{}", &Uuid::new_v4().simple().to_string()[..12]);
        let key = format!("uploads/{transfer}/{id}/{name}");
        Some(TransferFile { id, name, size, content_type, encryption_iv, key })
    }
}

/// `<int>h` or `<int>d`, as the service takes it.
fn parse_life(text: &str) -> Option<Duration> {
    let unit = match text.as_bytes().last()? {
        b'h' => 1,
        b'd' => 24,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: i64 = digits.parse().ok()?;
    (count > 0).then(|| Duration::hours(count * unit))
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
        let object = app.storage.find(&app.objects, &app.signer, &file.key).await;
        if object.is_none_or(|object| object.size != file.size) {
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

fn status(transfer: &Transfer) -> &'static str {
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
    shown["encrypted_key"] = json!(transfer.encrypted_key);
    shown["encryption_algorithm"] = json!(transfer.encryption_algorithm);
    for (shown, file) in shown["files"].as_array_mut().into_iter().flatten().zip(&transfer.files) {
        shown["file_id"] = json!(file.id);
        shown["key"] = json!(file.key);
        shown["encryption_iv"] = json!(file.encryption_iv);
    }
    shown
}

fn download(app: &App, id: &str) -> Reply {
    let mut state = lock(&app.state);
    let state = &mut *state;
    let found = state.transfers.iter_mut().find(|transfer| transfer.id == id);
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
    let public_key =
        |agent: &str| state.agents.get(agent).map_or(Value::Null, |agent| agent["public_key"].clone());
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
            "channel_id": null,
            "encryption_salt": null,
            "sender_public_key": public_key(&transfer.sender),
            "recipient_public_key": public_key(&transfer.recipient),
        }),
    )
}

fn resolve(app: &App, query: Option<&str>) -> Reply {
    let agent_id =
        query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("agent_id=")).map(|value| {
            percent_encoding::percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy().into_owned()
        });
    match agent_id {
        None => invalid(vec![problem("agent_id", "required")]),
        Some(id) => match lock(&app.state).agents.get(&id) {
            Some(agent) => reply::json(StatusCode::OK, agent),
            None => not_found("Agent not found"),
        },
    }
}

/// What `resolve` shows for an agent a test registers: `{"agent_id", "public_key"?, ...}`.
pub(crate) fn agent(value: &Value) -> Result<(String, Value), String> {
    let given = value.as_object().ok_or("expected a JSON object")?;
    let id = given.get("agent_id").and_then(Value::as_str).ok_or("agent_id: expected a string")?;
    let mut shown = json!({
        "agent_id": id,
        "public_key": null,
        "public_key_algorithm": "X25519",
        "key_version": 1,
        "signing_public_key": null,
        "connection_status": "connected",
    });
    for (name, value) in given {
        shown[name] = value.clone();
    }
    Ok((id.to_string(), shown))
}

fn problem(field: &str, message: &str) -> Value {
    json!({ "field": field, "message": message })
}

fn invalid(details: Vec<Value>) -> Reply {
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

fn not_found(message: &str) -> Reply {
    error(StatusCode::NOT_FOUND, "NOT_FOUND", message)
}

fn error(status: StatusCode, code: &str, message: &str) -> Reply {
    reply::json(status, &json!({ "error": { "code": code, "message": message, "status": status.as_u16() } }))
}

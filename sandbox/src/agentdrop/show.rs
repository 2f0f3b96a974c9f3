//! Transfers as they are shown.

use hyper::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::errors::not_found;
use crate::app::App;
use crate::http::reply::{self, Reply};
use crate::lock::lock;
use crate::presign::rfc3339;
use crate::state::{Transfer, UploadState};

pub(crate) fn get(app: &App, id: &str) -> Reply {
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

/// All transfers, pending ones too, for the control endpoint.
pub(crate) fn all_transfers(app: &App) -> Value {
    lock(&app.state).transfers.iter().map(|transfer| show_all(transfer, &app.api_url)).collect()
}

/// With everything that was sent.
fn show_all(transfer: &Transfer, api_url: &str) -> Value {
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

//! Downloading a transfer.

use hyper::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::agents::public_key;
use super::errors::{error, not_found};
use super::show::status;
use crate::app::App;
use crate::http::reply::{self, Reply};
use crate::lock::lock;
use crate::presign::rfc3339;
use crate::state::{Agent, State, Transfer};

pub(crate) fn download(app: &App, id: &str) -> Reply {
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
    reply::json(StatusCode::OK, &show_download(app, transfer, agents))
}

fn show_download(app: &App, transfer: &Transfer, agents: &[Agent]) -> Value {
    json!({
        "id": transfer.id,
        "files": show_files(app, transfer),
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
        "sender_public_key": public_key(agents, &transfer.sender, None),
        "recipient_public_key":
            public_key(agents, &transfer.recipient, transfer.recipient_account.as_deref()),
    })
}

fn show_files(app: &App, transfer: &Transfer) -> Vec<Value> {
    let now = OffsetDateTime::now_utc();
    let life = lock(&app.settings).upload_expires_in;
    transfer
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
        .collect()
}

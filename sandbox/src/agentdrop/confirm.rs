//! Confirming a transfer, once storage has all its files.

use std::sync::Arc;

use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{Value, json};

use super::errors::{error, invalid, not_found, problem};
use crate::app::App;
use crate::http::reply::{self, Reply};
use crate::lock::lock;
use crate::state::UploadState;

pub(crate) async fn confirm(app: &Arc<App>, id: &str, body: &Bytes) -> Reply {
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
        let object = app.storage.find(&file.key).await;
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

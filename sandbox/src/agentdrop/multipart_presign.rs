//! A transfer of which each file is uploaded in parts: one URL for each part.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::http::request::Parts;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::checks::refuse;
use super::errors::{invalid, problem, storage_error};
use super::presign::{confirm_url, tickets_end};
use super::reader::object;
use super::reader::{Reader, UploadKind};
use crate::app::App;
use crate::http::reply::{self, Reply};
use crate::lock::lock;
use crate::presign::Signer;
use crate::settings::Settings;
use crate::state::{FileUpload, TransferFile, UploadState};
use crate::storage::{MAX_PARTS, Refusal};

pub(crate) async fn presign(app: &App, head: &Parts, body: &Bytes) -> Reply {
    let map = match object(head, body) {
        Ok(map) => map,
        Err(problems) => return invalid(problems),
    };
    let settings = lock(&app.settings).clone();
    let now = OffsetDateTime::now_utc();
    let mut transfer = match Reader::new(UploadKind::Multipart).transfer(&map, now) {
        Ok(transfer) => transfer,
        Err(problems) => return invalid(problems),
    };
    let counts: Vec<u64> = transfer.files.iter().map(|file| part_count(file, &settings)).collect();
    let problems = too_many_parts(&counts);
    if !problems.is_empty() {
        return invalid(problems);
    }
    if let Some(refusal) = refuse(app, &transfer, &settings) {
        return refusal;
    }

    let signer = app.ticket_signer(&settings);
    let mut files = Vec::new();
    for (file, parts) in transfer.files.iter_mut().zip(counts) {
        match begin(app, &settings, &signer, file, parts).await {
            Ok(shown) => files.push(shown),
            Err(refusal) => return storage_error(refusal),
        }
    }
    let shown = json!({
        "id": transfer.id,
        "files": files,
        "confirm_url": confirm_url(app, &transfer.id),
        "expires_at": tickets_end(&settings, now),
    });
    lock(&app.state).transfers.push(transfer);
    reply::json(StatusCode::OK, &shown)
}

fn part_count(file: &TransferFile, settings: &Settings) -> u64 {
    let size = settings.forced_part_size.or(file.part_size).unwrap_or(u64::MAX);
    if file.size == 0 { settings.empty_file_parts } else { file.size.div_ceil(size) }
}

fn too_many_parts(counts: &[u64]) -> Vec<Value> {
    counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > MAX_PARTS)
        .map(|(index, count)| {
            let message = format!("makes {count} parts, no more than {MAX_PARTS} are allowed");
            problem(&format!("files[{index}].part_size"), &message)
        })
        .collect()
}

/// Begins the upload of one file; gives what the reply says of it.
async fn begin(
    app: &App,
    settings: &Settings,
    signer: &Signer,
    file: &mut TransferFile,
    parts: u64,
) -> Result<Value, Refusal> {
    let upload_id = app.storage.begin(&file.key, &file.content_type).await?;
    let url = |number: u64| {
        let number = number.to_string();
        let query = [("partNumber", number.as_str()), ("uploadId", upload_id.as_str())];
        signer.url_with("PUT", &file.key, &query, &[], settings.upload_expires_in, settings.signing_time())
    };
    let part_urls: Vec<Value> =
        (1..=parts).map(|number| json!({ "part_number": number, "upload_url": url(number) })).collect();
    let shown = json!({
        "file_id": file.id,
        "file_name": file.name,
        "upload_id": upload_id,
        "part_urls": part_urls,
    });
    file.upload = Some(FileUpload { id: upload_id, parts, state: UploadState::Open });
    Ok(shown)
}

//! A transfer with its files in the request, a form: what the official SDK does with anything small. Its
//! fields are text, so they are made what the other ways to send have, and then read as those.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::channels;
use super::checks::refuse;
use super::encryption::CHANNEL;
use super::errors::{invalid, not_found, problem, storage_error, too_large};
use super::reader::{Reader, UploadKind};
use super::show::show;
use crate::app::App;
use crate::http::form_fields::boundary;
use crate::http::form_parts::{Part, parts};
use crate::http::reply::{self, Reply};
use crate::lock::lock;

/// The most that comes this way: the service's own server takes no more.
pub(crate) const MAX_FORM: usize = 100 * 1024 * 1024;

pub(crate) async fn create(app: &App, head: &Parts, body: &Bytes) -> Reply {
    if body.len() > MAX_FORM {
        return too_large("The request is larger than 100 MB");
    }
    let Some(boundary) = boundary(&head.headers) else {
        return invalid(vec![problem("Content-Type", "must be multipart/form-data with a boundary")]);
    };
    let parts = match parts(body, &boundary) {
        Ok(parts) => parts,
        Err(why) => return invalid(vec![problem("", why)]),
    };
    let (files, fields): (Vec<Part>, Vec<Part>) =
        parts.into_iter().partition(|part| part.file_name.is_some());
    let map = match as_json(&fields, &files) {
        Ok(map) => map,
        Err(problems) => return invalid(problems),
    };
    let settings = lock(&app.settings).clone();
    let mut transfer = match Reader::new(UploadKind::Form).transfer(&map, OffsetDateTime::now_utc()) {
        Ok(transfer) => transfer,
        Err(problems) => return invalid(problems),
    };
    if let Some(refusal) = refuse(app, &transfer, &settings) {
        return refusal;
    }
    if transfer.encryption_algorithm.as_deref() == Some(CHANNEL) {
        let id = transfer.channel_id.clone().unwrap_or_default();
        if !channels::joins(&lock(&app.state), &id, &transfer.sender, &transfer.recipient) {
            return not_found("Channel not found");
        }
    }
    for (file, part) in transfer.files.iter().zip(files) {
        let stored = app.storage.store(&file.key, part.content, &file.content_type).await;
        if let Err(refusal) = stored {
            return storage_error(refusal);
        }
    }
    transfer.confirmed = true;
    let shown = show(&transfer, &app.api_url);
    lock(&app.state).transfers.push(transfer);
    reply::json(StatusCode::CREATED, &shown)
}

/// The form as the JSON of a presign. What is not the text of a flag, a number or a list stays text, for
/// the reader to refuse.
fn as_json(fields: &[Part], files: &[Part]) -> Result<Map<String, Value>, Vec<Value>> {
    let mut problems = Vec::new();
    let mut map = Map::new();
    let mut ivs = None;
    for field in fields {
        let Ok(text) = std::str::from_utf8(&field.content) else {
            problems.push(problem(&field.name, "expected UTF-8"));
            continue;
        };
        let value = match (field.name.as_str(), text) {
            ("auto_delete" | "is_encrypted", "true") => json!(true),
            ("auto_delete" | "is_encrypted", "false") => json!(false),
            ("max_downloads", text) => text.parse::<u64>().map_or(json!(text), |number| json!(number)),
            ("metadata", text) => serde_json::from_str(text).unwrap_or(json!(text)),
            ("encryption_ivs", text) => {
                match serde_json::from_str::<Vec<String>>(text) {
                    Ok(list) if list.len() == files.len() => ivs = Some(list),
                    _ => problems
                        .push(problem("encryption_ivs", "expected a JSON list, one text for each file")),
                }
                continue;
            }
            ("files", _) => {
                problems.push(problem("files", "expected a file"));
                continue;
            }
            _ => json!(text),
        };
        if map.insert(field.name.clone(), value).is_some() {
            problems.push(problem(&field.name, "sent more than once"));
        }
    }
    for file in files.iter().filter(|file| file.name != "files") {
        problems.push(problem(&file.name, "files belong in the field files"));
    }
    let files: Vec<Value> = files
        .iter()
        .enumerate()
        .map(|(at, file)| {
            json!({
                "name": file.file_name,
                "size": file.content.len(),
                "content_type": file.content_type.as_deref().unwrap_or("application/octet-stream"),
                "encryption_iv": ivs.as_ref().and_then(|ivs| ivs.get(at)),
            })
        })
        .collect();
    map.insert("files".into(), json!(files));
    if problems.is_empty() { Ok(map) } else { Err(problems) }
}

//! Uploads in parts: completing and aborting them. The contract is what the official SDK sends and reads,
//! since no document has it. Joining is storage's work.

use std::sync::Arc;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};

use super::errors::{invalid, no_upload, problem, storage_error};
use super::reader::object;
use crate::app::App;
use crate::http::reply::{self, Reply};
use crate::lock::lock;
use crate::state::{FileUpload, State, TransferFile, UploadState};
use crate::storage::{MAX_PARTS, Refusal};

/// `{"upload_id", "parts": [{"part_number", "etag"}]}`
struct Completion {
    upload_id: String,
    parts: Vec<(u64, String)>,
}

pub(crate) async fn complete(app: &Arc<App>, head: &Parts, id: &str, file: &str, body: &Bytes) -> Reply {
    let completion = match object(head, body).and_then(|map| read_completion(&map)) {
        Ok(completion) => completion,
        Err(problems) => return invalid(problems),
    };
    let (app, id, file) = (app.clone(), id.to_string(), file.to_string());
    // On its own, since this future ends with the connection: a client that has hung up must not leave
    // parts that are joined and an upload that is still open.
    let joined = tokio::spawn(async move { join(&app, &id, &file, completion).await });
    joined.await.unwrap_or_else(|_| storage_error(Refusal::Failed("joining panicked".into())))
}

async fn join(app: &App, id: &str, file: &str, completion: Completion) -> Reply {
    // One at a time: the second of two that ask for the same must find it done.
    let _turn = app.completing.lock().await;
    let found = open_upload(&mut lock(&app.state), id, file, &completion.upload_id)
        .map(|(file, upload)| (file.key.clone(), upload.parts));
    let Some((key, count)) = found else {
        return no_upload();
    };
    let listed = completion.parts.len() as u64;
    if let Some((number, _)) = completion.parts.iter().find(|(number, _)| *number > count) {
        return storage_error(Refusal::InvalidPart(format!(
            "there is no part {number}, the last one is {count}"
        )));
    }
    if listed < count {
        let mut expected = completion.parts.iter().map(|(number, _)| *number).zip(1..);
        let number =
            expected.find(|(number, wanted)| number != wanted).map_or(listed + 1, |(_, wanted)| wanted);
        return storage_error(Refusal::InvalidPart(format!("part {number} is missing from the list")));
    }
    if let Err(refusal) = app.storage.complete(&key, &completion.upload_id, completion.parts).await {
        return storage_error(refusal);
    }
    if let Some((file, _)) = open_upload(&mut lock(&app.state), id, file, &completion.upload_id) {
        set_state(file, UploadState::Complete);
    }
    reply::json(StatusCode::OK, &json!({ "file_id": file, "status": "completed" }))
}

fn read_completion(map: &Map<String, Value>) -> Result<Completion, Vec<Value>> {
    let mut problems = Vec::new();
    reject_unknown(map, "", &["upload_id", "parts"], &mut problems);
    let upload_id = upload_id(map, &mut problems);
    let empty = Vec::new();
    let listed = match map.get("parts") {
        Some(Value::Array(parts)) if !parts.is_empty() => parts,
        // Storage takes no upload without parts, so neither can this.
        _ => {
            problems.push(problem("parts", "expected a list of at least one part"));
            &empty
        }
    };
    let mut parts: Vec<(u64, String)> = Vec::new();
    for (at, part) in listed.iter().enumerate() {
        let prefix = format!("parts[{at}].");
        let Some(part) = part.as_object() else {
            problems.push(problem(&format!("parts[{at}]"), "expected an object"));
            continue;
        };
        reject_unknown(part, &prefix, &["part_number", "etag"], &mut problems);
        let number = part.get("part_number").and_then(Value::as_u64).unwrap_or(0);
        if !(1..=MAX_PARTS).contains(&number) {
            problems.push(problem(
                &format!("{prefix}part_number"),
                &format!("expected an integer from 1 to {MAX_PARTS}"),
            ));
        } else if parts.last().is_some_and(|(last, _)| *last >= number) {
            problems.push(problem(&format!("{prefix}part_number"), "parts must be in ascending order"));
        }
        let etag = part.get("etag").and_then(Value::as_str).unwrap_or_default();
        if etag.is_empty() || etag.contains('"') {
            problems.push(problem(&format!("{prefix}etag"), "expected an ETag without its quotes"));
        }
        parts.push((number, etag.to_string()));
    }
    if problems.is_empty() { Ok(Completion { upload_id, parts }) } else { Err(problems) }
}

pub(crate) async fn abort(app: &App, head: &Parts, id: &str, file: &str, body: &Bytes) -> Reply {
    let map = match object(head, body) {
        Ok(map) => map,
        Err(problems) => return invalid(problems),
    };
    let mut problems = Vec::new();
    reject_unknown(&map, "", &["upload_id"], &mut problems);
    let upload_id = upload_id(&map, &mut problems);
    if !problems.is_empty() {
        return invalid(problems);
    }
    let _turn = app.completing.lock().await;
    let key = match open_upload(&mut lock(&app.state), id, file, &upload_id) {
        Some((file, _)) => {
            set_state(file, UploadState::Aborted);
            file.key.clone()
        }
        None => return no_upload(),
    };
    match app.storage.abort(&key, &upload_id).await {
        Ok(()) => reply::json(StatusCode::OK, &json!({})),
        Err(refusal) => storage_error(refusal),
    }
}

fn reject_unknown(map: &Map<String, Value>, prefix: &str, names: &[&str], problems: &mut Vec<Value>) {
    let unknown = map.keys().filter(|name| !names.contains(&name.as_str()));
    problems.extend(unknown.map(|name| problem(&format!("{prefix}{name}"), "unrecognized field")));
}

fn upload_id(map: &Map<String, Value>, problems: &mut Vec<Value>) -> String {
    match map.get("upload_id") {
        Some(Value::String(id)) if !id.is_empty() => return id.clone(),
        _ => problems.push(problem("upload_id", "expected a string")),
    }
    String::new()
}

/// The file of this upload, if that is still open.
fn open_upload<'a>(
    state: &'a mut State,
    transfer: &str,
    file: &str,
    upload_id: &str,
) -> Option<(&'a mut TransferFile, FileUpload)> {
    let transfer = state.transfers.iter_mut().find(|known| known.id == transfer)?;
    let file = transfer.files.iter_mut().find(|known| known.id == file)?;
    let upload = file.upload.clone()?;
    (upload.id == upload_id && upload.state == UploadState::Open).then_some((file, upload))
}

fn set_state(file: &mut TransferFile, state: UploadState) {
    if let Some(upload) = &mut file.upload {
        upload.state = state;
    }
}

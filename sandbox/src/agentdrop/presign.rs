//! A transfer of which each file is uploaded with one PUT.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

use super::checks::refuse;
use super::errors::invalid;
use super::reader::{Reader, UploadKind, object};
use crate::app::App;
use crate::azure;
use crate::google::{self, Signed};
use crate::http::reply::{self, Reply};
use crate::lock::lock;
use crate::presign::{Signer, rfc3339};
use crate::settings::{Dialect, Settings};

pub(crate) fn presign(app: &App, head: &Parts, body: &Bytes) -> Reply {
    let map = match object(head, body) {
        Ok(map) => map,
        Err(problems) => return invalid(problems),
    };
    let settings = lock(&app.settings).clone();
    let now = OffsetDateTime::now_utc();
    let transfer = match Reader::new(UploadKind::Single).transfer(&map, now) {
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
            let url = upload_url(&signer, &settings, &file.key, &file.content_type);
            let mut told = Map::from_iter([("Content-Type".to_string(), json!(file.content_type))]);
            told.extend(settings.signed_headers.iter().map(|(name, value)| (name.clone(), json!(value))));
            json!({
                "file_id": file.id,
                "file_name": file.name,
                "upload_url": url,
                "method": "PUT",
                "headers": told,
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

/// In the dialect of the settings.
fn upload_url(signer: &Signer, settings: &Settings, key: &str, content_type: &str) -> String {
    let mut headers = vec![("content-type", content_type)];
    let more = settings.signed_headers.iter().chain(&settings.withheld_headers);
    headers.extend(more.map(|(name, value)| (name.as_str(), value.as_str())));
    let (life, now) = (settings.upload_expires_in, settings.signing_time());
    match settings.dialect {
        Dialect::S3 => signer.url("PUT", key, &headers, life, now),
        Dialect::Azure => azure::url(signer, key, &settings.sas_permissions, life, now),
        Dialect::Google => google::url(signer, &Signed { method: "PUT", key, headers }, life, now),
        Dialect::GoogleSession => {
            headers.push(("x-goog-resumable", "start"));
            google::url(signer, &Signed { method: "POST", key, headers }, life, now)
        }
    }
}

pub(crate) fn confirm_url(app: &App, id: &str) -> String {
    format!("{}/v1/transfers/{id}/confirm", app.api_url)
}

/// When the upload URLs made now expire.
pub(crate) fn tickets_end(settings: &Settings, now: OffsetDateTime) -> String {
    let life = i64::try_from(settings.upload_expires_in.min(604_800)).unwrap_or(0);
    rfc3339(now + Duration::seconds(life))
}

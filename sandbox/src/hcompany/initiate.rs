//! Tickets for the upload of a browser profile.

use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::errors::{problem, unprocessable};
use crate::app::App;
use crate::http::reply::{self, Reply};
use crate::lock::lock;
use crate::state::PendingProfile;

const TAGGING: &str =
    "<Tagging><TagSet><Tag><Key>status</Key><Value>pending</Value></Tag></TagSet></Tagging>";

pub(crate) fn initiate(app: &App, body: &Bytes) -> Reply {
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

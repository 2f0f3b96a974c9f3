//! H Company's endpoints, as strict as their documents.

use std::sync::Arc;

use bytes::Bytes;
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde_json::json;

use super::complete::complete;
use super::errors::{detail, unprocessable};
use super::initiate::initiate;
use super::profiles::{delete, get, list, profile_id};
use crate::app::App;
use crate::http::reply::{self, Reply};
use crate::http::request::has_key;

pub(crate) const PREFIX: &str = "/api/v2/browser-profiles";
pub(crate) const API_KEY: &str = "hk-sandbox-0123456789abcdef";

pub(crate) async fn handle(app: &Arc<App>, head: &Parts, body: &Bytes) -> Reply {
    if !has_key(head, API_KEY) {
        return reply::json(StatusCode::UNAUTHORIZED, &json!({ "message": "Invalid or missing API key" }));
    }
    let path = head.uri.path();
    let rest = path.strip_prefix(PREFIX).unwrap_or_default();
    let segments: Vec<&str> = rest.split('/').skip(1).collect();
    match (&head.method, segments.as_slice()) {
        (&Method::POST, ["initiate-upload"]) => initiate(app, body),
        (&Method::POST, [id, "complete-upload"]) => complete(app, head, id, body).await,
        (&Method::GET, []) => list(app, head.uri.query()),
        (&Method::GET, [id]) => match profile_id(id) {
            Ok(id) => get(app, &id),
            Err(problem) => unprocessable(vec![problem]),
        },
        (&Method::DELETE, [id]) => match profile_id(id) {
            Ok(id) => delete(app, &id),
            Err(problem) => unprocessable(vec![problem]),
        },
        _ => detail(StatusCode::NOT_FOUND, "Not Found"),
    }
}

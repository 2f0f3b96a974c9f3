//! AgentDrop's endpoints, as strict as their documents.

use std::sync::Arc;

use bytes::Bytes;
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};

use super::confirm::confirm;
use super::create::create;
use super::download::download;
use super::errors::{error, not_found};
use super::inbox::inbox;
use super::presign::presign;
use super::registration::register_own;
use super::show::get;
use super::{agents, channels, multipart, multipart_presign};
use crate::app::App;
use crate::http::reply::Reply;
use crate::http::request::has_key;

pub(crate) const API_KEY: &str = "agd_test_sandbox0123456789abcdef";

pub(crate) async fn handle(app: &Arc<App>, head: &Parts, body: &Bytes) -> Reply {
    if !has_key(head, API_KEY) {
        return error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "Invalid or missing API key");
    }
    let segments: Vec<&str> = head.uri.path().split('/').skip(1).collect();
    match (&head.method, segments.as_slice()) {
        (&Method::POST, ["v1", "transfers"]) => create(app, head, body).await,
        (&Method::POST, ["v1", "transfers", "presigned"]) => presign(app, head, body),
        (&Method::POST, ["v1", "transfers", "presigned", "multipart"]) => {
            multipart_presign::presign(app, head, body).await
        }
        (&Method::POST, ["v1", "transfers", id, "files", file, "complete-multipart"]) => {
            multipart::complete(app, head, id, file, body).await
        }
        (&Method::POST, ["v1", "transfers", id, "files", file, "abort-multipart"]) => {
            multipart::abort(app, head, id, file, body).await
        }
        (&Method::POST, ["v1", "transfers", id, "confirm"]) => confirm(app, id, body).await,
        (&Method::GET, ["v1", "transfers", id]) => get(app, id),
        (&Method::GET, ["v1", "transfers", id, "download"]) => download(app, id),
        (&Method::GET, ["v1", "agents", "resolve"]) => agents::resolve(app, head.uri.query()),
        (&Method::POST, ["v1", "agents", "register"]) => register_own(app, head, body),
        (&Method::GET, ["v1", "agents", id, "inbox"]) => inbox(app, id, head.uri.query()),
        (&Method::GET, ["v1", "channels"]) => channels::list(app),
        (&Method::POST, ["v1", "channels"]) => channels::open(app, head, body),
        (&Method::GET, ["v1", "channels", id]) => channels::get(app, id),
        _ => not_found("No such endpoint"),
    }
}

//! The control endpoint: a test orders faults, changes settings, and reads what was sent and stored. It has a
//! port of its own, so that no service sees it.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_util::io::ReaderStream;

use crate::agentdrop::{self, all_agents, all_transfers};
use crate::app::App;
use crate::hcompany::all_profiles;
use crate::http::reply::{self, BoxError, Reply};
use crate::lock::lock;

pub(crate) async fn handle(app: &Arc<App>, head: &Parts, body: &Bytes) -> Reply {
    let path = head.uri.path();
    match (&head.method, path) {
        (&Method::GET, "/healthz") => reply::json(StatusCode::OK, &json!({ "ok": true })),
        (&Method::POST, "/faults") => done(parse(body).and_then(|order| app.faults.order(order))),
        (&Method::POST, "/hostile") => done(parse(body).and_then(|wanted| app.hostile.set(wanted))),
        (&Method::DELETE, "/faults") => {
            app.faults.clear();
            done(Ok(()))
        }
        (&Method::GET, "/requests") => reply::json(StatusCode::OK, &app.log.to_json()),
        (&Method::DELETE, "/requests") => {
            app.log.clear();
            done(Ok(()))
        }
        (&Method::GET, "/objects") => reply::json(StatusCode::OK, &app.storage.objects.to_json()),
        (&Method::GET, "/profiles") => reply::json(StatusCode::OK, &all_profiles(app)),
        (&Method::GET, "/transfers") => reply::json(StatusCode::OK, &all_transfers(app)),
        (&Method::POST, "/settings") => {
            done(parse(body).and_then(|changes| lock(&app.settings).change(&changes)))
        }
        (&Method::POST, "/agents") => {
            done(parse(body).and_then(|value| agentdrop::register(&mut lock(&app.state), &value)))
        }
        (&Method::GET, "/agents") => reply::json(StatusCode::OK, &all_agents(&lock(&app.state))),
        (&Method::POST, "/reset") => {
            app.reset();
            done(Ok(()))
        }
        (&Method::GET, path) => match object_key(path) {
            Some(key) => content(app, &key).await,
            None => not_found(),
        },
        (&Method::DELETE, path) => match path.strip_prefix("/faults/") {
            Some(op) => done(app.faults.clear_for(op)),
            None => not_found(),
        },
        _ => not_found(),
    }
}

fn object_key(path: &str) -> Option<String> {
    let key = path.strip_prefix("/objects/")?.strip_suffix("/content")?;
    Some(percent_encoding::percent_decode_str(key).decode_utf8_lossy().into_owned())
}

async fn content(app: &App, key: &str) -> Reply {
    let Some(path) = app.storage.objects.get(key).and_then(|object| object.path) else {
        return not_found();
    };
    let Ok(file) = tokio::fs::File::open(path).await else {
        return not_found();
    };
    let frames = futures::StreamExt::map(ReaderStream::new(file), |chunk| {
        chunk.map(Frame::data).map_err(BoxError::from)
    });
    Reply::new(StreamBody::new(frames).boxed_unsync())
}

fn parse(body: &Bytes) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| format!("invalid JSON: {error}"))
}

fn done(result: Result<(), String>) -> Reply {
    match result {
        Ok(()) => reply::json(StatusCode::OK, &json!({ "ok": true })),
        Err(error) => reply::json(StatusCode::BAD_REQUEST, &json!({ "error": error })),
    }
}

fn not_found() -> Reply {
    reply::json(StatusCode::NOT_FOUND, &json!({ "error": "not found" }))
}

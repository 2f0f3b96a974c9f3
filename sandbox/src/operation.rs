//! The operations that a request can be. Faults are ordered by their names, and the log shows them.

use hyper::Method;
use hyper::http::request::Parts;

use crate::http::query;

/// The purpose of a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Api,
    Storage,
    Control,
}

/// Every operation a request can be, other than those of the control endpoint.
pub(crate) const OPS: &[&str] = &[
    "initiate_upload",
    "post_form",
    "complete_upload",
    "get_profile",
    "list_profiles",
    "delete_profile",
    "presign",
    "presign_multipart",
    "put",
    "put_part",
    "put_block",
    "put_block_list",
    "start_session",
    "ask_session",
    "put_session",
    "complete_multipart",
    "abort_multipart",
    "confirm",
    "create_transfer",
    "get_transfer",
    "download",
    "resolve",
    "register_agent",
    "inbox",
    "channel",
    "get_object",
    "other",
];

/// The operation that a request is, by method and path alone.
pub(crate) fn operation(role: Role, head: &Parts) -> &'static str {
    let method = &head.method;
    if role == Role::Storage {
        return of_storage(head);
    }
    let path = head.uri.path().trim_start_matches('/');
    let segments: Vec<&str> = path.split('/').collect();
    match (method, segments.as_slice()) {
        (&Method::POST, ["api", "v2", "browser-profiles", "initiate-upload"]) => "initiate_upload",
        (&Method::POST, ["api", "v2", "browser-profiles", _, "complete-upload"]) => "complete_upload",
        (&Method::GET, ["api", "v2", "browser-profiles"]) => "list_profiles",
        (&Method::GET, ["api", "v2", "browser-profiles", _]) => "get_profile",
        (&Method::DELETE, ["api", "v2", "browser-profiles", _]) => "delete_profile",
        (&Method::POST, ["v1", "transfers", "presigned"]) => "presign",
        (&Method::POST, ["v1", "transfers"]) => "create_transfer",
        (&Method::POST, ["v1", "transfers", "presigned", "multipart"]) => "presign_multipart",
        (&Method::POST, ["v1", "transfers", _, "files", _, "complete-multipart"]) => "complete_multipart",
        (&Method::POST, ["v1", "transfers", _, "files", _, "abort-multipart"]) => "abort_multipart",
        (&Method::POST, ["v1", "transfers", _, "confirm"]) => "confirm",
        (&Method::GET, ["v1", "transfers", _]) => "get_transfer",
        (&Method::GET, ["v1", "transfers", _, "download"]) => "download",
        (&Method::GET, ["v1", "agents", "resolve"]) => "resolve",
        (&Method::POST, ["v1", "agents", "register"]) => "register_agent",
        (&Method::GET, ["v1", "agents", _, "inbox"]) => "inbox",
        (_, ["v1", "channels", ..]) => "channel",
        _ => "other",
    }
}

fn of_storage(head: &Parts) -> &'static str {
    let query = head.uri.query();
    let has = |name: &str| query::query_value(query, name).is_some();
    let comp = query::query_value(query, "comp");
    match head.method {
        Method::PUT if comp.as_deref() == Some("block") => "put_block",
        Method::PUT if comp.as_deref() == Some("blocklist") => "put_block_list",
        Method::PUT if has("upload_id") => match head.headers.get("content-range") {
            Some(range) if range.as_bytes().starts_with(b"bytes */") => "ask_session",
            _ => "put_session",
        },
        Method::PUT if query::part_number(query).is_some() => "put_part",
        Method::PUT => "put",
        Method::POST if head.headers.contains_key("x-goog-resumable") => "start_session",
        Method::POST => "post_form",
        Method::GET | Method::HEAD => "get_object",
        _ => "other",
    }
}

//! Errors as AgentDrop says them.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::http::reply::{self, Reply};
use crate::storage::Refusal;

/// One entry of an error's `details`.
pub(crate) fn problem(field: &str, message: &str) -> Value {
    json!({ "field": field, "message": message })
}

pub(crate) fn invalid(details: Vec<Value>) -> Reply {
    reply::json(
        StatusCode::BAD_REQUEST,
        &json!({ "error": {
            "code": "VALIDATION_ERROR",
            "message": "Invalid request parameters",
            "status": 400,
            "details": details,
        }}),
    )
}

pub(crate) fn too_large(message: &str) -> Reply {
    error(StatusCode::PAYLOAD_TOO_LARGE, "FILE_TOO_LARGE", message)
}

pub(crate) fn not_found(message: &str) -> Reply {
    error(StatusCode::NOT_FOUND, "NOT_FOUND", message)
}

/// Storage's refusal as the API tells it.
pub(crate) fn storage_error(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::NoSuchUpload => no_upload(),
        Refusal::InvalidPart(why) => error(StatusCode::BAD_REQUEST, "INVALID_PART", &why),
        Refusal::EntityTooSmall(why) => error(StatusCode::BAD_REQUEST, "ENTITY_TOO_SMALL", &why),
        Refusal::Failed(why) => error(StatusCode::BAD_GATEWAY, "STORAGE_ERROR", &why),
    }
}

pub(crate) fn no_upload() -> Reply {
    not_found("No such upload: unknown, aborted or completed")
}

pub(crate) fn error(status: StatusCode, code: &str, message: &str) -> Reply {
    reply::json(status, &json!({ "error": { "code": code, "message": message, "status": status.as_u16() } }))
}

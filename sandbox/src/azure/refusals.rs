//! Refusals as Azure words them.

use hyper::StatusCode;
use hyper::header::HeaderValue;

use crate::http::reply::{Reply, with_type};

/// The version of the rules.
pub(super) const VERSION: &str = "2025-01-05";

pub(super) enum Refusal {
    Signature,
    Time { start: String, end: String, now: String },
    Permission,
    ContainerNotFound,
    MissingHeader(&'static str),
    HeaderValue(&'static str),
    QueryValue(&'static str),
    BlobAlreadyExists,
    ConditionNotMet,
    Md5Mismatch,
    Crc64Mismatch,
    InvalidBlobOrBlock,
    InvalidBlockList,
    IncompleteBody,
    Internal(String),
}

const UNAUTHENTICATED: &str = "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.";

impl Refusal {
    fn told(&self) -> (StatusCode, &'static str, &str) {
        let bad = StatusCode::BAD_REQUEST;
        match self {
            Self::Signature | Self::Time { .. } => {
                (StatusCode::FORBIDDEN, "AuthenticationFailed", UNAUTHENTICATED)
            }
            Self::Permission => (
                StatusCode::FORBIDDEN,
                "AuthorizationPermissionMismatch",
                "This request is not authorized to perform this operation using this permission.",
            ),
            Self::ContainerNotFound => {
                (StatusCode::NOT_FOUND, "ContainerNotFound", "The specified container does not exist.")
            }
            Self::MissingHeader(_) => (
                bad,
                "MissingRequiredHeader",
                "An HTTP header that's mandatory for this request is not specified.",
            ),
            Self::HeaderValue(_) => (
                bad,
                "InvalidHeaderValue",
                "The value for one of the HTTP headers is not in the correct format.",
            ),
            Self::QueryValue(_) => (
                bad,
                "InvalidQueryParameterValue",
                "Value for one of the query parameters specified in the request URI is invalid.",
            ),
            Self::BlobAlreadyExists => {
                (StatusCode::CONFLICT, "BlobAlreadyExists", "The specified blob already exists.")
            }
            Self::ConditionNotMet => (
                StatusCode::PRECONDITION_FAILED,
                "ConditionNotMet",
                "The condition specified using HTTP conditional header(s) is not met.",
            ),
            _ => self.told_of_content(),
        }
    }

    /// The same of what was sent.
    fn told_of_content(&self) -> (StatusCode, &'static str, &str) {
        let bad = StatusCode::BAD_REQUEST;
        match self {
            Self::Md5Mismatch => (
                bad,
                "Md5Mismatch",
                "The MD5 value specified in the request did not match with the MD5 value calculated by the server.",
            ),
            Self::Crc64Mismatch => (
                bad,
                "Crc64Mismatch",
                "The CRC64 value specified in the request did not match with the CRC64 value calculated by the server.",
            ),
            Self::InvalidBlobOrBlock => {
                (bad, "InvalidBlobOrBlock", "The specified blob or block content is invalid.")
            }
            Self::InvalidBlockList => (bad, "InvalidBlockList", "The specified block list is invalid."),
            Self::Internal(why) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError", why),
            _ => (bad, "InvalidInput", "One of the request inputs is not valid."),
        }
    }

    pub(super) fn reply(&self) -> Reply {
        let (status, code, message) = self.told();
        let more = match self {
            Self::Signature => detail("Signature did not match."),
            Self::Time { start, end, now } => detail(&format!(
                "Signature not valid in the specified time frame: Start [{start}] - Expiry [{end}] - Current [{now}]"
            )),
            Self::MissingHeader(name) | Self::HeaderValue(name) => format!("<HeaderName>{name}</HeaderName>"),
            Self::QueryValue(name) => format!("<QueryParameterName>{name}</QueryParameterName>"),
            _ => String::new(),
        };
        let xml = format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>"
        );
        let mut reply = with_type(status, "application/xml", xml);
        reply.headers_mut().insert("x-ms-error-code", HeaderValue::from_static(code));
        stamp(&mut reply);
        reply
    }
}

fn detail(text: &str) -> String {
    format!("<AuthenticationErrorDetail>{text}</AuthenticationErrorDetail>")
}

/// The headers that every answer of Azure's has.
pub(super) fn stamp(reply: &mut Reply) {
    let headers = reply.headers_mut();
    headers.insert("x-ms-version", HeaderValue::from_static(VERSION));
    headers.insert("server", HeaderValue::from_static("Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0"));
    if let Ok(id) = HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()) {
        headers.insert("x-ms-request-id", id);
    }
}

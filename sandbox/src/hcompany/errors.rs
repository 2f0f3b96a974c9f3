//! Errors as H Company says them.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::http::reply::{self, Reply};

pub(crate) fn problem(kind: &str, loc: Value, msg: &str, input: Value) -> Value {
    json!({ "type": kind, "loc": loc, "msg": msg, "input": input })
}

pub(crate) fn not_a_string(loc: Value, input: &Value) -> Value {
    problem("string_type", loc, "Input should be a valid string", input.clone())
}

pub(crate) fn unprocessable(problems: Vec<Value>) -> Reply {
    reply::json(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "detail": problems }))
}

pub(crate) fn detail(status: StatusCode, text: &str) -> Reply {
    reply::json(status, &json!({ "detail": text }))
}

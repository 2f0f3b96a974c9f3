//! Core errors, and panics of ours, as facts. The class is written in `lib/errors.js`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dropoff::{Error, ErrorKind, RESOURCE_KINDS};
use napi::Either;
use napi_derive::napi;
use serde_json::{Map, Value, json};

use crate::spelling::camel;

/// A call that failed.
#[napi(object, object_from_js = false)]
pub struct Failed {
    /// The facts, as JSON text.
    pub error: String,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error: facts(&error).to_string() }
    }
}

/// Every fact of the core, its name in camelCase and a length of time in milliseconds.
pub(crate) fn facts(error: &Error) -> Value {
    let Value::Object(core) = error.to_json() else { return Value::Null };
    let mut facts = Map::new();
    for (name, value) in core {
        match name.as_str() {
            "kind" => {
                facts.insert("code".to_owned(), value);
                facts.insert("number".to_owned(), json!(error.kind().code()));
            }
            "retry_after" => {
                let time = error.retry_after().map(|d| d.as_secs_f64() * 1000.0);
                facts.insert(camel(&name), json!(time));
            }
            _ => {
                facts.insert(camel(&name), value);
            }
        }
    }
    Value::Object(facts)
}

/// Runs the body of a function. A panic in it is a defect of ours and becomes the error `internal`; left
/// alone it would end the process, since napi calls from C.
pub(crate) fn guarded<T>(body: impl FnOnce() -> Result<T, Error>) -> Either<T, Failed> {
    match caught(body).and_then(|result| result) {
        Ok(value) => Either::A(value),
        Err(error) => Either::B(error.into()),
    }
}

/// What `body` gives, or the error for its panic.
pub(crate) fn caught<T>(body: impl FnOnce() -> T) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(body)).map_err(|panic| Error::from_panic(&*panic))
}

/// Node's own interface said no, which it does only when something is badly wrong.
pub(crate) fn refused(error: &napi::Error) -> Error {
    Error::internal(&format!("Node refused a call ({})", error.reason))
}

/// The facts for an argument that is wrong; `message` names it and says what it may be.
#[napi]
pub fn bad_argument(message: String) -> Failed {
    Error::bad_argument(&message).into()
}

/// The facts for a defect.
#[napi]
pub fn defect(what: String) -> Failed {
    Error::internal(&what).into()
}

/// One kind of error and its number.
#[napi(object, object_from_js = false)]
pub struct ErrorCode {
    /// The stable name.
    pub code: &'static str,
    /// The stable number.
    pub number: u32,
}

/// Every kind, so that a test can prove the table complete.
#[napi]
pub fn error_codes() -> Vec<ErrorCode> {
    ErrorKind::ALL.iter().map(|kind| ErrorCode { code: kind.as_str(), number: kind.code() }).collect()
}

/// Names of facts and calls that the core's sentences may hold on behalf of a service.
#[napi]
pub fn resource_names() -> Vec<&'static str> {
    RESOURCE_KINDS.iter().flat_map(|kind| [kind.id_fact, kind.getter]).collect()
}

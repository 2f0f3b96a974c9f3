//! The Node face of dropoff: the classes and functions of `native.js`, which `lib/` builds the public API on.
//!
//! Nothing here knows a protocol. A call goes `inputs` → core job → `job` → `results` or `errors`. What
//! is JavaScript's own stays in JavaScript: `AbortSignal`, progress callbacks, streams, the error class.
//!
//! No function here throws: what can fail gives an object with `error`, the facts as JSON text, so that
//! errors are made in one place (`lib/errors.js`). JSON text is also how results travel, since napi would
//! turn numbers above 32 bits into `BigInt`.

mod agentdrop;
mod errors;
mod hcompany;
mod inputs;
mod job;
mod logs;
mod options;
#[cfg(debug_assertions)]
mod panics;
mod profiles;
mod results;
mod sealing;
mod spelling;
mod storage;
mod stream;
mod teardown;
mod tickets;
mod tools;

use napi_derive::napi;

/// The version of the package.
#[napi]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

//! Runs the shared scenarios of `tests/vectors/scenarios` through the Rust API, and lends its parts
//! to the Rust-only tests.

pub mod compare;
pub mod misbehaving_server;
pub mod profiles;
pub mod proxy;
pub mod run;
pub mod scenario;
pub mod secured;
pub mod sources;

use dropoff::{AgentDrop, Encryption, HCompany, KeyPair, Options};
use dropoff_sandbox::{Config, Sandbox};
use std::time::{Duration, Instant};

/// A sandbox with the defaults, or with changes.
pub fn sandbox(config: Config) -> Sandbox {
    Sandbox::start(config).expect("the sandbox starts")
}

/// Options that reach the sandbox's storage and do not wait between tries.
pub fn options(sandbox: &Sandbox) -> Options {
    let mut options = Options::new()
        .trusted_storage([Some(sandbox.storage_url()), sandbox.untrusted_storage_url()].into_iter().flatten())
        .and_then(|o| o.backoff_base(Duration::from_millis(1)))
        .expect("good options");
    if let Some(file) = sandbox.ca_file() {
        options = options.ca_file(file).expect("a PEM file");
    }
    options
}

/// Waits until the sandbox has seen a request of this operation.
pub fn until_requested(sandbox: &Sandbox, operation: &str) {
    let seen = || {
        let requests = sandbox.requests();
        requests.as_array().is_some_and(|log| log.iter().any(|request| request["op"] == operation))
    };
    let started = Instant::now();
    while !seen() {
        assert!(started.elapsed() < Duration::from_secs(60), "{operation} never came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A client of the sandbox's browser profiles.
pub fn hcompany(sandbox: &Sandbox, options: Options) -> HCompany {
    let builder = HCompany::builder().base_url(sandbox.api_url()).api_key(sandbox.h_api_key());
    builder.options(options).build().expect("a client")
}

/// A client of the sandbox's transfers.
pub fn agentdrop(sandbox: &Sandbox, options: Options) -> AgentDrop {
    let builder = AgentDrop::builder().base_url(sandbox.api_url()).api_key(sandbox.agentdrop_api_key());
    builder.options(options).build().expect("a client")
}

/// The private keys of two agents that exist in tests only: bytes 1 to 32, and 65 to 96.
pub const SENDER_KEY: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
/// See [`SENDER_KEY`].
pub const RECIPIENT_KEY: &str = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2A=";

/// From the one to the other.
pub fn encryption() -> Encryption {
    let pair = |key| KeyPair::from_private_key(key).expect("a key");
    Encryption::new(pair(SENDER_KEY)).recipient_public_key(&pair(RECIPIENT_KEY).public_key()).expect("a key")
}

/// Compiles the Rust of the documentation.
#[cfg(doctest)]
mod documentation {
    #[doc = include_str!("../../../README.md")]
    pub struct Readme;
    #[doc = include_str!("../../../docs/first-hour/rust.md")]
    pub struct FirstHour;
    #[doc = include_str!("../../../docs/guides/async.md")]
    pub struct Async;
    #[doc = include_str!("../../../docs/guides/interrupted.md")]
    pub struct Interrupted;
    #[doc = include_str!("../../../docs/guides/profiles.md")]
    pub struct Profiles;
    #[doc = include_str!("../../../docs/guides/sealed.md")]
    pub struct Sealed;
    #[doc = include_str!("../../../docs/guides/storage.md")]
    pub struct Storage;
    #[doc = include_str!("../../../docs/guides/plans.md")]
    pub struct Plans;
    #[doc = include_str!("../../../docs/errors/index.md")]
    pub struct Errors;
}

//! Both upload services on loopback, strict as their documents, over storage that checks signatures
//! for real, with faults on order.
//!
//! ```no_run
//! let sandbox = dropoff_sandbox::Sandbox::start(Default::default())?;
//! println!("{} {}", sandbox.api_url(), sandbox.h_api_key());
//! sandbox.order(serde_json::json!({"on": "put", "do": {"reset_after": 65536}})).expect("a known fault");
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! A request comes in through `server`, which gives it to `hcompany` or `agentdrop` (the API), to `storage`
//! (or `azure` or `google` in its place), to `control`, or carries out the fault that it meets (`faults`).
//! All of them share one `App`: `state` is what the services remember, `presign` makes the tickets, and
//! `http` has requests, replies and their log.
//!
//! `sandbox/README.md` lists settings, faults and the names of operations.

mod agentdrop;
mod app;
mod azure;
mod config;
mod control;
mod faults;
mod google;
mod hcompany;
mod http;
mod lock;
mod operation;
mod presign;
pub mod program;
mod sandbox;
mod server;
mod settings;
mod signals;
mod start;
mod state;
mod storage;

pub use crate::config::{Config, StorageConfig};
pub use crate::sandbox::Sandbox;

//! A server of the Model Context Protocol over standard input and output: the core's tools, for a model to
//! call. It owns what a client of the protocol sees and asks, and how a call of a model becomes one of the
//! core. It must not know a service's or storage's rules, which are the core's, nor the command line and
//! where its secrets come from.

mod answer;
mod arguments;
mod calls;
mod consent;
mod dialogue;
mod folders;
mod offer;
mod pipes;
mod progress;
mod rounds;
mod running;
mod server;
mod settings;
mod stdio;
mod targets;

pub use settings::{Asking, Settings};
pub use stdio::{McpServer, Stopper};
pub use targets::Targets;

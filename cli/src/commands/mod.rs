//! The commands, a file each: arguments in, one request of the library, a report out.

pub mod completion;
pub mod doctor;
pub mod key;
pub mod mcp;
pub mod open;
pub mod post_form;
pub mod profile;
pub mod put;
pub mod put_parts;
pub mod sandbox;
pub mod send;
mod services;
mod shared;
pub mod transfer;
pub mod whoami;

pub use shared::shown;

use dropoff::Result;

use crate::arguments::Command;
use crate::report::Report;
use crate::run::Session;

/// Does what the command says.
///
/// # Errors
/// The library's, and `invalid_input` for what the command line got wrong.
pub fn run(command: Command, session: &Session) -> Result<Report> {
    match command {
        Command::Send(send) => send.run(session),
        Command::Open(open) => open.run(session),
        Command::Transfer(transfer) => transfer.run(session),
        Command::Profile(profile) => profile.run(session),
        Command::Key(key) => key.run(),
        Command::Whoami(whoami) => whoami.run(session),
        Command::Doctor(doctor) => doctor.run(session),
        Command::Sandbox(sandbox) => sandbox.run(session),
        Command::Completion(completion) => completion.run(),
        Command::Man(man) => man.run(),
        Command::Mcp(mcp) => mcp.run(session),
        Command::Put(put) => put.run(session),
        Command::PostForm(form) => form.run(session),
        Command::PutParts(parts) => parts.run(session),
    }
}

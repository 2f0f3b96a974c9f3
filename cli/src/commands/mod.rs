//! The commands, a file each: arguments in, one request of the library, a report out.

pub mod post_form;
pub mod put;
pub mod put_parts;

use dropoff::Result;

use crate::arguments::Command;
use crate::report::Report;
use crate::run::Session;

/// Does what the command says.
///
/// # Errors
/// The library's, and `invalid_input` for what the command line got wrong.
pub fn run(command: Command, session: &mut Session) -> Result<Report> {
    match command {
        Command::Put(put) => put.run(session),
        Command::PostForm(form) => form.run(session),
        Command::PutParts(parts) => parts.run(session),
    }
}

//! Why a transfer that is well written is refused all the same.

use super::agents::{self, Lookup};
use super::errors::{not_found, too_large};
use crate::app::App;
use crate::http::reply::Reply;
use crate::lock::lock;
use crate::settings::Settings;
use crate::state::Transfer;

/// The same whichever way the transfer is sent.
pub(crate) fn refuse(app: &App, transfer: &Transfer, settings: &Settings) -> Option<Reply> {
    if let Some(file) = transfer.files.iter().find(|file| file.size > settings.max_file_bytes) {
        return Some(too_large(&format!(
            "{} has {} bytes, your plan allows {}",
            file.name, file.size, settings.max_file_bytes
        )));
    }
    // Somebody nobody registered may be sent to, so that a test needs no agents.
    let state = lock(&app.state);
    if transfer.mode != "agent-to-agent" || !state.agents.iter().any(|agent| agent.id == transfer.recipient) {
        return None;
    }
    match agents::find(&state, &transfer.recipient, transfer.recipient_account.as_deref()) {
        Lookup::One(_) => None,
        Lookup::Nobody => Some(not_found("Recipient not found")),
        Lookup::Several(agents) => Some(agents::ambiguous(&agents)),
    }
}

//! Why a transfer that is well written is refused all the same.

use super::agents::{self, Found};
use super::errors::{not_found, too_large};
use crate::app::App;
use crate::config::Settings;
use crate::http::reply::Reply;
use crate::lock::lock;
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
        Found::One(_) => None,
        Found::Nobody => Some(not_found("Recipient not found")),
        Found::Several(agents) => Some(agents::ambiguous(&agents)),
    }
}

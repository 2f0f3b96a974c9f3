//! A ticket that travels to another process: what it reveals is the service's reply and the files that were promised,
//! and of that a ticket is made again. It knows nothing of keys, so what is sealed here stays here.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::sealing::TransferSealing;
use super::ticket::{PresignRequest, Ticket, TransferTicket};
use super::wire::FileEntry;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::storage::SignedAt;

/// Our member beside those of the service.
const MEMBER: &str = "dropoff";

#[derive(Deserialize, Serialize)]
struct Promised {
    files: Vec<FileEntry>,
    /// The files are sealed by the process that asked for the ticket.
    sealed: bool,
}

impl TransferTicket {
    /// The service's reply, secrets included, for [`AgentDrop::restore_ticket`](crate::AgentDrop::restore_ticket)
    /// elsewhere. Its member `dropoff` is ours: the files as they were promised. Do not log it.
    #[must_use]
    pub fn reveal(&self) -> Value {
        with_files(self.0.reply(), &self.0)
    }
}

fn with_files(mut reply: Value, ticket: &Ticket) -> Value {
    let promised = Promised { files: ticket.promised.clone(), sealed: ticket.sealing.sealed().is_some() };
    if let (Value::Object(members), Ok(promised)) = (&mut reply, serde_json::to_value(promised)) {
        members.insert(MEMBER.to_owned(), promised);
    }
    reply
}

/// The ticket of what another one revealed.
pub(super) fn ticket(revealed: &Value, options: &Options) -> Result<Ticket> {
    let mut reply = revealed.clone();
    let promised = reply.as_object_mut().and_then(|members| members.remove(MEMBER)).unwrap_or_default();
    // The reader's own words quote values, and those may be secrets.
    let Ok(promised) = serde_json::from_value::<Promised>(promised) else {
        return Err(Error::invalid(
            "this is not what a ticket revealed: its member \"dropoff\" is missing or another version's; give what reveal() gave, whole",
        ));
    };
    if promised.sealed {
        return Err(Error::invalid(
            "the files of this ticket are sealed by the process that asked for it, which alone has their key; upload them there",
        ));
    }
    let multipart = promised.files.iter().any(|entry| entry.part_size.is_some());
    let seals = vec![None; promised.files.len()];
    let request =
        PresignRequest { promised: promised.files, multipart, sealing: TransferSealing::Open, seals };
    let text = Bytes::from(reply.to_string());
    let read = Ticket::read(reply, text, request, SignedAt::Elsewhere, options);
    // Nobody but the caller gave it.
    read.map_err(|e| Error::invalid(format!("the ticket that was revealed cannot be used: {}", e.message())))
}

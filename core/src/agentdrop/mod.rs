//! AgentDrop's transfers: presigned → PUT each file, or the parts of large ones, several at once → confirm.

mod checked;
mod client;
mod confirm;
mod encryption;
mod multipart;
mod open;
mod plan;
mod prepare;
mod presign;
mod request;
mod resource;
mod restore;
mod result;
mod resume;
mod revealed;
mod same_call;
pub(crate) mod sealing;
mod send;
mod state;
pub(crate) mod ticket;
pub(crate) mod transfer_journal;
mod unchanged;
mod upload;
pub(crate) mod wire;

pub use client::{AgentDrop, AgentDropBuilder};
pub use encryption::Encryption;
pub use open::{OpenedFile, SealedFile, open_sealed, start_open_sealed};
pub use plan::{PlannedFile, TransferPlan};
pub use request::{File, Transfer};
pub(crate) use resource::TRANSFER;
pub use result::{Confirmed, SentFile, SentTransfer};
pub use ticket::TransferTicket;
pub use wire::TransferInfo;

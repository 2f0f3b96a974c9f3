//! AgentDrop's transfers: presigned → PUT each file, or the parts of large ones, several at once → confirm.

mod client;
mod confirm;
mod encryption;
mod flow;
mod multipart;
mod open;
mod plan;
mod prepare;
mod request;
mod result;
mod resume;
mod ticket;
mod wire;

pub use client::{AgentDrop, AgentDropBuilder};
pub use encryption::Encryption;
pub use open::{OpenedFile, SealedFile, open_sealed, start_open_sealed};
pub use plan::{PlannedFile, TransferPlan};
pub use request::{File, Transfer};
pub use result::{Confirmed, SentFile, SentTransfer};
#[cfg(any(test, fuzzing))]
pub use resume::exercise_journal;
pub use ticket::TransferTicket;
pub use wire::TransferInfo;
#[cfg(any(test, fuzzing))]
pub use wire::exercise;

//! AgentDrop's transfers: presigned → PUT each file, or the parts of large ones, several at once → confirm.

mod checked;
mod client;
mod confirm;
mod encryption;
#[cfg(any(test, fuzzing))]
mod fuzz;
mod multipart;
mod open;
mod plan;
mod prepare;
mod presign;
mod request;
mod result;
mod resume;
mod same_call;
mod sealing;
mod send;
mod state;
mod ticket;
mod transfer_journal;
mod upload;
mod wire;

pub use client::{AgentDrop, AgentDropBuilder};
pub use encryption::Encryption;
#[cfg(any(test, fuzzing))]
pub use fuzz::{exercise, exercise_journal};
pub use open::{OpenedFile, SealedFile, open_sealed, start_open_sealed};
pub use plan::{PlannedFile, TransferPlan};
pub use request::{File, Transfer};
pub use result::{Confirmed, SentFile, SentTransfer};
pub use ticket::TransferTicket;
pub use wire::TransferInfo;

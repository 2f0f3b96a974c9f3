//! AgentDrop: tickets
//!
//! A pending transfer and its presigned URLs: the first step of the flow done step by step.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;

use dropoff::TransferTicket;

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, needed};
use crate::job::{self, Outcome, dropoff_job};
use crate::text::{Json, Text};

/// A pending transfer and its presigned URLs. Free it with dropoff_transfer_ticket_free.
///
/// Threads: it never changes, so any number of threads may use it at once.
pub struct dropoff_transfer_ticket {
    pub(crate) ticket: TransferTicket,
    id: Text,
    expires_at: Text,
    revealed: Json,
    _live: LiveHandle,
}

impl Outcome for TransferTicket {
    type Handle = dropoff_transfer_ticket;
    const NAME: &'static str = "transfer_ticket";
    fn handle(self) -> *mut dropoff_transfer_ticket {
        Box::into_raw(Box::new(dropoff_transfer_ticket {
            id: Text::new(self.id()),
            expires_at: Text::maybe(self.expires_at()),
            revealed: Json::new(),
            ticket: self,
            _live: LiveHandle::new(),
        }))
    }
}

/// Waits for a job of dropoff_agentdrop_start_presign and gives its result, which is yours to free; or what
/// the job failed with.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_transfer_ticket(
    job: Option<&dropoff_job>,
    ticket: Option<&mut MaybeUninit<*mut dropoff_transfer_ticket>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<TransferTicket>(job, needed!(ticket)))
}

/// Frees a ticket. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_ticket_free(ticket: Option<Box<dropoff_transfer_ticket>>) {
    guard::free(ticket);
}

/// The transfer's id, for dropoff_agentdrop_confirm. Lives as long as the ticket.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_ticket_id(ticket: Option<&dropoff_transfer_ticket>) -> *const c_char {
    guard::get(ticket, ptr::null(), |t| t.id.as_ptr())
}

/// When the service says its URLs expire, RFC 3339; NULL if it does not tell. Lives as long as the ticket.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_ticket_expires_at(
    ticket: Option<&dropoff_transfer_ticket>,
) -> *const c_char {
    guard::get(ticket, ptr::null(), |t| t.expires_at.as_ptr())
}

/// The service's reply as one JSON object, secrets included: who has it can upload. Do not log it. Lives as
/// long as the ticket.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_ticket_reveal_json(
    ticket: Option<&dropoff_transfer_ticket>,
) -> *const c_char {
    guard::get(ticket, ptr::null(), |t| t.revealed.of(&t.ticket.reveal()))
}

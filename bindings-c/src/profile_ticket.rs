//! H Company: tickets
//!
//! A reserved profile and the presigned form to send its archive with: the first step of the flow done step
//! by step.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;

use dropoff::ProfileTicket;

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, needed};
use crate::job::{self, Outcome, dropoff_job};
use crate::text::{Json, Text};

/// A reserved profile and its presigned form. Free it with dropoff_profile_ticket_free.
///
/// Threads: it never changes, so any number of threads may use it at once.
pub struct dropoff_profile_ticket {
    pub(crate) ticket: ProfileTicket,
    profile_id: Text,
    revealed: Json,
    _live: LiveHandle,
}

impl Outcome for ProfileTicket {
    type Handle = dropoff_profile_ticket;
    const NAME: &'static str = "profile_ticket";
    fn handle(self) -> *mut dropoff_profile_ticket {
        Box::into_raw(Box::new(dropoff_profile_ticket {
            profile_id: Text::new(self.profile_id()),
            revealed: Json::new(),
            ticket: self,
            _live: LiveHandle::new(),
        }))
    }
}

/// Waits for a job of dropoff_hcompany_start_initiate_upload and gives its result, which is yours to free; or
/// what the job failed with.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_profile_ticket(
    job: Option<&dropoff_job>,
    ticket: Option<&mut MaybeUninit<*mut dropoff_profile_ticket>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<ProfileTicket>(job, needed!(ticket)))
}

/// Frees a ticket. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_ticket_free(ticket: Option<Box<dropoff_profile_ticket>>) {
    guard::free(ticket);
}

/// The reserved id, for dropoff_hcompany_complete_upload. Lives as long as the ticket.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_ticket_profile_id(
    ticket: Option<&dropoff_profile_ticket>,
) -> *const c_char {
    guard::get(ticket, ptr::null(), |t| t.profile_id.as_ptr())
}

/// How long an upload may still start, in milliseconds.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_ticket_expires_in_ms(ticket: Option<&dropoff_profile_ticket>) -> u64 {
    guard::get(ticket, 0, |t| u64::try_from(t.ticket.expires_in().as_millis()).unwrap_or(u64::MAX))
}

/// The service's reply as one JSON object, secrets included: who has it can upload. Do not log it. Lives as
/// long as the ticket.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_ticket_reveal_json(
    ticket: Option<&dropoff_profile_ticket>,
) -> *const c_char {
    guard::get(ticket, ptr::null(), |t| t.revealed.of(&t.ticket.reveal()))
}

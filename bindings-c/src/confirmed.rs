//! AgentDrop: confirmations
//!
//! What dropoff_agentdrop_confirm results in.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;

use dropoff::Confirmed;

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, needed};
use crate::job::{self, Outcome, dropoff_job};
use crate::text::{Json, Text};

/// What confirming answered. Free it with dropoff_confirmed_free.
///
/// Threads: it never changes, so any number of threads may read it at once.
pub struct dropoff_confirmed {
    confirmed: Confirmed,
    id: Text,
    status: Text,
    json: Json,
    _live: LiveHandle,
}

impl Outcome for Confirmed {
    type Handle = dropoff_confirmed;
    const NAME: &'static str = "confirmed";
    fn handle(self) -> dropoff_confirmed {
        dropoff_confirmed {
            id: Text::new(&self.id),
            status: Text::new(&self.status),
            json: Json::new(),
            confirmed: self,
            _live: LiveHandle::new(),
        }
    }
}

/// Waits for a job of dropoff_agentdrop_start_confirm and gives its result, which is yours to free; or what the
/// job failed with.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_confirmed(
    job: Option<&dropoff_job>,
    confirmed: Option<&mut MaybeUninit<*mut dropoff_confirmed>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<Confirmed>(job, needed!(confirmed)))
}

/// Frees a confirmation. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_confirmed_free(confirmed: Option<Box<dropoff_confirmed>>) {
    guard::free(confirmed);
}

/// The transfer's id. Lives as long as the confirmation.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_confirmed_id(confirmed: Option<&dropoff_confirmed>) -> *const c_char {
    guard::get(confirmed, ptr::null(), |c| c.id.as_ptr())
}

/// "active", as the service reported it. Lives as long as the confirmation.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_confirmed_status(confirmed: Option<&dropoff_confirmed>) -> *const c_char {
    guard::get(confirmed, ptr::null(), |c| c.status.as_ptr())
}

/// Every field as one JSON object, the same in all languages. Lives as long as the confirmation.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_confirmed_to_json(confirmed: Option<&dropoff_confirmed>) -> *const c_char {
    guard::get(confirmed, ptr::null(), |c| c.json.of(&c.confirmed))
}

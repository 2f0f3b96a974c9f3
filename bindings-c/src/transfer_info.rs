//! AgentDrop: transfers as they are
//!
//! What dropoff_agentdrop_get_transfer results in.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;

use dropoff::TransferInfo;

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, needed};
use crate::job::{self, Outcome, dropoff_job};
use crate::text::{Json, Text};

/// A transfer as the service has it. Free it with dropoff_transfer_info_free.
///
/// Threads: it never changes, so any number of threads may read it at once.
pub struct dropoff_transfer_info {
    info: TransferInfo,
    id: Text,
    status: Text,
    json: Json,
    _live: LiveHandle,
}

impl Outcome for TransferInfo {
    type Handle = dropoff_transfer_info;
    const NAME: &'static str = "transfer_info";
    fn handle(self) -> dropoff_transfer_info {
        dropoff_transfer_info {
            id: Text::new(&self.id),
            status: Text::new(&self.status),
            json: Json::new(),
            info: self,
            _live: LiveHandle::new(),
        }
    }
}

/// Waits for a job of dropoff_agentdrop_start_get_transfer and gives its result, which is yours to free; or what
/// the job failed with.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_transfer_info(
    job: Option<&dropoff_job>,
    info: Option<&mut MaybeUninit<*mut dropoff_transfer_info>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<TransferInfo>(job, needed!(info)))
}

/// Frees what a transfer is. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_info_free(info: Option<Box<dropoff_transfer_info>>) {
    guard::free(info);
}

/// The transfer's id. Lives as long as the info.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_info_id(info: Option<&dropoff_transfer_info>) -> *const c_char {
    guard::get(info, ptr::null(), |i| i.id.as_ptr())
}

/// "pending", "active", "expired", "deleted", "downloaded", and whatever the service adds. Lives as long as the
/// info.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_info_status(info: Option<&dropoff_transfer_info>) -> *const c_char {
    guard::get(info, ptr::null(), |i| i.status.as_ptr())
}

/// Every field as one JSON object, the same in all languages; `fields` is the service's whole reply. Lives as
/// long as the info.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_info_to_json(info: Option<&dropoff_transfer_info>) -> *const c_char {
    guard::get(info, ptr::null(), |i| i.json.of(&i.info))
}

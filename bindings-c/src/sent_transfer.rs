//! AgentDrop: transfers that were sent
//!
//! What dropoff_agentdrop_send results in.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;

use dropoff::SentTransfer;

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, needed};
use crate::job::{self, Outcome, dropoff_job};
use crate::sent_files::dropoff_sent_files;
use crate::text::{Json, Text};

/// A transfer that is active, file by file. Free it with dropoff_sent_transfer_free.
///
/// Threads: it never changes, so any number of threads may read it at once.
pub struct dropoff_sent_transfer {
    sent: SentTransfer,
    id: Text,
    status: Text,
    expires_at: Text,
    recipient_key_fingerprint: Text,
    recipient_key_source: Text,
    files: dropoff_sent_files,
    json: Json,
    _live: LiveHandle,
}

impl Outcome for SentTransfer {
    type Handle = dropoff_sent_transfer;
    const NAME: &'static str = "sent_transfer";
    fn handle(self) -> dropoff_sent_transfer {
        dropoff_sent_transfer {
            id: Text::new(&self.id),
            status: Text::new(&self.status),
            expires_at: Text::maybe(self.expires_at.as_deref()),
            recipient_key_fingerprint: Text::maybe(self.recipient_key_fingerprint.as_deref()),
            recipient_key_source: Text::maybe(self.recipient_key_source.as_deref()),
            files: self.files.clone().handle(),
            json: Json::new(),
            sent: self,
            _live: LiveHandle::new(),
        }
    }
}

/// Waits for a job of dropoff_agentdrop_start_send and gives its result, which is yours to free; or what the job
/// failed with.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_sent_transfer(
    job: Option<&dropoff_job>,
    transfer: Option<&mut MaybeUninit<*mut dropoff_sent_transfer>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<SentTransfer>(job, needed!(transfer)))
}

/// Frees a sent transfer, with the files that are its own. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_transfer_free(transfer: Option<Box<dropoff_sent_transfer>>) {
    guard::free(transfer);
}

/// The transfer's id. Lives as long as the transfer.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_transfer_id(transfer: Option<&dropoff_sent_transfer>) -> *const c_char {
    guard::get(transfer, ptr::null(), |t| t.id.as_ptr())
}

/// "active", as the service reported it. Lives as long as the transfer.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_transfer_status(transfer: Option<&dropoff_sent_transfer>) -> *const c_char {
    guard::get(transfer, ptr::null(), |t| t.status.as_ptr())
}

/// Whether its files were sealed before they left.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_transfer_encrypted(transfer: Option<&dropoff_sent_transfer>) -> bool {
    guard::get(transfer, false, |t| t.sent.encrypted)
}

/// When the service says the upload URLs (or the transfer) expire, RFC 3339; its documents disagree. NULL if it
/// does not tell. Lives as long as the transfer.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_transfer_expires_at(
    transfer: Option<&dropoff_sent_transfer>,
) -> *const c_char {
    guard::get(transfer, ptr::null(), |t| t.expires_at.as_ptr())
}

/// SHA-256, in hex, of the public key that its files were sealed for: compare it with the recipient's. NULL if nothing
/// was sealed here. Lives as long as the transfer.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_transfer_recipient_key_fingerprint(
    transfer: Option<&dropoff_sent_transfer>,
) -> *const c_char {
    guard::get(transfer, ptr::null(), |t| t.recipient_key_fingerprint.as_ptr())
}

/// Whose word it is that this key is the recipient's: "caller" or "service". NULL if nothing was sealed here. Lives as
/// long as the transfer.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_transfer_recipient_key_source(
    transfer: Option<&dropoff_sent_transfer>,
) -> *const c_char {
    guard::get(transfer, ptr::null(), |t| t.recipient_key_source.as_ptr())
}

/// Its files, in the order given. They belong to the transfer: do not free them, they live as long as that. NULL for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_transfer_files(
    transfer: Option<&dropoff_sent_transfer>,
) -> *const dropoff_sent_files {
    guard::get(transfer, ptr::null(), |t| ptr::from_ref(&t.files))
}

/// Every field as one JSON object, the same in all languages. Lives as long as the transfer.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_sent_transfer_to_json(transfer: Option<&dropoff_sent_transfer>) -> *const c_char {
    guard::get(transfer, ptr::null(), |t| t.json.of(&t.sent))
}

//! AgentDrop: the client
//!
//! Sends transfers: a presigned PUT per file, or per part of large ones, several at once, then confirm.
//! dropoff_agentdrop_send does all of it; dropoff_agentdrop_plan says what that would send; the rest are its steps.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;

use dropoff::{
    AgentDrop, Confirmed, Error, Result, SentFile, SentTransfer, TransferInfo, TransferPlan, TransferTicket,
};

use crate::confirmed::dropoff_confirmed;
use crate::error::{dropoff_error, dropoff_status};
use crate::files::dropoff_files;
use crate::guard;
use crate::handle::{LiveHandle, give, needed};
use crate::job::{self, dropoff_job, started};
use crate::options::dropoff_options;
use crate::sent_files::dropoff_sent_files;
use crate::sent_transfer::dropoff_sent_transfer;
use crate::text::{optional_text, text};
use crate::transfer::dropoff_transfer;
use crate::transfer_info::dropoff_transfer_info;
use crate::transfer_plan::dropoff_transfer_plan;
use crate::transfer_ticket::dropoff_transfer_ticket;

/// A client of AgentDrop transfers. It may be freed while its jobs run.
///
/// Threads: any number may use one client at once, but for freeing it; they share its connections.
pub struct dropoff_agentdrop {
    client: AgentDrop,
    _live: LiveHandle,
}

impl dropoff_agentdrop {
    fn send(&self, transfer: &mut dropoff_transfer) -> Result<dropoff_job> {
        let (request, progress) = transfer.take()?;
        started(progress, || self.client.start_send(request))
    }
    fn plan(&self, transfer: &mut dropoff_transfer) -> Result<dropoff_job> {
        let (request, progress) = transfer.take()?;
        started(progress, || self.client.start_plan(request))
    }
    fn presign(&self, transfer: &mut dropoff_transfer) -> Result<dropoff_job> {
        let (request, progress) = transfer.take()?;
        started(progress, || self.client.start_presign(request))
    }
    fn upload(&self, ticket: &dropoff_transfer_ticket, files: &mut dropoff_files) -> Result<dropoff_job> {
        let files = files.take()?;
        started(None, || self.client.start_upload(&ticket.ticket, files))
    }
    fn confirm(&self, transfer_id: &str) -> Result<dropoff_job> {
        started(None, || self.client.start_confirm(transfer_id))
    }
    fn get_transfer(&self, transfer_id: &str) -> Result<dropoff_job> {
        started(None, || self.client.start_get_transfer(transfer_id))
    }
}

/// Makes a client. It makes no connection yet.
///
/// api_key: agd_... or ada_..., NULL for the environment variable AGENTDROP_API_KEY. base_url: another place for the API,
/// https or http on loopback. DROPOFF_AUTHENTICATION without a key, DROPOFF_INVALID_INPUT for a bad URL.
///
/// May be NULL: api_key, base_url, options.
/// Threads: any. It reads the environment: not while another thread calls setenv.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_agentdrop_new(
    api_key: *const c_char,
    base_url: *const c_char,
    options: Option<&dropoff_options>,
    client: Option<&mut MaybeUninit<*mut dropoff_agentdrop>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let place = needed!(client)?;
        let mut builder = AgentDrop::builder().options(dropoff_options::of(options));
        if let Some(key) = optional_text!(api_key)? {
            builder = builder.api_key(key);
        }
        if let Some(url) = optional_text!(base_url)? {
            builder = builder.base_url(url);
        }
        give(place, dropoff_agentdrop { client: builder.build()?, _live: LiveHandle::new() });
        Ok(())
    })
}

/// Frees a client. Its jobs go on. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_agentdrop_free(client: Option<Box<dropoff_agentdrop>>) {
    guard::free(client);
}

/// From now on all uploads of a client together send at most so many bytes a second, those under way too; 0:
/// no limit. 1024 to 1099511627776. See bandwidth_limit in dropoff_options.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_agentdrop_set_bandwidth_limit(
    client: Option<&dropoff_agentdrop>,
    bytes_per_second: u64,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let limit = Some(bytes_per_second).filter(|limit| *limit > 0);
        needed!(client)?.client.set_bandwidth_limit(limit)
    })
}

/// Sends files and waits until the transfer is active. Uses `transfer` up. The result is yours to free.
///
/// Any status. The error's transfer_id names the pending transfer if one was made; it is not delivered unless the
/// error's outcome says so. With a journal (dropoff_transfer_set_journal), the error's journal says whether the same call
/// goes on from there. A presign whose reply was lost is not repeated, since that could leave two pending
/// transfers; calling again is safe.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_agentdrop_send(
    client: Option<&dropoff_agentdrop>,
    transfer: Option<&mut dropoff_transfer>,
    sent: Option<&mut MaybeUninit<*mut dropoff_sent_transfer>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, transfer) = (needed!(client)?, needed!(transfer)?);
        job::finish::<SentTransfer>(needed!(sent), || client.send(transfer))
    })
}

/// Starts dropoff_agentdrop_send. The job is yours to free.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_agentdrop_start_send(
    client: Option<&dropoff_agentdrop>,
    transfer: Option<&mut dropoff_transfer>,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, transfer) = (needed!(client)?, needed!(transfer)?);
        job::give_started(needed!(job), || client.send(transfer))
    })
}

/// What dropoff_agentdrop_send would send, without a network: the files as they would go, and the first request's body
/// without its secrets. Uses `transfer` up. The result is yours to free. DROPOFF_INVALID_INPUT also for a stream, which
/// telling its size would use up.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_agentdrop_plan(
    client: Option<&dropoff_agentdrop>,
    transfer: Option<&mut dropoff_transfer>,
    plan: Option<&mut MaybeUninit<*mut dropoff_transfer_plan>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, transfer) = (needed!(client)?, needed!(transfer)?);
        job::finish::<TransferPlan>(needed!(plan), || client.plan(transfer))
    })
}

/// Starts dropoff_agentdrop_plan. The job is yours to free.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_agentdrop_start_plan(
    client: Option<&dropoff_agentdrop>,
    transfer: Option<&mut dropoff_transfer>,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, transfer) = (needed!(client)?, needed!(transfer)?);
        job::give_started(needed!(job), || client.plan(transfer))
    })
}

/// Step one: makes a pending transfer and asks for a presigned URL per file. The sources are looked at for their
/// sizes; give the same ones to dropoff_agentdrop_upload. Uses `transfer` up. The result is yours to free.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_agentdrop_presign(
    client: Option<&dropoff_agentdrop>,
    transfer: Option<&mut dropoff_transfer>,
    ticket: Option<&mut MaybeUninit<*mut dropoff_transfer_ticket>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, transfer) = (needed!(client)?, needed!(transfer)?);
        job::finish::<TransferTicket>(needed!(ticket), || client.presign(transfer))
    })
}

/// Starts dropoff_agentdrop_presign. The job is yours to free.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_agentdrop_start_presign(
    client: Option<&dropoff_agentdrop>,
    transfer: Option<&mut dropoff_transfer>,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, transfer) = (needed!(client)?, needed!(transfer)?);
        job::give_started(needed!(job), || client.presign(transfer))
    })
}

/// Step two: sends the files to storage, several at once. Files go with URLs by position; their names and sizes
/// must be those that were presigned. Uses `files` up. To be told its progress, start it and use
/// dropoff_job_on_progress. The result is yours to free.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_agentdrop_upload(
    client: Option<&dropoff_agentdrop>,
    ticket: Option<&dropoff_transfer_ticket>,
    files: Option<&mut dropoff_files>,
    sent: Option<&mut MaybeUninit<*mut dropoff_sent_files>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, ticket, files) = (needed!(client)?, needed!(ticket)?, needed!(files)?);
        job::finish::<Vec<SentFile>>(needed!(sent), || client.upload(ticket, files))
    })
}

/// Starts dropoff_agentdrop_upload. The job is yours to free.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_agentdrop_start_upload(
    client: Option<&dropoff_agentdrop>,
    ticket: Option<&dropoff_transfer_ticket>,
    files: Option<&mut dropoff_files>,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, ticket, files) = (needed!(client)?, needed!(ticket)?, needed!(files)?);
        job::give_started(needed!(job), || client.upload(ticket, files))
    })
}

/// Step three: makes the transfer active. The result is yours to free. DROPOFF_REJECTED with the service code
/// FILES_MISSING if storage lacks a file, DROPOFF_CONFLICT if somebody else confirmed it.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_agentdrop_confirm(
    client: Option<&dropoff_agentdrop>,
    transfer_id: *const c_char,
    confirmed: Option<&mut MaybeUninit<*mut dropoff_confirmed>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let client = needed!(client)?;
        let transfer_id = text!(transfer_id)?;
        job::finish::<Confirmed>(needed!(confirmed), || client.confirm(transfer_id))
    })
}

/// Starts dropoff_agentdrop_confirm. The job is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_agentdrop_start_confirm(
    client: Option<&dropoff_agentdrop>,
    transfer_id: *const c_char,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let client = needed!(client)?;
        let transfer_id = text!(transfer_id)?;
        job::give_started(needed!(job), || client.confirm(transfer_id))
    })
}

/// The transfer as the service has it now. The result is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_agentdrop_get_transfer(
    client: Option<&dropoff_agentdrop>,
    transfer_id: *const c_char,
    info: Option<&mut MaybeUninit<*mut dropoff_transfer_info>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let client = needed!(client)?;
        let transfer_id = text!(transfer_id)?;
        job::finish::<TransferInfo>(needed!(info), || client.get_transfer(transfer_id))
    })
}

/// Starts dropoff_agentdrop_get_transfer. The job is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_agentdrop_start_get_transfer(
    client: Option<&dropoff_agentdrop>,
    transfer_id: *const c_char,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let client = needed!(client)?;
        let transfer_id = text!(transfer_id)?;
        job::give_started(needed!(job), || client.get_transfer(transfer_id))
    })
}

/// The transfer that was reserved before the failure; NULL if none was. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_transfer_id(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.resource_id_if(Error::transfer_id))
}

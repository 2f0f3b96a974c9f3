//! AgentDrop: the client
//!
//! Sends transfers: a presigned PUT per file, or per part of large ones, several at once, then confirm.
//! dropoff_agentdrop_send does all of it; dropoff_agentdrop_plan says what that would send; the rest are its
//! steps.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use dropoff::{
    AgentDrop, Confirmed, Result, SentFile, SentTransfer, TransferInfo, TransferPlan, TransferTicket,
};

use crate::caller_struct::{given_struct, optional_struct};
use crate::error::{dropoff_error, dropoff_status};
use crate::fields::fields;
use crate::generated::agentdrop::dropoff_agentdrop_settings;
use crate::generated::sent::{
    dropoff_confirmed, dropoff_sent_files, dropoff_sent_transfer, dropoff_transfer_info,
    dropoff_transfer_plan,
};
use crate::generated::transfer::{dropoff_file, dropoff_transfer};
use crate::guard;
use crate::handle::{LiveHandle, give, needed};
use crate::job::{self, dropoff_job, started};
use crate::progress::Callback;
use crate::text::text;
use crate::transfer_ticket::dropoff_transfer_ticket;

/// A client of AgentDrop transfers. It may be freed while its jobs run.
///
/// Threads: any number may use one client at once, but for freeing it; they share its connections.
pub struct dropoff_agentdrop {
    client: AgentDrop,
    _live: LiveHandle,
}

impl dropoff_agentdrop {
    fn send(&self, transfer: &dropoff_transfer, progress: Option<Callback>) -> Result<dropoff_job> {
        let request = transfer.into_core(&fields!("transfer"))?;
        started(progress, || self.client.start_send(request))
    }
    fn plan(&self, transfer: &dropoff_transfer, progress: Option<Callback>) -> Result<dropoff_job> {
        let request = transfer.into_core(&fields!("transfer").keeping_sources())?;
        started(progress, || self.client.start_plan(request))
    }
    fn presign(&self, transfer: &dropoff_transfer, progress: Option<Callback>) -> Result<dropoff_job> {
        let request = transfer.into_core(&fields!("transfer").keeping_sources())?;
        started(progress, || self.client.start_presign(request))
    }
    fn upload(
        &self,
        ticket: &dropoff_transfer_ticket,
        files: *const dropoff_file,
        count: usize,
    ) -> Result<dropoff_job> {
        let fields = fields!("");
        let files = fields.structs(files, count, "files")?;
        files.iter().try_for_each(|(file, at)| file.check(&fields.within(at)))?;
        let files =
            files.iter().map(|(file, at)| file.into_core(&fields.within(at))).collect::<Result<_>>()?;
        started(None, || self.client.start_upload(&ticket.ticket, files))
    }
    fn confirm(&self, transfer_id: &str) -> Result<dropoff_job> {
        started(None, || self.client.start_confirm(transfer_id))
    }
    fn get_transfer(&self, transfer_id: &str) -> Result<dropoff_job> {
        started(None, || self.client.start_get_transfer(transfer_id))
    }
}

/// Makes a client. It makes no connection yet. DROPOFF_AUTHENTICATION without a key, DROPOFF_INVALID_INPUT
/// for a bad URL or option.
///
/// May be NULL: settings.
/// Threads: any. It reads the environment: not while another thread calls setenv.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_agentdrop_new(
    settings: *const dropoff_agentdrop_settings,
    client: Option<&mut MaybeUninit<*mut dropoff_agentdrop>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let place = needed!(client)?;
        let client = match optional_struct!(settings)? {
            Some(settings) => settings.into_core(&fields!("settings"))?.build()?,
            None => AgentDrop::builder().build()?,
        };
        give(place, dropoff_agentdrop { client, _live: LiveHandle::new() });
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
/// no limit. See dropoff_options.bandwidth_limit.
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

/// Sends files and waits until the transfer is active. The result is yours to free.
///
/// Any status. The error's resource_id names the pending transfer if one was made; it is not delivered unless
/// the error's outcome says so. With a journal, the error's journal says whether the same call goes on from
/// there. A presign whose reply was lost is not repeated, since that could leave two pending transfers;
/// calling again is safe.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_agentdrop_send(
    client: Option<&dropoff_agentdrop>,
    transfer: *const dropoff_transfer,
    sent: Option<&mut MaybeUninit<*mut dropoff_sent_transfer>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let transfer = given_struct!(transfer)?;
        let progress = transfer.progress();
        let client = needed!(client)?;
        job::finish::<SentTransfer>(needed!(sent), || client.send(&transfer, progress))
    })
}

/// Starts dropoff_agentdrop_send. The job is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_agentdrop_start_send(
    client: Option<&dropoff_agentdrop>,
    transfer: *const dropoff_transfer,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let transfer = given_struct!(transfer)?;
        let progress = transfer.progress();
        let client = needed!(client)?;
        job::give_started(needed!(job), || client.send(&transfer, progress))
    })
}

/// What dropoff_agentdrop_send would send, without a network: the files as they would go, and the first
/// request's body without its secrets. The journal is left alone, and sources can be used again. The result
/// is yours to free. DROPOFF_INVALID_INPUT also for a stream, which telling its size would use up, and which
/// is emptied.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_agentdrop_plan(
    client: Option<&dropoff_agentdrop>,
    transfer: *const dropoff_transfer,
    plan: Option<&mut MaybeUninit<*mut dropoff_transfer_plan>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let transfer = given_struct!(transfer)?;
        let progress = transfer.progress();
        let client = needed!(client)?;
        job::finish::<TransferPlan>(needed!(plan), || client.plan(&transfer, progress))
    })
}

/// Starts dropoff_agentdrop_plan. The job is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_agentdrop_start_plan(
    client: Option<&dropoff_agentdrop>,
    transfer: *const dropoff_transfer,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let transfer = given_struct!(transfer)?;
        let progress = transfer.progress();
        let client = needed!(client)?;
        job::give_started(needed!(job), || client.plan(&transfer, progress))
    })
}

/// Step one: makes a pending transfer and asks for a presigned URL per file. The files are looked at for
/// their sizes; give the same ones to dropoff_agentdrop_upload. A stream is read to its end and emptied, and
/// needs a new source there. The result is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_agentdrop_presign(
    client: Option<&dropoff_agentdrop>,
    transfer: *const dropoff_transfer,
    ticket: Option<&mut MaybeUninit<*mut dropoff_transfer_ticket>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let transfer = given_struct!(transfer)?;
        let progress = transfer.progress();
        let client = needed!(client)?;
        job::finish::<TransferTicket>(needed!(ticket), || client.presign(&transfer, progress))
    })
}

/// Starts dropoff_agentdrop_presign. The job is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_agentdrop_start_presign(
    client: Option<&dropoff_agentdrop>,
    transfer: *const dropoff_transfer,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let transfer = given_struct!(transfer)?;
        let progress = transfer.progress();
        let client = needed!(client)?;
        job::give_started(needed!(job), || client.presign(&transfer, progress))
    })
}

/// Step two: sends the files to storage, several at once. Files go with URLs by position; their names and
/// sizes must be those that were presigned. To be told its progress, start it and use
/// dropoff_job_on_progress. The result is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_agentdrop_upload(
    client: Option<&dropoff_agentdrop>,
    ticket: Option<&dropoff_transfer_ticket>,
    files: *const dropoff_file,
    files_count: usize,
    sent: Option<&mut MaybeUninit<*mut dropoff_sent_files>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, ticket) = (needed!(client)?, needed!(ticket)?);
        job::finish::<Vec<SentFile>>(needed!(sent), || client.upload(ticket, files, files_count))
    })
}

/// Starts dropoff_agentdrop_upload. The job is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_agentdrop_start_upload(
    client: Option<&dropoff_agentdrop>,
    ticket: Option<&dropoff_transfer_ticket>,
    files: *const dropoff_file,
    files_count: usize,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, ticket) = (needed!(client)?, needed!(ticket)?);
        job::give_started(needed!(job), || client.upload(ticket, files, files_count))
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
        let (client, transfer_id) = (needed!(client)?, text!(transfer_id)?);
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
        let (client, transfer_id) = (needed!(client)?, text!(transfer_id)?);
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
        let (client, transfer_id) = (needed!(client)?, text!(transfer_id)?);
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
        let (client, transfer_id) = (needed!(client)?, text!(transfer_id)?);
        job::give_started(needed!(job), || client.get_transfer(transfer_id))
    })
}

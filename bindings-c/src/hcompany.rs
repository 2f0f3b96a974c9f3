//! H Company: the client
//!
//! Uploads browser profiles: initiate-upload, a presigned POST form with a zip, complete-upload, and proof by
//! the service's own SHA-256. dropoff_hcompany_upload_profile does all of it; the rest are its steps.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use dropoff::{HCompany, Pack, Profile, ProfileTicket, Result, StoredObject};

use crate::caller_struct::{given_struct, optional_struct};
use crate::error::{dropoff_error, dropoff_status};
use crate::fields::fields;
use crate::generated::hcompany::dropoff_hcompany_settings;
use crate::generated::profile::dropoff_profile;
use crate::generated::profile_upload::{dropoff_pack, dropoff_profile_details, dropoff_profile_upload};
use crate::generated::stored_object::dropoff_stored_object;
use crate::guard;
use crate::handle::{LiveHandle, give, needed};
use crate::job::{self, dropoff_job, started};
use crate::profile_ticket::dropoff_profile_ticket;
use crate::progress::Callback;
use crate::source::dropoff_source;
use crate::text::text;

/// A client of H Company's browser profiles. It may be freed while its jobs run.
///
/// Threads: any number may use one client at once, but for freeing it; they share its connections.
pub struct dropoff_hcompany {
    client: HCompany,
    _live: LiveHandle,
}

impl dropoff_hcompany {
    #[cfg(debug_assertions)]
    pub(crate) fn shown(&self) -> &dyn std::fmt::Debug {
        &self.client
    }
    fn upload_profile(
        &self,
        upload: &dropoff_profile_upload,
        progress: Option<Callback>,
    ) -> Result<dropoff_job> {
        let request = upload.into_core(&fields!("upload"))?;
        started(progress, || self.client.start_upload_profile(request))
    }
    fn initiate_upload(&self) -> Result<dropoff_job> {
        started(None, || self.client.start_initiate_upload())
    }
    fn upload(
        &self,
        ticket: &dropoff_profile_ticket,
        source: &mut dropoff_source,
        pack: &Pack,
    ) -> Result<dropoff_job> {
        let source = source.take()?;
        started(None, || self.client.start_upload(&ticket.ticket, source, pack))
    }
    fn complete_upload(&self, profile_id: &str, details: &dropoff_profile_details) -> Result<dropoff_job> {
        let details = details.into_core(&fields!("details"))?;
        started(None, || self.client.start_complete_upload(profile_id, details))
    }
    fn get_profile(&self, profile_id: &str) -> Result<dropoff_job> {
        started(None, || self.client.start_get_profile(profile_id))
    }
}

/// How a folder is packed; the defaults for NULL.
pub(crate) fn pack_or_default(pack: Option<dropoff_pack>) -> Result<Pack> {
    pack.map_or_else(|| Ok(Pack::new()), |pack| pack.into_core(&fields!("pack")))
}

/// Makes a client. It makes no connection yet. DROPOFF_AUTHENTICATION without a key, DROPOFF_INVALID_INPUT
/// for a bad region, URL or option.
///
/// May be NULL: settings.
/// Threads: any. It reads the environment: not while another thread calls setenv.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_hcompany_new(
    settings: *const dropoff_hcompany_settings,
    client: Option<&mut MaybeUninit<*mut dropoff_hcompany>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let place = needed!(client)?;
        let client = match optional_struct!(settings)? {
            Some(settings) => settings.into_core(&fields!("settings"))?.build()?,
            None => HCompany::builder().build()?,
        };
        give(place, dropoff_hcompany { client, _live: LiveHandle::new() });
        Ok(())
    })
}

/// Frees a client. Its jobs go on. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_hcompany_free(client: Option<Box<dropoff_hcompany>>) {
    guard::free(client);
}

/// From now on all uploads of a client together send at most so many bytes a second, those under way too; 0:
/// no limit. See dropoff_options.bandwidth_limit.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_hcompany_set_bandwidth_limit(
    client: Option<&dropoff_hcompany>,
    bytes_per_second: u64,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let limit = Some(bytes_per_second).filter(|limit| *limit > 0);
        needed!(client)?.client.set_bandwidth_limit(limit)
    })
}

/// Uploads a profile and waits until the service has registered it and its checksum is compared. The result
/// is yours to free.
///
/// Any status. After DROPOFF_INTEGRITY the profile is registered (the error's outcome is completed) with
/// other bytes than were sent; after DROPOFF_UNKNOWN_OUTCOME ask dropoff_hcompany_get_profile with the
/// error's resource_id.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_hcompany_upload_profile(
    client: Option<&dropoff_hcompany>,
    upload: *const dropoff_profile_upload,
    profile: Option<&mut MaybeUninit<*mut dropoff_profile>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let upload = given_struct!(upload)?;
        let progress = upload.progress();
        let client = needed!(client)?;
        job::finish::<Profile>(needed!(profile), || client.upload_profile(&upload, progress))
    })
}

/// Starts dropoff_hcompany_upload_profile. The job is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_hcompany_start_upload_profile(
    client: Option<&dropoff_hcompany>,
    upload: *const dropoff_profile_upload,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let upload = given_struct!(upload)?;
        let progress = upload.progress();
        let client = needed!(client)?;
        job::give_started(needed!(job), || client.upload_profile(&upload, progress))
    })
}

/// Step one: reserves a profile id and asks for a presigned form. Safe to repeat; a reserved id that is not
/// used is removed by the service within a day. The result is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_hcompany_initiate_upload(
    client: Option<&dropoff_hcompany>,
    ticket: Option<&mut MaybeUninit<*mut dropoff_profile_ticket>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let client = needed!(client)?;
        job::finish::<ProfileTicket>(needed!(ticket), || client.initiate_upload())
    })
}

/// Starts dropoff_hcompany_initiate_upload. The job is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_hcompany_start_initiate_upload(
    client: Option<&dropoff_hcompany>,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let client = needed!(client)?;
        job::give_started(needed!(job), || client.initiate_upload())
    })
}

/// Step two: sends the archive to storage with a ticket. Empties `source`; a folder is packed as `pack` says.
/// Safe to repeat, with another source, until the ticket expires. To be told its progress, start it and use
/// dropoff_job_on_progress. The result is yours to free.
///
/// May be NULL: pack.
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_hcompany_upload(
    client: Option<&dropoff_hcompany>,
    ticket: Option<&dropoff_profile_ticket>,
    source: Option<&mut dropoff_source>,
    pack: *const dropoff_pack,
    stored: Option<&mut MaybeUninit<*mut dropoff_stored_object>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, ticket, source) = (needed!(client)?, needed!(ticket)?, needed!(source)?);
        let pack = pack_or_default(optional_struct!(pack)?)?;
        job::finish::<StoredObject>(needed!(stored), || client.upload(ticket, source, &pack))
    })
}

/// Starts dropoff_hcompany_upload. The job is yours to free.
///
/// May be NULL: pack.
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_hcompany_start_upload(
    client: Option<&dropoff_hcompany>,
    ticket: Option<&dropoff_profile_ticket>,
    source: Option<&mut dropoff_source>,
    pack: *const dropoff_pack,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, ticket, source) = (needed!(client)?, needed!(ticket)?, needed!(source)?);
        let pack = pack_or_default(optional_struct!(pack)?)?;
        job::give_started(needed!(job), || client.upload(ticket, source, &pack))
    })
}

/// Step three: registers the uploaded archive as a profile, within a day of step one. The result is yours to
/// free. DROPOFF_INVALID_INPUT if profile_id is no UUID.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_hcompany_complete_upload(
    client: Option<&dropoff_hcompany>,
    profile_id: *const c_char,
    details: *const dropoff_profile_details,
    profile: Option<&mut MaybeUninit<*mut dropoff_profile>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, profile_id) = (needed!(client)?, text!(profile_id)?);
        let details = given_struct!(details)?;
        job::finish::<Profile>(needed!(profile), || client.complete_upload(profile_id, &details))
    })
}

/// Starts dropoff_hcompany_complete_upload. The job is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_hcompany_start_complete_upload(
    client: Option<&dropoff_hcompany>,
    profile_id: *const c_char,
    details: *const dropoff_profile_details,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, profile_id) = (needed!(client)?, text!(profile_id)?);
        let details = given_struct!(details)?;
        job::give_started(needed!(job), || client.complete_upload(profile_id, &details))
    })
}

/// The profile as the service has it now. It is never verified: nothing was sent to compare with. The result
/// is yours to free. DROPOFF_NOT_FOUND also for a profile that was never completed, DROPOFF_INVALID_INPUT if
/// profile_id is no UUID.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_hcompany_get_profile(
    client: Option<&dropoff_hcompany>,
    profile_id: *const c_char,
    profile: Option<&mut MaybeUninit<*mut dropoff_profile>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, profile_id) = (needed!(client)?, text!(profile_id)?);
        job::finish::<Profile>(needed!(profile), || client.get_profile(profile_id))
    })
}

/// Starts dropoff_hcompany_get_profile. The job is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_hcompany_start_get_profile(
    client: Option<&dropoff_hcompany>,
    profile_id: *const c_char,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, profile_id) = (needed!(client)?, text!(profile_id)?);
        job::give_started(needed!(job), || client.get_profile(profile_id))
    })
}

//! H Company: the client
//!
//! Uploads browser profiles: initiate-upload, a presigned POST form with a zip, complete-upload, and proof by the
//! service's own SHA-256. dropoff_hcompany_upload_profile does all of it; the rest are its steps.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;

use dropoff::{Error, HCompany, Profile, ProfileTicket, Result, StoredObject};

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, give, needed};
use crate::job::{self, dropoff_job, started};
use crate::options::dropoff_options;
use crate::pack::dropoff_pack;
use crate::profile::dropoff_profile;
use crate::profile_details::dropoff_profile_details;
use crate::profile_ticket::dropoff_profile_ticket;
use crate::profile_upload::dropoff_profile_upload;
use crate::source::dropoff_source;
use crate::stored_object::dropoff_stored_object;
use crate::text::{optional_text, text};

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
    fn upload_profile(&self, upload: &mut dropoff_profile_upload) -> Result<dropoff_job> {
        let (request, progress) = upload.take()?;
        started(progress, || self.client.start_upload_profile(request))
    }
    fn initiate_upload(&self) -> Result<dropoff_job> {
        started(None, || self.client.start_initiate_upload())
    }
    fn upload(
        &self,
        ticket: &dropoff_profile_ticket,
        source: &mut dropoff_source,
        pack: Option<&dropoff_pack>,
    ) -> Result<dropoff_job> {
        let (source, pack) = (source.take()?, dropoff_pack::of(pack));
        started(None, || self.client.start_upload(&ticket.ticket, source, &pack))
    }
    fn complete_upload(
        &self,
        profile_id: &str,
        details: &mut dropoff_profile_details,
    ) -> Result<dropoff_job> {
        let details = details.take()?;
        started(None, || self.client.start_complete_upload(profile_id, details))
    }
    fn get_profile(&self, profile_id: &str) -> Result<dropoff_job> {
        started(None, || self.client.start_get_profile(profile_id))
    }
}

/// Makes a client. It makes no connection yet.
///
/// api_key: NULL for the environment variable HAI_API_KEY, then the file that `hai login` writes. region: "eu" (also
/// for NULL) or "us". base_url: another place for the API, https or http on loopback; goes before region.
/// DROPOFF_AUTHENTICATION without a key, DROPOFF_INVALID_INPUT for a bad region or URL.
///
/// May be NULL: api_key, region, base_url, options.
/// Threads: any. It reads the environment: not while another thread calls setenv.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_hcompany_new(
    api_key: *const c_char,
    region: *const c_char,
    base_url: *const c_char,
    options: Option<&dropoff_options>,
    client: Option<&mut MaybeUninit<*mut dropoff_hcompany>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let place = needed!(client)?;
        let mut builder = HCompany::builder().options(dropoff_options::of(options));
        if let Some(key) = optional_text!(api_key)? {
            builder = builder.api_key(key);
        }
        if let Some(region) = optional_text!(region)? {
            builder = builder.region(region);
        }
        if let Some(url) = optional_text!(base_url)? {
            builder = builder.base_url(url);
        }
        give(place, dropoff_hcompany { client: builder.build()?, _live: LiveHandle::new() });
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
/// no limit. 1024 to 1099511627776. See bandwidth_limit in dropoff_options.
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

/// Uploads a profile and waits until the service has registered it and its checksum is compared. Uses `upload` up.
/// The result is yours to free.
///
/// Any status. After DROPOFF_INTEGRITY the profile is registered (the error's outcome is completed) with other
/// bytes than were sent; after DROPOFF_UNKNOWN_OUTCOME ask dropoff_hcompany_get_profile with the error's
/// profile_id.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_hcompany_upload_profile(
    client: Option<&dropoff_hcompany>,
    upload: Option<&mut dropoff_profile_upload>,
    profile: Option<&mut MaybeUninit<*mut dropoff_profile>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, upload) = (needed!(client)?, needed!(upload)?);
        job::finish::<Profile>(needed!(profile), || client.upload_profile(upload))
    })
}

/// Starts dropoff_hcompany_upload_profile. The job is yours to free.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_hcompany_start_upload_profile(
    client: Option<&dropoff_hcompany>,
    upload: Option<&mut dropoff_profile_upload>,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, upload) = (needed!(client)?, needed!(upload)?);
        job::give_started(needed!(job), || client.upload_profile(upload))
    })
}

/// Step one: reserves a profile id and asks for a presigned form. Safe to repeat; a reserved id that is not used is
/// removed by the service within a day. The result is yours to free.
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

/// Step two: sends the archive to storage with a ticket. Empties `source`. Safe to repeat, with another source,
/// until the ticket expires. To be told its progress, start it and use dropoff_job_on_progress. The result is yours
/// to free.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_hcompany_upload(
    client: Option<&dropoff_hcompany>,
    ticket: Option<&dropoff_profile_ticket>,
    source: Option<&mut dropoff_source>,
    stored: Option<&mut MaybeUninit<*mut dropoff_stored_object>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, ticket, source) = (needed!(client)?, needed!(ticket)?, needed!(source)?);
        job::finish::<StoredObject>(needed!(stored), || client.upload(ticket, source, None))
    })
}

/// Starts dropoff_hcompany_upload. The job is yours to free.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_hcompany_start_upload(
    client: Option<&dropoff_hcompany>,
    ticket: Option<&dropoff_profile_ticket>,
    source: Option<&mut dropoff_source>,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, ticket, source) = (needed!(client)?, needed!(ticket)?, needed!(source)?);
        job::give_started(needed!(job), || client.upload(ticket, source, None))
    })
}

/// dropoff_hcompany_upload with a choice of how a folder is packed; NULL for the defaults.
///
/// Any status that dropoff_hcompany_upload has; DROPOFF_INVALID_INPUT also for a glob or prefix that is none.
///
/// May be NULL: pack.
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_hcompany_upload_packed(
    client: Option<&dropoff_hcompany>,
    ticket: Option<&dropoff_profile_ticket>,
    source: Option<&mut dropoff_source>,
    pack: Option<&dropoff_pack>,
    stored: Option<&mut MaybeUninit<*mut dropoff_stored_object>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, ticket, source) = (needed!(client)?, needed!(ticket)?, needed!(source)?);
        job::finish::<StoredObject>(needed!(stored), || client.upload(ticket, source, pack))
    })
}

/// Starts dropoff_hcompany_upload_packed. The job is yours to free.
///
/// May be NULL: pack.
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_hcompany_start_upload_packed(
    client: Option<&dropoff_hcompany>,
    ticket: Option<&dropoff_profile_ticket>,
    source: Option<&mut dropoff_source>,
    pack: Option<&dropoff_pack>,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, ticket, source) = (needed!(client)?, needed!(ticket)?, needed!(source)?);
        job::give_started(needed!(job), || client.upload(ticket, source, pack))
    })
}

/// Step three: registers the uploaded archive as a profile, within a day of step one. Uses `details` up. The result
/// is yours to free. DROPOFF_INVALID_INPUT if profile_id is no UUID.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_hcompany_complete_upload(
    client: Option<&dropoff_hcompany>,
    profile_id: *const c_char,
    details: Option<&mut dropoff_profile_details>,
    profile: Option<&mut MaybeUninit<*mut dropoff_profile>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, details) = (needed!(client)?, needed!(details)?);
        let profile_id = text!(profile_id)?;
        job::finish::<Profile>(needed!(profile), || client.complete_upload(profile_id, details))
    })
}

/// Starts dropoff_hcompany_complete_upload. The job is yours to free.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_hcompany_start_complete_upload(
    client: Option<&dropoff_hcompany>,
    profile_id: *const c_char,
    details: Option<&mut dropoff_profile_details>,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, details) = (needed!(client)?, needed!(details)?);
        let profile_id = text!(profile_id)?;
        job::give_started(needed!(job), || client.complete_upload(profile_id, details))
    })
}

/// The profile as the service has it now. It is never verified: nothing was sent to compare with. The result is
/// yours to free. DROPOFF_NOT_FOUND also for a profile that was never completed, DROPOFF_INVALID_INPUT if
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
        let client = needed!(client)?;
        let profile_id = text!(profile_id)?;
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
        let client = needed!(client)?;
        let profile_id = text!(profile_id)?;
        job::give_started(needed!(job), || client.get_profile(profile_id))
    })
}

/// The profile that was reserved before the failure; NULL if none was. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_profile_id(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.resource_id_if(Error::profile_id))
}

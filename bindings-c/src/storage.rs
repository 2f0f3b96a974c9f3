//! Raw storage: the client
//!
//! Sends bytes to presigned targets that some other program asked for. It holds no key and needs none.

use std::mem::MaybeUninit;

use dropoff::{Result, Storage, StoredObject, StoredParts};

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, give, needed};
use crate::job::{self, dropoff_job, started};
use crate::options::dropoff_options;
use crate::post_form::dropoff_post_form;
use crate::put::dropoff_put;
use crate::put_parts::dropoff_put_parts;
use crate::stored_object::dropoff_stored_object;
use crate::stored_parts::dropoff_stored_parts;

/// Uploads to presigned targets. It may be freed while its jobs run.
///
/// Threads: any number may use one client at once, but for freeing it; they share its connections.
pub struct dropoff_storage {
    client: Storage,
    _live: LiveHandle,
}

impl dropoff_storage {
    fn put(&self, put: &mut dropoff_put) -> Result<dropoff_job> {
        let (request, progress) = put.take()?;
        started(progress, || self.client.start_put(request))
    }
    fn post_form(&self, form: &mut dropoff_post_form) -> Result<dropoff_job> {
        let (request, progress) = form.take()?;
        started(progress, || self.client.start_post_form(request))
    }
    fn put_parts(&self, parts: &mut dropoff_put_parts) -> Result<dropoff_job> {
        let (request, progress) = parts.take()?;
        started(progress, || self.client.start_put_parts(request))
    }
}

/// Makes a client. It makes no connection yet.
///
/// May be NULL: options.
/// Threads: any. It reads the environment: not while another thread calls setenv.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_storage_new(
    options: Option<&dropoff_options>,
    client: Option<&mut MaybeUninit<*mut dropoff_storage>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let place = needed!(client)?;
        give(
            place,
            dropoff_storage { client: Storage::new(dropoff_options::of(options)), _live: LiveHandle::new() },
        );
        Ok(())
    })
}

/// Frees a client. Its jobs go on. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_storage_free(client: Option<Box<dropoff_storage>>) {
    guard::free(client);
}

/// From now on all uploads of a client together send at most so many bytes a second, those under way too; 0:
/// no limit. 1024 to 1099511627776. See bandwidth_limit in dropoff_options.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_storage_set_bandwidth_limit(
    client: Option<&dropoff_storage>,
    bytes_per_second: u64,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let limit = Some(bytes_per_second).filter(|limit| *limit > 0);
        needed!(client)?.client.set_bandwidth_limit(limit)
    })
}

/// Sends a source with a presigned PUT and waits. Uses `put` up. Safe to repeat, with a new request: the object is
/// replaced as a whole or not at all. The result is yours to free.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_storage_put(
    client: Option<&dropoff_storage>,
    put: Option<&mut dropoff_put>,
    stored: Option<&mut MaybeUninit<*mut dropoff_stored_object>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, put) = (needed!(client)?, needed!(put)?);
        job::finish::<StoredObject>(needed!(stored), || client.put(put))
    })
}

/// Starts dropoff_storage_put. The job is yours to free.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_storage_start_put(
    client: Option<&dropoff_storage>,
    put: Option<&mut dropoff_put>,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, put) = (needed!(client)?, needed!(put)?);
        job::give_started(needed!(job), || client.put(put))
    })
}

/// Sends a source with a presigned POST form and waits. Uses `form` up. The result is yours to free.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_storage_post_form(
    client: Option<&dropoff_storage>,
    form: Option<&mut dropoff_post_form>,
    stored: Option<&mut MaybeUninit<*mut dropoff_stored_object>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, form) = (needed!(client)?, needed!(form)?);
        job::finish::<StoredObject>(needed!(stored), || client.post_form(form))
    })
}

/// Starts dropoff_storage_post_form. The job is yours to free.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_storage_start_post_form(
    client: Option<&dropoff_storage>,
    form: Option<&mut dropoff_post_form>,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, form) = (needed!(client)?, needed!(form)?);
        job::give_started(needed!(job), || client.post_form(form))
    })
}

/// Sends a source in parts with a presigned PUT each, several at once, and waits. Uses `put_parts` up. Completing the
/// upload with the parts' ETags, or aborting it, is left to whoever began it. Safe to repeat, with a new request: a part
/// that is sent again replaces itself. The result is yours to free.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_storage_put_parts(
    client: Option<&dropoff_storage>,
    put_parts: Option<&mut dropoff_put_parts>,
    stored: Option<&mut MaybeUninit<*mut dropoff_stored_parts>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, put_parts) = (needed!(client)?, needed!(put_parts)?);
        job::finish::<StoredParts>(needed!(stored), || client.put_parts(put_parts))
    })
}

/// Starts dropoff_storage_put_parts. The job is yours to free.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_storage_start_put_parts(
    client: Option<&dropoff_storage>,
    put_parts: Option<&mut dropoff_put_parts>,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (client, put_parts) = (needed!(client)?, needed!(put_parts)?);
        job::give_started(needed!(job), || client.put_parts(put_parts))
    })
}

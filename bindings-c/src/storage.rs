//! Raw storage: the client
//!
//! Sends bytes to presigned targets that some other program asked for. It holds no key and needs none.

use std::mem::MaybeUninit;

use dropoff::{Error, Options, Result, Storage, StoredObject, StoredParts};

use crate::caller_struct::{given_struct, optional_struct};
use crate::error::{dropoff_error, dropoff_status};
use crate::fields::fields;
use crate::generated::options::dropoff_options;
use crate::generated::storage_requests::{
    dropoff_post_form_request, dropoff_put_parts_request, dropoff_put_request, dropoff_send_request,
};
use crate::generated::stored_object::dropoff_stored_object;
use crate::generated::stored_parts::dropoff_stored_parts;
use crate::guard;
use crate::handle::{LiveHandle, give, needed};
use crate::job::{self, dropoff_job, started};
use crate::progress::Callback;

/// Uploads to presigned targets. It may be freed while its jobs run.
///
/// Threads: any number may use one client at once, but for freeing it; they share its connections.
pub struct dropoff_storage {
    client: Storage,
    _live: LiveHandle,
}

impl dropoff_storage {
    fn put(&self, put: &dropoff_put_request, progress: Option<Callback>) -> Result<dropoff_job> {
        let request = put.into_core(&fields!("put"))?;
        started(progress, || self.client.start_put(request))
    }
    fn post_form(&self, form: &dropoff_post_form_request, progress: Option<Callback>) -> Result<dropoff_job> {
        let request = form.into_core(&fields!("form"))?;
        started(progress, || self.client.start_post_form(request))
    }
    fn post(&self, post: &dropoff_put_request, progress: Option<Callback>) -> Result<dropoff_job> {
        let request = post.into_core(&fields!("post"))?;
        if !post.journal.is_null() {
            return Err(Error::bad_argument(
                "post.journal is set, and a POST begins anew each time; leave it NULL",
            ));
        }
        started(progress, || self.client.start_post(request.into()))
    }
    fn send(&self, send: &dropoff_send_request, progress: Option<Callback>) -> Result<dropoff_job> {
        let request = send.into_core(&fields!("send"))?;
        started(progress, || self.client.start_send(request))
    }
    fn put_parts(
        &self,
        parts: &dropoff_put_parts_request,
        progress: Option<Callback>,
    ) -> Result<dropoff_job> {
        let request = parts.into_core(&fields!("parts"))?;
        started(progress, || self.client.start_put_parts(request))
    }
}

/// Makes a client. It makes no connection yet. DROPOFF_INVALID_INPUT for a bad option.
///
/// May be NULL: options.
/// Threads: any. It reads the environment: not while another thread calls setenv.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_storage_new(
    options: *const dropoff_options,
    client: Option<&mut MaybeUninit<*mut dropoff_storage>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let place = needed!(client)?;
        let options = match optional_struct!(options)? {
            Some(options) => options.into_core(&fields!("options"))?,
            None => Options::new(),
        };
        let client = Storage::new(options);
        give(place, dropoff_storage { client, _live: LiveHandle::new() });
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
/// no limit. See dropoff_options.bandwidth_limit.
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

/// Sends a source with a presigned PUT and waits. Safe to repeat: the object is replaced as a whole or not at
/// all. The result is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_storage_put(
    client: Option<&dropoff_storage>,
    put: *const dropoff_put_request,
    stored: Option<&mut MaybeUninit<*mut dropoff_stored_object>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let put = given_struct!(put)?;
        let progress = put.progress();
        let client = needed!(client)?;
        job::finish::<StoredObject>(needed!(stored), || client.put(&put, progress))
    })
}

/// Starts dropoff_storage_put. The job is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_storage_start_put(
    client: Option<&dropoff_storage>,
    put: *const dropoff_put_request,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let put = given_struct!(put)?;
        let progress = put.progress();
        let client = needed!(client)?;
        job::give_started(needed!(job), || client.put(&put, progress))
    })
}

/// Sends a source with a presigned POST form and waits. The result is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_storage_post_form(
    client: Option<&dropoff_storage>,
    form: *const dropoff_post_form_request,
    stored: Option<&mut MaybeUninit<*mut dropoff_stored_object>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let form = given_struct!(form)?;
        let progress = form.progress();
        let client = needed!(client)?;
        job::finish::<StoredObject>(needed!(stored), || client.post_form(&form, progress))
    })
}

/// Starts dropoff_storage_post_form. The job is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_storage_start_post_form(
    client: Option<&dropoff_storage>,
    form: *const dropoff_post_form_request,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let form = given_struct!(form)?;
        let progress = form.progress();
        let client = needed!(client)?;
        job::give_started(needed!(job), || client.post_form(&form, progress))
    })
}

/// Sends a source in parts with a presigned PUT each, several at once, and waits. Completing the upload with
/// the parts' ETags, or aborting it, is left to whoever began it. Safe to repeat: a part that is sent again
/// replaces itself. The result is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_storage_put_parts(
    client: Option<&dropoff_storage>,
    parts: *const dropoff_put_parts_request,
    stored: Option<&mut MaybeUninit<*mut dropoff_stored_parts>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let parts = given_struct!(parts)?;
        let progress = parts.progress();
        let client = needed!(client)?;
        job::finish::<StoredParts>(needed!(stored), || client.put_parts(&parts, progress))
    })
}

/// Starts dropoff_storage_put_parts. The job is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_storage_start_put_parts(
    client: Option<&dropoff_storage>,
    parts: *const dropoff_put_parts_request,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let parts = given_struct!(parts)?;
        let progress = parts.progress();
        let client = needed!(client)?;
        job::give_started(needed!(job), || client.put_parts(&parts, progress))
    })
}

/// Sends a source with a raw POST, to a service that takes the body as something new and says in the result's
/// reply what it made of it, and waits. 200, 201, 202 and 204 are successes. A request that may have been
/// handled is not sent again; then the outcome is unknown. The result is yours to free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_storage_post(
    client: Option<&dropoff_storage>,
    post: *const dropoff_put_request,
    stored: Option<&mut MaybeUninit<*mut dropoff_stored_object>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let post = given_struct!(post)?;
        let progress = post.progress();
        let client = needed!(client)?;
        job::finish::<StoredObject>(needed!(stored), || client.post(&post, progress))
    })
}

/// Starts dropoff_storage_post. The job is yours to free, and dropoff_job_stored_object gives its result.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_storage_start_post(
    client: Option<&dropoff_storage>,
    post: *const dropoff_put_request,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let post = given_struct!(post)?;
        let progress = post.progress();
        let client = needed!(client)?;
        job::give_started(needed!(job), || client.post(&post, progress))
    })
}

/// Sends a source as a plan says, and waits. A plan is what a backend hands out, as JSON. Nothing is sent
/// before all of it is understood; an error names the JSON Pointer of what is wrong. The result is yours to
/// free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_storage_send(
    client: Option<&dropoff_storage>,
    send: *const dropoff_send_request,
    stored: Option<&mut MaybeUninit<*mut dropoff_stored_object>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let send = given_struct!(send)?;
        let progress = send.progress();
        let client = needed!(client)?;
        job::finish::<StoredObject>(needed!(stored), || client.send(&send, progress))
    })
}

/// Starts dropoff_storage_send. The job is yours to free, and dropoff_job_stored_object gives its result.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_storage_start_send(
    client: Option<&dropoff_storage>,
    send: *const dropoff_send_request,
    job: Option<&mut MaybeUninit<*mut dropoff_job>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let send = given_struct!(send)?;
        let progress = send.progress();
        let client = needed!(client)?;
        job::give_started(needed!(job), || client.send(&send, progress))
    })
}

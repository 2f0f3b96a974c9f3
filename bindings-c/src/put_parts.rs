//! Raw storage: parts
//!
//! The request of dropoff_storage_put_parts: one object in parts, a presigned PUT each. Whoever began the upload
//! completes or aborts it.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::time::Duration;

use dropoff::{PutPartsRequest, Result, Source};

use crate::callback::{UserData, dropoff_finalizer};
use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, UseOnce, give, needed};
use crate::progress::{Callback, dropoff_progress_fn};
use crate::source::dropoff_source;
use crate::text::text;

/// Presigned PUTs for the parts of one object. The call that takes it uses it up, also if that fails; it is still yours
/// to free.
///
/// Threads: one at a time.
pub struct dropoff_put_parts {
    request: UseOnce<Request>,
    progress: Option<Callback>,
    _live: LiveHandle,
}

/// The core wants every URL at once, and C has them one by one.
struct Request {
    urls: Vec<String>,
    source: Source,
    part_size: Option<u64>,
    timeout: Option<Duration>,
}

impl dropoff_put_parts {
    pub(crate) fn take(&mut self) -> Result<(PutPartsRequest, Option<Callback>)> {
        let request = self.request.take()?;
        let parts = PutPartsRequest::new(request.urls, request.source);
        let parts = request.part_size.into_iter().fold(parts, PutPartsRequest::part_size);
        Ok((request.timeout.into_iter().fold(parts, PutPartsRequest::timeout), self.progress.take()))
    }
}

/// Makes a request to PUT `source`, which this empties, in parts. It needs a URL for each.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_put_parts_new(
    source: Option<&mut dropoff_source>,
    put_parts: Option<&mut MaybeUninit<*mut dropoff_put_parts>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (source, place) = (needed!(source)?, needed!(put_parts)?);
        let request = Request { urls: Vec::new(), source: source.take()?, part_size: None, timeout: None };
        let request = UseOnce::new("put_parts", request);
        give(place, dropoff_put_parts { request, progress: None, _live: LiveHandle::new() });
        Ok(())
    })
}

/// The presigned URL of the next part, exactly as it was handed out: the first is that of part 1. 1 to 10,000 of them;
/// the call refuses another count, and a URL that names another part.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_put_parts_add_url(
    put_parts: Option<&mut dropoff_put_parts>,
    url: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (put_parts, url) = (needed!(put_parts)?, text!(url)?);
        put_parts.request.get()?.urls.push(url.to_owned());
        Ok(())
    })
}

/// Bytes of each part but the last. Default: the option part_size, or 8 MiB, or what fits the number of URLs if those do
/// not. 0, and a size that does not make as many parts as there are URLs, are refused by the call.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_put_parts_set_part_size(
    put_parts: Option<&mut dropoff_put_parts>,
    bytes: u64,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        needed!(put_parts)?.request.get()?.part_size = Some(bytes);
        Ok(())
    })
}

/// Bounds the whole call, retries included. Default: no limit. 0 is refused by the call.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_put_parts_set_timeout_ms(
    put_parts: Option<&mut dropoff_put_parts>,
    ms: u64,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        needed!(put_parts)?.request.get()?.timeout = Some(Duration::from_millis(ms));
        Ok(())
    })
}

/// Who is told how far the call is. Setting another callback replaces the first.
///
/// May be NULL: user_data, finalizer.
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_put_parts_set_progress(
    put_parts: Option<&mut dropoff_put_parts>,
    callback: dropoff_progress_fn,
    user_data: *mut c_void,
    finalizer: dropoff_finalizer,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    let user_data = UserData::new(user_data, finalizer);
    let mut former = None;
    let status = guard::run(error, || {
        let (put_parts, callback) = (needed!(put_parts)?, needed!(callback)?);
        put_parts.request.get()?;
        former = put_parts.progress.replace(Callback::new(callback, user_data));
        Ok(())
    });
    // Now, when the request is as it will be: the finalizer may use it.
    drop(former);
    status
}

/// Frees a request, used or not. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_put_parts_free(put_parts: Option<Box<dropoff_put_parts>>) {
    guard::free(put_parts);
}

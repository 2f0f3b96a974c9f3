//! Raw storage: a PUT
//!
//! The request of dropoff_storage_put.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::time::Duration;

use dropoff::{PutRequest, Result};

use crate::callback::{UserData, dropoff_finalizer};
use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, UseOnce, give, needed};
use crate::progress::{Callback, dropoff_progress_fn};
use crate::source::dropoff_source;
use crate::text::text;

/// A presigned PUT. The call that takes it uses it up, also if that fails; it is still yours to free.
///
/// Threads: one at a time.
pub struct dropoff_put {
    request: UseOnce<PutRequest>,
    progress: Option<Callback>,
    _live: LiveHandle,
}

impl dropoff_put {
    #[cfg(debug_assertions)]
    pub(crate) fn shown(&self) -> &dyn std::fmt::Debug {
        &self.request
    }
    pub(crate) fn take(&mut self) -> Result<(PutRequest, Option<Callback>)> {
        Ok((self.request.take()?, self.progress.take()))
    }
}

/// Makes a request to PUT `source`, which this empties. `url` is the presigned URL, exactly as it was handed out.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_put_new(
    url: *const c_char,
    source: Option<&mut dropoff_source>,
    put: Option<&mut MaybeUninit<*mut dropoff_put>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (url, source, place) = (text!(url)?, needed!(source)?, needed!(put)?);
        let request = UseOnce::new("put", PutRequest::new(url, source.take()?));
        give(place, dropoff_put { request, progress: None, _live: LiveHandle::new() });
        Ok(())
    })
}

/// A header that was signed into the URL, sent as given, in the order given.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_put_add_header(
    put: Option<&mut dropoff_put>,
    name: *const c_char,
    value: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (put, name, value) = (needed!(put)?, text!(name)?, text!(value)?);
        put.request.change(|put| put.header(name, value))
    })
}

/// Bounds the whole call, retries included. Default: no limit. 0 is refused by the call.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_put_set_timeout_ms(
    put: Option<&mut dropoff_put>,
    ms: u64,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || needed!(put)?.request.change(|put| put.timeout(Duration::from_millis(ms))))
}

/// Who is told how far the call is. Setting another callback replaces the first.
///
/// May be NULL: user_data, finalizer.
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_put_set_progress(
    put: Option<&mut dropoff_put>,
    callback: dropoff_progress_fn,
    user_data: *mut c_void,
    finalizer: dropoff_finalizer,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    let user_data = UserData::new(user_data, finalizer);
    let mut former = None;
    let status = guard::run(error, || {
        let (put, callback) = (needed!(put)?, needed!(callback)?);
        put.request.get()?;
        former = put.progress.replace(Callback::new(callback, user_data));
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
pub extern "C" fn dropoff_put_free(put: Option<Box<dropoff_put>>) {
    guard::free(put);
}

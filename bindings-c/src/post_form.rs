//! Raw storage: a form
//!
//! The request of dropoff_storage_post_form.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::time::Duration;

use dropoff::{PostFormRequest, Result, Source};

use crate::callback::{UserData, dropoff_finalizer};
use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, UseOnce, give, needed};
use crate::progress::{Callback, dropoff_progress_fn};
use crate::source::dropoff_source;
use crate::text::text;

/// A presigned POST form. The call that takes it uses it up, also if that fails; it is still yours to free.
///
/// Threads: one at a time.
pub struct dropoff_post_form {
    request: UseOnce<Parts>,
    progress: Option<Callback>,
    _live: LiveHandle,
}

/// The core wants every field at once, and C has them one by one.
struct Parts {
    url: String,
    fields: Vec<(String, String)>,
    source: Source,
    file_name: Option<String>,
    timeout: Option<Duration>,
}

impl dropoff_post_form {
    pub(crate) fn take(&mut self) -> Result<(PostFormRequest, Option<Callback>)> {
        let parts = self.request.take()?;
        let form = PostFormRequest::new(parts.url, parts.fields, parts.source);
        let form = parts.file_name.into_iter().fold(form, PostFormRequest::file_name);
        Ok((parts.timeout.into_iter().fold(form, PostFormRequest::timeout), self.progress.take()))
    }
}

/// Makes a request to POST `source`, which this empties. `url` is the form's presigned URL, exactly as it was handed out.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_post_form_new(
    url: *const c_char,
    source: Option<&mut dropoff_source>,
    form: Option<&mut MaybeUninit<*mut dropoff_post_form>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (url, source, place) = (text!(url)?.to_owned(), needed!(source)?, needed!(form)?);
        let parts = Parts { url, fields: Vec::new(), source: source.take()?, file_name: None, timeout: None };
        let request = UseOnce::new("post_form", parts);
        give(place, dropoff_post_form { request, progress: None, _live: LiveHandle::new() });
        Ok(())
    })
}

/// A field of the form. Fields are sent byte for byte in the order they are added, and the file after them, as the
/// field named "file".
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_post_form_add_field(
    form: Option<&mut dropoff_post_form>,
    name: *const c_char,
    value: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (form, name, value) = (needed!(form)?, text!(name)?, text!(value)?);
        form.request.get()?.fields.push((name.to_owned(), value.to_owned()));
        Ok(())
    })
}

/// The file name told to storage. Default "file".
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_post_form_set_file_name(
    form: Option<&mut dropoff_post_form>,
    file_name: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (form, name) = (needed!(form)?, text!(file_name)?);
        form.request.get()?.file_name = Some(name.to_owned());
        Ok(())
    })
}

/// Bounds the whole call, retries included. Default: no limit. 0 is refused by the call.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_post_form_set_timeout_ms(
    form: Option<&mut dropoff_post_form>,
    ms: u64,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        needed!(form)?.request.get()?.timeout = Some(Duration::from_millis(ms));
        Ok(())
    })
}

/// Who is told how far the call is. Setting another callback replaces the first.
///
/// May be NULL: user_data, finalizer.
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_post_form_set_progress(
    form: Option<&mut dropoff_post_form>,
    callback: dropoff_progress_fn,
    user_data: *mut c_void,
    finalizer: dropoff_finalizer,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    let user_data = UserData::new(user_data, finalizer);
    let mut former = None;
    let status = guard::run(error, || {
        let (form, callback) = (needed!(form)?, needed!(callback)?);
        form.request.get()?;
        former = form.progress.replace(Callback::new(callback, user_data));
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
pub extern "C" fn dropoff_post_form_free(form: Option<Box<dropoff_post_form>>) {
    guard::free(form);
}

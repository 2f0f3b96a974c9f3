//! H Company: what to upload
//!
//! The request of dropoff_hcompany_upload_profile, the whole flow.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::time::Duration;

use dropoff::{Pack, ProfileDetails, ProfileUpload, Result, Source};

use crate::callback::{UserData, dropoff_finalizer};
use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, UseOnce, give, needed};
use crate::pack::dropoff_pack;
use crate::progress::{Callback, dropoff_progress_fn};
use crate::source::dropoff_source;
use crate::text::{optional_text, text};

/// One whole browser-profile upload. The call that takes it uses it up, also if that fails; it is still yours to free.
///
/// Threads: one at a time.
pub struct dropoff_profile_upload {
    parts: UseOnce<Parts>,
    _live: LiveHandle,
}

struct Parts {
    source: Source,
    details: ProfileDetails,
    pack: Pack,
    if_changed_from: Option<String>,
    timeout: Option<Duration>,
    progress: Option<Callback>,
}

impl dropoff_profile_upload {
    pub(crate) fn take(&mut self) -> Result<(ProfileUpload, Option<Callback>)> {
        let parts = self.parts.take()?;
        let upload = ProfileUpload::new(parts.source, parts.details).pack(parts.pack);
        let upload = parts.if_changed_from.into_iter().fold(upload, ProfileUpload::if_changed_from);
        Ok((parts.timeout.into_iter().fold(upload, ProfileUpload::timeout), parts.progress))
    }

    fn change_details(&mut self, change: impl FnOnce(ProfileDetails) -> ProfileDetails) -> Result<()> {
        self.parts.change(|parts| Parts { details: change(parts.details), ..parts })
    }
}

/// Makes a request to upload a profile. `source` is a browser's user-data folder, which is packed, or a zip of one, sent
/// as it is; this empties it. `name` is the profile's. For a zip the browser must be set as well.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_profile_upload_new(
    source: Option<&mut dropoff_source>,
    name: *const c_char,
    upload: Option<&mut MaybeUninit<*mut dropoff_profile_upload>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (source, place) = (needed!(source)?, needed!(upload)?);
        let details = ProfileDetails::new(text!(name)?);
        let parts = Parts {
            source: source.take()?,
            details,
            pack: Pack::new(),
            if_changed_from: None,
            timeout: None,
            progress: None,
        };
        give(
            place,
            dropoff_profile_upload { parts: UseOnce::new("profile_upload", parts), _live: LiveHandle::new() },
        );
        Ok(())
    })
}

/// The browser the profile belongs to, such as "chromium", and its version, such as "131". The service knows which
/// browsers there are. Default: what the folder that is packed tells; dropoff_profile_packed_browser_guessed is then
/// true.
///
/// May be NULL: browser_name, browser_version.
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_profile_upload_set_browser(
    upload: Option<&mut dropoff_profile_upload>,
    browser_name: *const c_char,
    browser_version: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let upload = needed!(upload)?;
        let (name, version) = (optional_text!(browser_name)?, optional_text!(browser_version)?);
        upload.change_details(|mut details| {
            if let Some(name) = name {
                details = details.browser_name(name);
            }
            match version {
                Some(version) => details.browser_version(version),
                None => details,
            }
        })
    })
}

/// A text for people.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_profile_upload_set_description(
    upload: Option<&mut dropoff_profile_upload>,
    description: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let upload = needed!(upload)?;
        let text = text!(description)?;
        upload.change_details(|details| details.description(text))
    })
}

/// A label; give several by calling again.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_profile_upload_add_label(
    upload: Option<&mut dropoff_profile_upload>,
    name: *const c_char,
    value: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let upload = needed!(upload)?;
        let (name, value) = (text!(name)?, text!(value)?);
        upload.change_details(|details| details.label(name, value))
    })
}

/// How a folder is packed. `pack` is copied. A zip is sent as it is, whatever this says. Default: as a new
/// dropoff_pack.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_upload_set_pack(
    upload: Option<&mut dropoff_profile_upload>,
    pack: Option<&dropoff_pack>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (upload, pack) = (needed!(upload)?, needed!(pack)?);
        upload.parts.get()?.pack = pack.pack.clone();
        Ok(())
    })
}

/// Sends nothing if the archive equals this earlier profile's by the service's own checksum; the result is that profile
/// then, and dropoff_profile_unchanged is true. A profile that is not there any more equals nothing. An id that is no
/// UUID is refused by the call.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_profile_upload_set_if_changed_from(
    upload: Option<&mut dropoff_profile_upload>,
    profile_id: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (upload, profile_id) = (needed!(upload)?, text!(profile_id)?);
        upload.parts.get()?.if_changed_from = Some(profile_id.to_owned());
        Ok(())
    })
}

/// Bounds the whole call, retries included. Default: no limit. 0 is refused by the call.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_upload_set_timeout_ms(
    upload: Option<&mut dropoff_profile_upload>,
    ms: u64,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        needed!(upload)?.parts.get()?.timeout = Some(Duration::from_millis(ms));
        Ok(())
    })
}

/// Who is told how far the call is. Setting another callback replaces the first.
///
/// May be NULL: user_data, finalizer.
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_profile_upload_set_progress(
    upload: Option<&mut dropoff_profile_upload>,
    callback: dropoff_progress_fn,
    user_data: *mut c_void,
    finalizer: dropoff_finalizer,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    let user_data = UserData::new(user_data, finalizer);
    let mut former = None;
    let status = guard::run(error, || {
        let (upload, callback) = (needed!(upload)?, needed!(callback)?);
        former = upload.parts.get()?.progress.replace(Callback::new(callback, user_data));
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
pub extern "C" fn dropoff_profile_upload_free(upload: Option<Box<dropoff_profile_upload>>) {
    guard::free(upload);
}

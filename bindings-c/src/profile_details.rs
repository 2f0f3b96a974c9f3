//! H Company: what to complete
//!
//! The request of dropoff_hcompany_complete_upload, the third step of the flow done step by step.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use dropoff::{ProfileDetails, Result};

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, UseOnce, give, needed};
use crate::stored_object::dropoff_stored_object;
use crate::text::text;

/// What an uploaded profile is called. The call that takes it uses it up, also if that fails; it is still yours to free.
///
/// Threads: one at a time.
pub struct dropoff_profile_details {
    details: UseOnce<ProfileDetails>,
    _live: LiveHandle,
}

impl dropoff_profile_details {
    pub(crate) fn take(&mut self) -> Result<ProfileDetails> {
        self.details.take()
    }
}

/// Makes a request to complete an upload. `name` is the profile's. The browser must be set as well.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_profile_details_new(
    name: *const c_char,
    details: Option<&mut MaybeUninit<*mut dropoff_profile_details>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let place = needed!(details)?;
        let details = UseOnce::new("profile_details", ProfileDetails::new(text!(name)?));
        give(place, dropoff_profile_details { details, _live: LiveHandle::new() });
        Ok(())
    })
}

/// The browser the profile belongs to, such as "chromium", and its version, such as "131".
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_profile_details_set_browser(
    details: Option<&mut dropoff_profile_details>,
    browser_name: *const c_char,
    browser_version: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let details = needed!(details)?;
        let (name, version) = (text!(browser_name)?, text!(browser_version)?);
        details.details.change(|details| details.browser(name, version))
    })
}

/// A text for people.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_profile_details_set_description(
    details: Option<&mut dropoff_profile_details>,
    description: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let details = needed!(details)?;
        let text = text!(description)?;
        details.details.change(|details| details.description(text))
    })
}

/// A label; give several by calling again.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_profile_details_add_label(
    details: Option<&mut dropoff_profile_details>,
    name: *const c_char,
    value: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let details = needed!(details)?;
        let (name, value) = (text!(name)?, text!(value)?);
        details.details.change(|details| details.label(name, value))
    })
}

/// What dropoff_hcompany_upload gave, to be compared with what the service stored: only then is the profile verified.
/// `stored` is copied.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_details_set_uploaded(
    details: Option<&mut dropoff_profile_details>,
    stored: Option<&dropoff_stored_object>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (details, stored) = (needed!(details)?, needed!(stored)?);
        details.details.change(|details| details.uploaded(stored.stored.clone()))
    })
}

/// Frees a request, used or not. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_profile_details_free(details: Option<Box<dropoff_profile_details>>) {
    guard::free(details);
}

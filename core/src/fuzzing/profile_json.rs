//! Replies of the browser-profile endpoints.

use std::time::Duration;

use crate::error::Error;
use crate::hcompany::Profile;
use crate::hcompany::wire::{Initiated, refusal, reserved_id};
use crate::options::Options;
use crate::service;
use crate::storage::FormTarget;

/// Any reply is read, or is an error that can be shown.
pub fn fuzz_profile_json(data: &[u8]) {
    let secret = super::secret(data);
    let check = |error: &Error| super::check(error, &secret);
    let reply = super::api_reply(data);
    check(&refusal(&reply));
    match service::parse::<Initiated>("initiate_upload", &reply) {
        Ok(initiated) => {
            let _ = (format!("{initiated:?}"), initiated.reveal());
            if let Err(error) = reserved_id(&initiated.profile_id) {
                check(&error);
            }
            let options = Options::new();
            let lifetime = Duration::from_secs(initiated.upload_expires_in);
            let form = initiated
                .fields()
                .and_then(|fields| FormTarget::new(&initiated.upload_url, fields, Some(lifetime), &options));
            if let Err(error) = form.and_then(|form| form.check(1000)) {
                check(&error);
            }
        }
        Err(error) => check(&error),
    }
    if let Err(error) = service::parse::<Profile>("get_profile", &reply) {
        check(&error);
    }
}

//! The meaning of the codes that Google alone has, as data.
//! <https://cloud.google.com/storage/docs/xml-api/reference-status>

use super::super::error_codes::{Action, CodeRow};
use crate::error::ErrorKind as K;

const fn refused(codes: &'static [&'static str], advice: &'static str) -> CodeRow {
    (codes, K::StorageRefused, Action::Fail, advice)
}

pub(in crate::storage) const CODES: &[CodeRow] = &[
    refused(
        &["AuthenticationRequired", "MalformedSecurityHeader", "MissingSecurityHeader", "InvalidSecurity"],
        "the URL bears no signature that storage can read; give it as it was handed out",
    ),
    refused(
        &["UserProjectMissing", "UserProjectInconsistent"],
        "the bucket wants to be told which project pays (userProject); have the URL signed with it",
    ),
    refused(
        &["ObjectUnderActiveHold", "RetentionPolicyNotMet"],
        "the object that is stored there may not be replaced yet (a hold or a retention policy); choose another name",
    ),
    refused(
        &["ExcessHeaderValues", "MetadataTooLarge"],
        "the headers hold more than storage takes; have fewer or shorter ones signed",
    ),
];

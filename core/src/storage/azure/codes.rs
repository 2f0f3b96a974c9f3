//! The meaning of the codes that Azure alone has, as data.
//! <https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes>

use super::super::error_codes::{Action, CodeRow};
use crate::error::{Error, ErrorKind as K};

/// What is in the way when nothing may be replaced.
const EXISTS: &str = "something is stored there already, and the URL or a condition replaces nothing; choose another name, or ask for a URL that may replace it";

/// The codes that say so, with another status than 412.
const IN_THE_WAY: &[&str] = &["BlobAlreadyExists", "UnauthorizedBlobOverwrite"];

/// A block of the list is not there.
const NO_BLOCK: &str = "InvalidBlockList";

/// Whether a code is about what is stored there.
pub(in crate::storage) fn is_in_the_way(code: &str) -> bool {
    IN_THE_WAY.contains(&code)
}

/// Whether blocks that are to be there are not, so that the upload begins anew if it is made again.
pub(in crate::storage) fn lost_its_blocks(error: &Error) -> bool {
    error.service_code() == Some(NO_BLOCK)
}

const fn refused(codes: &'static [&'static str], advice: &'static str) -> CodeRow {
    (codes, K::StorageRefused, Action::Fail, advice)
}

pub(in crate::storage) const CODES: &[CodeRow] = &[
    refused(IN_THE_WAY, EXISTS),
    refused(
        &[NO_BLOCK],
        "a block of the list is not there: another upload to the same name was committed meanwhile, or Azure dropped the blocks, as it does after a week; send it again",
    ),
    refused(
        &["InvalidBlobOrBlock", "InvalidBlockId"],
        "blocks of another program, with names of another length, wait to be committed there; choose another name, or have that upload committed or given up",
    ),
    refused(
        &["BlockCountExceedsLimit", "BlockListTooLong"],
        "so many blocks wait to be committed there that Azure takes no more; choose another name, or have the other upload committed",
    ),
    refused(
        &["InvalidBlobType", "BlobTypeNotSupported"],
        "a blob of another type is stored there, or this account takes none of this type; choose another name, or check x-ms-blob-type",
    ),
    refused(
        &["BlobImmutableDueToPolicy"],
        "the blob that is stored there may not be replaced (an immutability policy); choose another name",
    ),
    refused(
        &[
            "LeaseIdMissing",
            "LeaseIdMismatchWithBlobOperation",
            "LeaseLost",
            "LeaseNotPresentWithBlobOperation",
        ],
        "somebody holds a lease on the blob that is stored there; give its x-ms-lease-id among the headers, or have the lease ended",
    ),
    refused(
        &["InsufficientAccountPermissions", "InsufficientPermissions"],
        "the account or the key that signed the URL may not do this; report it to whoever signed it",
    ),
    refused(
        &["AuthorizationResourceTypeMismatch", "AuthorizationServiceMismatch"],
        "the URL was signed for another service, or not for blobs (srt must have o); have one signed for an upload",
    ),
    refused(&["AuthorizationProtocolMismatch"], "the URL was signed for https alone; use https://"),
    refused(
        &["AuthorizationSourceIPMismatch"],
        "the URL was signed for other addresses (sip) than the one this request came from; have one signed for this machine, or without sip",
    ),
    refused(
        &["NoAuthenticationInformation", "InvalidAuthenticationInfo"],
        "the URL bears no signature that Azure can read; give it as it was handed out",
    ),
    refused(
        &["KeyBasedAuthenticationNotPermitted"],
        "the account takes no URL that was signed with its key; have one signed as a user delegation SAS",
    ),
    refused(
        &["AccountBeingCreated", "ContainerDisabled", "FeatureNotSupportedForAccount"],
        "the account or the container does not take it; report it to the owner of the storage",
    ),
    (
        &["ContainerBeingDeleted", "PendingCopyOperation"],
        K::Unavailable,
        Action::Fail,
        "another operation there has not ended; try again later",
    ),
];

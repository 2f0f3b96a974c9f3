//! The meaning of storage's own codes, as data.

use Action::{Fail, Retry};

use crate::error::ErrorKind as K;

/// The remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Fail,
    /// The same bytes may be sent again.
    Retry,
}

pub(super) const EXPIRED: &str = "the ticket has run out; ask the service for a new one";
pub(super) const OVERLOADED: &str = "too many requests; wait and try again";
pub(super) const FAILING: &str = "storage is failing; try again later";
pub(super) const CONFLICT: &str = "another request for the same object is being handled; try again";
pub(super) const SLOW: &str = "storage waited too long for the bytes; try again";
pub(super) const TOO_LARGE: &str = "it is larger than storage allows; send less";
pub(super) const NO_ROOM: &str = "there is no room left for it (a quota is used up or a disk is full); free some or ask the owner of the storage for more";
pub(super) const NO_ACCOUNT: &str = "the account that the storage belongs to is suspended, unpaid or beyond its plan; its owner has to mend that";
pub(super) const NO_KEY: &str = "storage does not know the access key that the ticket was signed with, or it is disabled; have the ticket signed with a key that is valid there";
pub(super) const NO_KMS: &str = "storage cannot use the key that objects there are encrypted with (KMS): it is disabled, deleted, or the signer may not use it; report it to the owner of the storage";
pub(super) const SIGNATURE: &str =
    "the URL, a header or a field is not what was signed; send the ticket unchanged";
pub(super) const METHOD: &str =
    "no upload is taken at this address, or not by this method; check that the URL is one for an upload";
pub(super) const NOWHERE: &str = "the ticket points at a place that does not exist; report it to the service";
pub(super) const REFUSED: &str =
    "the ticket does not allow this upload; check its conditions or ask for a new one";

/// Codes, what they are an error of, the remedy, and the end of the sentence.
pub(super) type CodeRow = (&'static [&'static str], K, Action, &'static str);

/// Codes that mean the same wherever they stand: of S3, R2, B2, Google's XML API, MinIO, Ceph, Azure, OSS,
/// COS, OBS.
pub(super) const CODES: &[CodeRow] = &[
    (&["ExpiredRequest", "ExpiredToken", "InvalidToken", "TokenRefreshRequired"], K::Expired, Fail, EXPIRED),
    (&["EntityTooLarge", "RequestBodyTooLarge", "MaxMessageLengthExceeded"], K::TooLarge, Fail, TOO_LARGE),
    (
        &["EntityTooSmall"],
        K::StorageRefused,
        Fail,
        "it is smaller than the ticket demands; check that it is the right file",
    ),
    (
        &["BadDigest", "XAmzContentChecksumMismatch", "Md5Mismatch", "Crc64Mismatch"],
        K::Integrity,
        Retry,
        "the bytes that arrived are not the ones that were sent; try again",
    ),
    (&["IncompleteBody", "ClientDisconnect"], K::Network, Retry, "storage did not get all bytes; try again"),
    (&["RequestTimeout", "OperationTimedOut"], K::Timeout, Retry, SLOW),
    (
        &[
            "SlowDown",
            "SlowDownRead",
            "SlowDownWrite",
            "TooManyRequests",
            "ServerBusy",
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "RequestThrottled",
            "RequestThrottledException",
            "RequestLimitExceeded",
            "BandwidthLimitExceeded",
            "QpsLimitExceeded",
            "PriorRequestNotComplete",
        ],
        K::RateLimited,
        Retry,
        OVERLOADED,
    ),
    (&["ServiceUnavailable", "InternalError", "XMinioServerNotInitialized"], K::Unavailable, Retry, FAILING),
    (&["OperationAborted", "ConditionalRequestConflict"], K::Unavailable, Retry, CONFLICT),
    (
        &["NoSuchUpload"],
        K::StorageRefused,
        Fail,
        "the upload in parts that the URL belongs to was completed, given up or ran out; begin a new one and have its parts signed",
    ),
    (
        &[
            "QuotaExceeded",
            "BucketQuotaExceeded",
            "StorageQuotaExceeded",
            "XMinioAdminBucketQuotaExceeded",
            "XMinioStorageFull",
            "InsufficientStorage",
            "InsufficientStorageSpace",
            "InsufficientCapacity",
        ],
        K::StorageRefused,
        Fail,
        NO_ROOM,
    ),
    (
        &[
            "AccountProblem",
            "UserProjectAccountProblem",
            "AllAccessDisabled",
            "AccountDisabled",
            "AccountIsDisabled",
            "UserDisable",
            "NotSignedUp",
            "NotEntitled",
            "CapExceeded",
            "InArrearOrInsufficientBalance",
            "PaymentRequired",
        ],
        K::StorageRefused,
        Fail,
        NO_ACCOUNT,
    ),
    (&["InvalidAccessKeyId", "InvalidAccessKey"], K::StorageRefused, Fail, NO_KEY),
    (
        &["MissingRequiredHeader"],
        K::StorageRefused,
        Fail,
        "storage wants a header that was not sent; give it among the headers of the upload",
    ),
    (&["SignatureDoesNotMatch", "AuthenticationFailed"], K::StorageRefused, Fail, SIGNATURE),
    (
        &["AuthorizationPermissionMismatch"],
        K::StorageRefused,
        Fail,
        "the URL does not permit writing; have one signed for an upload",
    ),
    (&["MethodNotAllowed"], K::StorageRefused, Fail, METHOD),
    (
        &["RequestTimeTooSkewed"],
        K::StorageRefused,
        Fail,
        "the signer's clock is off; report it to the service",
    ),
    (
        &["NoSuchBucket", "NoSuchKey", "ContainerNotFound", "ResourceNotFound"],
        K::StorageRefused,
        Fail,
        NOWHERE,
    ),
    (
        &["KeyTooLongError"],
        K::StorageRefused,
        Fail,
        "the object's name is longer than storage allows; have a shorter one signed",
    ),
];

//! A plan as it is understood: requests, and where each was written. No form of JSON is left in it, and none
//! of its URLs has passed the guard yet.

use std::time::Duration;

use http::Method;
use time::OffsetDateTime;

use crate::digest::Algorithm;
use crate::secret::Secret;
use crate::storage::form::Fields;

#[derive(Debug)]
pub(crate) struct Plan {
    pub(super) delivery: Delivery,
    /// The size that the body must have.
    pub(super) size: Option<Placed<u64>>,
    /// The SHA-256 that the body must have, in hex.
    pub(super) sha256: Option<Placed<String>>,
    /// What asks for an upload in parts to begin.
    pub(super) init: Option<Step>,
    pub(super) commit: Option<Step>,
    pub(super) abort: Option<Step>,
    /// What tells whoever made the plan that storage has everything.
    pub(super) verify: Option<Step>,
}

/// The way of the bytes.
#[derive(Debug)]
pub(super) enum Delivery {
    /// Whoever made the plan has them.
    AlreadyThere,
    Whole(PlannedRequest),
    Form(PlannedForm),
    Parts(PlannedParts),
}

/// A value, and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed<T> {
    pub(super) at: String,
    pub(super) value: T,
}

#[derive(Debug)]
pub(super) struct PlannedRequest {
    /// Where the URL was written, the headers and the method.
    pub(super) url_at: String,
    pub(super) headers_at: String,
    pub(super) method_at: String,
    pub(super) url: Secret,
    pub(super) method: Method,
    pub(super) headers: Vec<(String, Secret)>,
    pub(super) expiry: PlannedExpiry,
    /// The digest of the body that is told in the header `Digest`.
    pub(super) digest: Option<Algorithm>,
}

/// Until when, as far as the plan says: by a length of time from when it was handed out, or by a moment.
#[derive(Debug, Clone, Default)]
pub(super) struct PlannedExpiry {
    pub(super) at: String,
    pub(super) lasts: Option<Duration>,
    pub(super) until: Option<OffsetDateTime>,
}

#[derive(Debug)]
pub(super) struct PlannedForm {
    pub(super) request: PlannedRequest,
    pub(super) fields_at: String,
    pub(super) fields: Fields,
    pub(super) file_field: Option<Placed<String>>,
    pub(super) file_name: Option<Placed<String>>,
}

#[derive(Debug)]
pub(super) struct PlannedParts {
    pub(super) requests: Vec<PlannedRequest>,
    pub(super) ranges: PlannedRanges,
}

/// Where the parts of an object are in it.
#[derive(Debug)]
pub(super) struct PlannedRanges {
    pub(super) at: String,
    pub(super) parts: Vec<PlannedRange>,
    pub(super) part_size: Option<u64>,
    /// Whether the parts that are not listed are there already.
    pub(super) may_leave_out: bool,
}

#[derive(Debug, Clone)]
pub(super) struct PlannedRange {
    pub(super) at: String,
    pub(super) offset: Option<u64>,
    pub(super) length: Option<u64>,
}

/// A request that sends none of the bytes.
#[derive(Debug)]
pub(super) struct Step {
    /// Where it was written.
    pub(super) at: String,
    pub(super) request: PlannedRequest,
    pub(super) body: StepBody,
}

#[derive(Debug)]
pub(super) enum StepBody {
    Ready(Secret),
    /// The list of parts, as S3's `CompleteMultipartUpload` wants it.
    S3Parts,
    /// The list of parts in JSON.
    JsonParts,
}

impl StepBody {
    /// Whether the parts' ETags go into it.
    pub(super) fn takes_etags(&self) -> bool {
        matches!(self, Self::S3Parts | Self::JsonParts)
    }
}

//! Sending bytes to a presigned target. Knows storage's own rules (tickets, forms, XML replies,
//! ETags) and no provider.

mod answer;
mod azure;
mod blocks;
mod checksums;
mod client;
mod demanded_checksum;
mod diagnosis;
mod document;
mod error_codes;
mod expiry;
pub(crate) mod form;
mod google;
mod middlebox;
mod pace;
mod part_plan;
mod parts;
pub(crate) mod policy;
mod post_form;
mod precondition;
mod put;
mod put_journal;
mod put_object;
mod put_parts;
pub(crate) mod reply;
mod request;
mod result;
mod send;
mod session;
mod signed_checksum;
pub(crate) mod signed_url;
pub(crate) mod ticket_origin;
mod upload;
mod upload_limiter;
mod url_query;
mod verification;

pub use client::Storage;
pub(crate) use part_plan::PartPlan;
pub(crate) use parts::{PartTargets, PartUpload, send_parts, sent_ranges};
pub(crate) use post_form::FormTarget;
pub(crate) use put::{PutHeaders, PutTarget, SignedAt};
pub use request::{PostFormRequest, PutPartsRequest, PutRequest};
pub use result::{StoredObject, StoredPart, StoredParts};
pub(crate) use result::{all_verified_by, crc64_of_all};
pub(crate) use send::{Sender, with_earlier_tries};
pub(crate) use upload_limiter::UploadLimiter;

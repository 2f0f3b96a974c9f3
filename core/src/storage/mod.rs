//! Sending bytes to a presigned target. Knows storage's own rules (tickets, forms, XML replies,
//! ETags) and no provider.

mod answer;
mod checksums;
mod client;
mod demanded_checksum;
mod diagnosis;
mod document;
mod error_codes;
mod expiry;
pub(crate) mod form;
mod kept_reply;
mod middlebox;
mod pace;
mod part_plan;
mod parts;
pub(crate) mod plan;
pub(crate) mod policy;
mod post;
mod post_form;
mod precondition;
mod put;
mod put_parts;
pub(crate) mod reply;
mod request;
mod result;
mod send;
mod signed_checksum;
pub(crate) mod signed_url;
pub(crate) mod ticket_origin;
mod upload;
mod upload_history;
mod upload_limiter;
mod url_query;
mod verification;

pub use client::Storage;
pub(crate) use part_plan::PartPlan;
pub(crate) use parts::{PartUpload, send_parts, sent_ranges};
pub(crate) use post_form::FormTarget;
pub(crate) use put::{PutHeaders, PutTarget, SignedAt};
pub use request::{PostFormRequest, PostRequest, PutPartsRequest, PutRequest, SendRequest};
pub use result::{StorageReply, StoredObject, StoredPart, StoredParts};
pub(crate) use result::{all_verified_by, crc64_of_all};
pub(crate) use send::{Sender, with_earlier_tries};
pub(crate) use upload_limiter::UploadLimiter;

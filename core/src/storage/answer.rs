//! Storage's answer to an upload: whether it is stored, whether it is whole, and whether it is ours.

use http::StatusCode;

use super::document::Document;
use super::error_codes::Action;
use super::google::stored_resource;
use super::middlebox;
use super::result::StoredObject;
use super::ticket_origin::TicketOrigin;
use super::upload::Upload;
use crate::digest::{Algorithm, Digests};
use crate::error::{Error, ErrorKind, Outcome, Side};
use crate::http::tries::Tries;
use crate::http::{Handling, Outgoing, Reply};
use crate::secret::Mask;

/// A try that got no answer, and whether another one may get it.
pub(super) fn unanswered(error: Error, mask: &Mask) -> (Error, Action) {
    let again = matches!(error.kind(), ErrorKind::Network | ErrorKind::Timeout) && error.retryable();
    (error.hiding(|text| mask.hidden(text)), if again { Action::Retry } else { Action::Fail })
}

pub(super) fn object(
    outgoing: &Outgoing,
    digests: &Digests,
    etag: Option<String>,
    verified_by: Option<Algorithm>,
) -> StoredObject {
    StoredObject {
        bytes: outgoing.payload.source.len(),
        sha256: digests.hex(Algorithm::Sha256),
        md5: digests.hex(Algorithm::Md5),
        crc64nvme: digests.base64(Algorithm::Crc64Nvme),
        etag,
        verified: verified_by.is_some(),
        verified_by: verified_by.map(|algorithm| algorithm.key().to_owned()),
        attempts: 0,
        warnings: Vec::new(),
        parts: Vec::new(),
        reply: None,
    }
}

/// Whether nothing says that a store answered. A service looks for itself when it is told that all was sent,
/// and a redirect is the one that was asked for.
pub(super) fn lacks_store_signs(upload: &Upload<'_>, reply: &Reply, etag: Option<&str>) -> bool {
    let service = upload.from == TicketOrigin::Service || upload.outgoing.handling.by_service;
    let known = service || !reply.status.is_success();
    !known
        && etag.is_none()
        && !middlebox::has_store_header(&reply.headers)
        && !stored_resource::is_one(&reply.body)
}

/// Whether storage says that it took an upload. A 200 with an error document inside does not.
pub(super) fn is_success(outgoing: &Outgoing, reply: &Reply) -> bool {
    outgoing.is_done(reply.status, &reply.headers) && !Document::parse(&reply.body).is_error()
}

/// Whether what is in the way may be what an earlier try of ours sent, whose answer was lost: its ETag tells.
pub(super) fn may_be_own_upload(reply: &Reply, tries: &Tries) -> bool {
    reply.status == StatusCode::PRECONDITION_FAILED && tries.outcome() == Outcome::Unknown
}

/// Whether the object may be there though the answer is no success. After the last byte, a gateway's failure
/// or storage's own may have come too late to keep it out. `code` may be of JSON, which anybody in between
/// speaks; storage itself speaks XML.
pub(super) fn may_be_stored(reply: &Reply, code: Option<&str>, handling: Handling) -> bool {
    if !reply.last_may_have_left {
        return false;
    }
    let by_storage = || Document::parse(&reply.body).is_error();
    match (reply.status.as_u16(), code) {
        (_, Some("InternalError")) => true,
        // Refusals by their definition (RFC 9110, RFC 4918), and a portal's that let nothing through (RFC
        // 6585).
        (501 | 505 | 507 | 511, _) => false,
        // Storage's own word for "not now", or a success of another kind than it says in its words. Without
        // them, some proxies (Envoy) say 503 of a request that was passed on.
        (503 | 200..=299, _) => !by_storage(),
        // Frameworks answer what they have done with a redirect to where it is seen. These three are about a
        // request that was not, and is to be made elsewhere (RFC 9110, 15.4).
        (304 | 307 | 308, _) => false,
        (300..=399, _) if handling.by_service => true,
        // A form's redirect to where it did not ask for.
        (303, _) | (500..=599, _) => true,
        _ => false,
    }
}

pub(super) fn answer_cut(host: &str, handling: Handling) -> Error {
    let text = match handling.by_service {
        false => format!(
            "the answer of storage at {host} was cut off before it said whether the file is there; try again"
        ),
        true => format!(
            "the answer of {host} was cut off before it said what became of the request; look whether it was done, or try again"
        ),
    };
    Error::new(ErrorKind::Network, text).side_is(Side::Storage).outcome_is(Outcome::Unknown)
}

/// The ETag of what is stored. A service's header is that of its reply.
pub(super) fn etag(reply: &Reply, handling: Handling) -> Option<String> {
    let by_store = !handling.by_service || middlebox::has_store_header(&reply.headers);
    let bare = |text: &str| text.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    let header = reply.headers.get(http::header::ETAG).filter(|_| by_store);
    let header = header.and_then(|text| text.to_str().ok());
    // A form may have asked for a description of what it stored, and then some say it nowhere else.
    header.map(bare).or_else(|| Document::parse(&reply.body).etag.as_deref().map(bare))
}

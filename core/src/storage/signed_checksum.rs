//! A checksum that was signed into a ticket. Storage refuses every other body, so a ticket that was signed
//! with the checksum of another one fails however often it is sent: `@aws-sdk/s3-request-presigner` signs
//! that of an empty body unless it is told otherwise, and others sign a file that has changed since.

use super::checksums::{CONTENT_MD5, WrittenChecksum, written};
use super::ticket_origin::TicketOrigin;
use super::upload::Upload;
use crate::digest::{AlgorithmSet, Digests, Hasher};
use crate::error::{Error, ErrorKind, Result, Side};
use crate::source::Prepared;

/// A file is read for this before it is sent only if that is next to nothing.
const MAX_READ_BEFORE_SENDING: u64 = 1024 * 1024;

/// Fails if what is to be sent is known not to be what the ticket was signed for.
pub(super) async fn check(upload: &Upload<'_>) -> Result<()> {
    let source = &upload.outgoing.payload.source;
    for signed in all(upload) {
        let read = source.is_in_memory() || source.len() <= MAX_READ_BEFORE_SENDING;
        if let Verdict::Differs(what) = verdict(&signed, source, read).await? {
            return Err(refused_unsent(upload, &what));
        }
    }
    Ok(())
}

/// The real meaning of storage's refusal of a body for its checksum.
pub(super) enum Explained {
    /// The ticket can never work.
    Certain(Error),
    /// Probably so; the source cannot be read again.
    Likely(Error),
}

/// The real meaning of storage's refusal of a body for its checksum, if it is about the ticket.
pub(super) async fn explain(upload: &Upload<'_>, refusal: &Error, host: &str) -> Option<Explained> {
    let code = refusal.service_code()?;
    let (what, certain) = match code {
        _ if is_refusal_of_digest(refusal) => broken(upload).await?,
        "InvalidRequest" if refusal.kind() == ErrorKind::StorageRefused && all(upload).is_empty() => {
            let algorithm = upload.says("x-amz-sdk-checksum-algorithm")?;
            let what = format!(
                "it was signed with x-amz-sdk-checksum-algorithm={algorithm} and no checksum; have it signed without a checksum{IN_AWS_SDKS}"
            );
            (what, true)
        }
        _ => return None,
    };
    let status = refusal.http_status().unwrap_or_default();
    let always = if certain { " and always will" } else { "" };
    let text = format!("storage at {host} refused the upload ({status} {code}){always}: {what}");
    let error = refusal.clone().retold(ErrorKind::StorageRefused, text).side_is(side(upload.from));
    Some(if certain { Explained::Certain(error) } else { Explained::Likely(error) })
}

/// Whether storage says that the bytes are not those of a checksum it was given.
pub(super) fn is_refusal_of_digest(refusal: &Error) -> bool {
    let codes = [
        "BadDigest",
        "InvalidDigest",
        "XAmzContentChecksumMismatch",
        "XAmzContentSHA256Mismatch",
        "Md5Mismatch",
        "Crc64Mismatch",
    ];
    refusal.service_code().is_some_and(|code| codes.contains(&code))
}

/// The fault of the ticket, if storage says that it has one, and whether that is certain: nothing, if
/// the bytes are those it was signed for, since then they were damaged on the way.
async fn broken(upload: &Upload<'_>) -> Option<(String, bool)> {
    let source = &upload.outgoing.payload.source;
    let mut doubted = None;
    for signed in all(upload) {
        match verdict(&signed, source, true).await {
            Ok(Verdict::Differs(what)) => return Some((what, true)),
            Ok(Verdict::Matches) => {}
            // Storage's word is all there is, and damage on the way is told in the same.
            Ok(Verdict::Unknown) | Err(_) => {
                doubted.get_or_insert_with(|| {
                    format!(
                        "it was signed with {}={}, which may not be the {} of what was sent; {}",
                        signed.name,
                        signed.text,
                        signed.algorithm.name(),
                        advice(&signed)
                    )
                });
            }
        }
    }
    doubted.map(|what| (what, false))
}

enum Verdict {
    Matches,
    /// How, as the middle of a sentence.
    Differs(String),
    Unknown,
}

/// Whether the source is what was signed. It is read only if `read` says so.
async fn verdict(signed: &WrittenChecksum, source: &Prepared, read: bool) -> Result<Verdict> {
    let WrittenChecksum { name, algorithm, text, value, .. } = signed;
    let only = AlgorithmSet::of(*algorithm);
    if Digests::of(only, &[]).get(*algorithm) == Some(value) {
        return Ok(if source.len() == 0 {
            Verdict::Matches
        } else {
            Verdict::Differs(format!(
                "it was signed with {name}={text}, which is the {} of an empty body, for an upload of {} bytes; {}",
                algorithm.name(),
                source.len(),
                advice(signed)
            ))
        });
    }
    if !read || source.is_sealed() {
        return Ok(Verdict::Unknown);
    }
    let mut hasher = Hasher::new(only);
    source.each_chunk(|chunk| hasher.update(chunk)).await?;
    let computed = hasher.finish();
    Ok(if computed.get(*algorithm) == Some(value) {
        Verdict::Matches
    } else {
        Verdict::Differs(format!(
            "it was signed with {name}={text}, and the {} of what is to be sent is {}; {}",
            algorithm.name(),
            computed.get(*algorithm).map(|digest| signed.as_written(digest)).unwrap_or_default(),
            advice(signed)
        ))
    })
}

fn advice(signed: &WrittenChecksum) -> String {
    let how = if signed.name.starts_with("x-amz-checksum-") { IN_AWS_SDKS } else { "" };
    format!("have it signed for these bytes, or without a checksum{how}")
}

/// The setting of the signer, by its names in the SDKs for JavaScript and Python.
const IN_AWS_SDKS: &str =
    " (AWS SDKs: requestChecksumCalculation: 'WHEN_REQUIRED', request_checksum_calculation='when_required')";

/// The ticket's promises. Checksums that were filled in are none: they are those of the source. A step's are
/// those of the object, which is not what it sends, but for HTTP's own.
fn all(upload: &Upload<'_>) -> Vec<WrittenChecksum> {
    let (filled, is_step) = (upload.filled.names(), upload.outgoing.handling.is_step());
    let is_of_body = |name: &str| !filled.contains(&name) && (!is_step || name == CONTENT_MD5);
    written(|name| upload.says(name).filter(|_| is_of_body(name)).into_iter().collect())
}

fn refused_unsent(upload: &Upload<'_>, what: &str) -> Error {
    match upload.from {
        TicketOrigin::Caller => {
            Error::invalid(format!("the upload cannot work, since storage would refuse the URL: {what}"))
        }
        TicketOrigin::Service => Error::new(
            ErrorKind::Rejected,
            format!("the ticket cannot work; report it to the service: {what}"),
        ),
    }
}

fn side(from: TicketOrigin) -> Side {
    match from {
        TicketOrigin::Caller => Side::Caller,
        TicketOrigin::Service => Side::Service,
    }
}

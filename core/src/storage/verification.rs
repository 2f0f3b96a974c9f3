//! Whether storage has the very bytes that were sent, by the digests that it answers; and which of ours are
//! worth their cost.

use super::checksums::{self, CONTENT_MD5, WrittenChecksum};
use crate::digest::{Algorithm, AlgorithmSet, Digest, Digests, Hasher};
use crate::error::{Error, ErrorKind, Side};
use crate::http::Reply;
use crate::options::{AUTO_MD5_LIMIT, IntegrityCheck};
use crate::source::Prepared;

/// The digests to compute while a body is sent. `answered` are those that this storage answered last, if it
/// is known; otherwise `likely` those that its ticket gives reason to expect. `object_size` is that of the
/// whole, also where a part is sent.
pub(super) fn worth_computing(
    check: IntegrityCheck,
    answered: Option<AlgorithmSet>,
    object_size: u64,
    likely: impl FnOnce() -> AlgorithmSet,
) -> AlgorithmSet {
    if check == IntegrityCheck::Off {
        return AlgorithmSet::NONE;
    }
    // One is always there: it proves what was sent of a file that changes meanwhile.
    let least = AlgorithmSet::of(Algorithm::Crc64Nvme);
    let Some(answered) = answered else {
        // Of anything larger the first answer tells: a second CRC would cost all of it 5 % more CPU, and one
        // that turns out to be needed reads the source again.
        let is_small = object_size <= AUTO_MD5_LIMIT;
        return if is_small {
            least.with(Algorithm::Crc32c).with(Algorithm::Md5)
        } else {
            least.and(likely())
        };
    };
    let cheap = answered.in_common(AlgorithmSet::CRCS);
    if !cheap.is_empty() || !is_worth_its_cost(check, object_size) {
        return least.and(cheap);
    }
    // The quickest first.
    let costly = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Md5];
    let costly = costly.into_iter().find(|algorithm| answered.contains(*algorithm));
    costly.map_or(least, |algorithm| least.with(algorithm))
}

/// Those that the source is read again for, of what storage answered and nobody computed meanwhile: the
/// cheapest. `costly` says whether one that costs as much as the upload is worth it.
pub(super) fn worth_another_reading(answered: AlgorithmSet, costly: bool) -> AlgorithmSet {
    let cheap = answered.in_common(AlgorithmSet::CRCS);
    if cheap.is_empty() && costly { answered } else { cheap }
}

/// Whether a digest that costs as much as the upload is worth it, where storage answers nothing cheaper.
pub(super) fn is_worth_its_cost(check: IntegrityCheck, object_size: u64) -> bool {
    match check {
        IntegrityCheck::On => true,
        IntegrityCheck::Off => false,
        IntegrityCheck::Auto => object_size <= AUTO_MD5_LIMIT,
    }
}

/// The digests of what was sent, with others that were not computed meanwhile: the source is read again, and
/// its CRC tells whether that is what was sent.
pub(super) async fn completed(source: &Prepared, mut sent: Digests, wanted: AlgorithmSet) -> Digests {
    let missing = wanted.without(sent.kinds());
    let Some(crc) = sent.get(Algorithm::Crc64Nvme).copied().filter(|_| !missing.is_empty()) else {
        return sent;
    };
    let mut hasher = Hasher::new(missing.with(Algorithm::Crc64Nvme));
    if source.each_chunk(|chunk| hasher.update(chunk)).await.is_ok() {
        let again = hasher.finish();
        if again.get(Algorithm::Crc64Nvme) == Some(&crc) {
            sent.complete_with(&again);
        }
    }
    sent
}

/// The digests in an answer.
pub(super) struct AnsweredChecksums {
    /// Under names of their own.
    written: Vec<WrittenChecksum>,
    /// The ETag, where it can be an MD5.
    etag: Option<(String, Digest)>,
}

/// The finding of a comparison.
pub(super) enum Verification {
    /// Storage has what was sent, by this digest.
    Same(Algorithm),
    Differs(Difference),
    /// There was nothing to compare.
    Unknown,
}

/// A digest of storage's that is not ours.
pub(super) struct Difference {
    name: &'static str,
    algorithm: Algorithm,
    theirs: String,
    shown: String,
    pub(super) ours: Digest,
}

const ETAG: &str = "ETag";

impl AnsweredChecksums {
    pub(super) fn of(reply: &Reply, etag: Option<&str>) -> Self {
        let mut written = checksums::answered(&reply.headers);
        let of_body = || Digests::of(AlgorithmSet::of(Algorithm::Md5), &reply.body);
        // HTTP's own header of this name is about the body of the answer (RFC 1864).
        written.retain(|w| w.name != CONTENT_MD5 || of_body().get(Algorithm::Md5) != Some(&w.value));
        let etag = etag.filter(|etag| etag.len() == 32 && !is_encrypted_there(reply));
        let etag = etag.and_then(|etag| Some((etag.to_owned(), Digest::decode(Algorithm::Md5, etag)?)));
        Self { written, etag }
    }

    pub(super) fn kinds(&self) -> AlgorithmSet {
        let etag = self.etag.as_ref().map(|_| Algorithm::Md5);
        self.written.iter().map(|written| written.algorithm).chain(etag).collect()
    }

    /// Compares them with ours. What says that it is a checksum counts before an ETag, which only looks like
    /// one: some stores make theirs of other things.
    pub(super) fn compare(&self, ours: &Digests) -> Verification {
        let mut same: Option<Algorithm> = None;
        for written in &self.written {
            let WrittenChecksum { name, algorithm, text, value, .. } = written;
            let Some(ours) = ours.get(*algorithm) else { continue };
            if ours != value {
                let (name, algorithm, theirs) = (*name, *algorithm, text.clone());
                let shown = written.as_written(ours);
                return Verification::Differs(Difference { name, algorithm, theirs, shown, ours: *ours });
            }
            same = same.into_iter().chain([*algorithm]).max_by_key(|a| a.strength());
        }
        if let Some(algorithm) = same {
            return Verification::Same(algorithm);
        }
        match (&self.etag, ours.get(Algorithm::Md5)) {
            (Some((_, theirs)), Some(ours)) if theirs == ours => Verification::Same(Algorithm::Md5),
            (Some((theirs, _)), Some(ours)) => {
                let (theirs, shown) = (theirs.clone(), ours.hex());
                let (name, algorithm) = (ETAG, Algorithm::Md5);
                Verification::Differs(Difference { name, algorithm, theirs, shown, ours: *ours })
            }
            _ => Verification::Unknown,
        }
    }
}

/// An ETag is no MD5 of the bytes under KMS or customer keys, which storage announces.
fn is_encrypted_there(reply: &Reply) -> bool {
    reply.headers.get("x-amz-server-side-encryption").is_some_and(|v| v.as_bytes().starts_with(b"aws:kms"))
        || reply.headers.contains_key("x-amz-server-side-encryption-customer-algorithm")
}

impl Difference {
    /// Damage on the way is an accident, which does not happen twice to the same bytes; the ETags of some
    /// stores and gateways are of other kinds and look the same. `again` is whether it happened before to
    /// these bytes.
    pub(super) fn error(&self, host: &str, again: bool) -> Error {
        let Self { name, theirs, shown: ours, .. } = self;
        let of = self.algorithm.name();
        let text = match (*name, again) {
            (ETAG, true) => format!(
                "storage at {host} took it twice, each time with an ETag that is not the MD5 of what was sent ({theirs}, ours {ours}): either its ETags are no MD5s, and then integrity_check is to be false, or something on the way changes every upload; compare what is stored with the source"
            ),
            (ETAG, false) => format!(
                "storage at {host} took it, but its ETag is not the MD5 of what was sent ({theirs}, ours {ours}): it was changed on the way, or this storage's ETags are no MD5s; send it again, with integrity_check false if they are not"
            ),
            (_, true) => format!(
                "storage at {host} took it twice, and its {name} was not the {of} of what was sent either time ({theirs}, ours {ours}): something on the way changes every upload, or storage says it wrong; compare what is stored with the source"
            ),
            (_, false) => format!(
                "storage at {host} took it, but its {name} is not the {of} of what was sent ({theirs}, ours {ours}): it was changed on the way; send it again"
            ),
        };
        Error::new(ErrorKind::Integrity, text).side_is(Side::Storage).retryable_is(!again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use IntegrityCheck::{Auto, Off, On};

    fn kinds(check: IntegrityCheck, answered: Option<&[Algorithm]>, size: u64) -> Vec<&'static str> {
        let answered = answered.map(|all| all.iter().copied().collect());
        worth_computing(check, answered, size, || AlgorithmSet::NONE).iter().map(Algorithm::key).collect()
    }

    #[test]
    fn only_what_storage_answers_is_worth_more_than_a_crc() {
        use Algorithm as A;
        let (small, large) = (AUTO_MD5_LIMIT, AUTO_MD5_LIMIT + 1);
        let etag: Option<&[A]> = Some(&[A::Md5]);
        assert_eq!(kinds(Off, None, small), [""; 0]);
        assert_eq!(kinds(Auto, None, small), ["crc32c", "crc64nvme", "md5"]);
        assert_eq!(kinds(Auto, None, large), ["crc64nvme"]);
        assert_eq!(kinds(On, None, large), ["crc64nvme"], "the first answer tells");
        let googles = worth_computing(Auto, None, large, || AlgorithmSet::of(A::Crc32c));
        assert_eq!(googles, AlgorithmSet::of(A::Crc32c).with(A::Crc64Nvme));
        assert_eq!(kinds(Auto, etag, small), ["crc64nvme", "md5"]);
        assert_eq!(kinds(Auto, etag, large), ["crc64nvme"]);
        assert_eq!(kinds(On, etag, large), ["crc64nvme", "md5"]);
        for check in [Auto, On] {
            assert_eq!(kinds(check, Some(&[A::Crc64Nvme, A::Md5]), small), ["crc64nvme"]);
            assert_eq!(kinds(check, Some(&[A::Crc32c, A::Md5]), large), ["crc32c", "crc64nvme"]);
            assert_eq!(kinds(check, Some(&[A::Sha256, A::Md5]), small), ["crc64nvme", "sha256"]);
            assert_eq!(kinds(check, Some(&[]), small), ["crc64nvme"], "nothing to compare with");
        }
    }
}

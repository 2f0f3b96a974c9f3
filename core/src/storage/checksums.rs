//! The names under which the dialects of storage write a digest of a body: S3's, Google's and Azure's
//! headers, which a ticket, a form's fields and an answer share.

use http::HeaderMap;

use crate::digest::{Algorithm, AlgorithmSet, Digest, Digests};

/// A digest as somebody wrote it.
pub(super) struct WrittenChecksum {
    pub(super) name: &'static str,
    pub(super) algorithm: Algorithm,
    pub(super) text: String,
    pub(super) value: Digest,
    least_byte_first: bool,
}

impl WrittenChecksum {
    /// Another digest of its kind as this one is written.
    pub(super) fn as_written(&self, digest: &Digest) -> String {
        if self.least_byte_first { digest.reversed().base64() } else { digest.base64() }
    }
}

struct ChecksumName {
    name: &'static str,
    algorithm: Algorithm,
    /// Azure writes its CRC as a number in the order of its processors, all others as numbers are read.
    least_byte_first: bool,
}

const fn named(name: &'static str, algorithm: Algorithm) -> ChecksumName {
    ChecksumName { name, algorithm, least_byte_first: false }
}

/// In lower case.
const NAMES: [ChecksumName; 9] = [
    named("x-amz-checksum-crc32", Algorithm::Crc32),
    named("x-amz-checksum-crc32c", Algorithm::Crc32c),
    named("x-amz-checksum-crc64nvme", Algorithm::Crc64Nvme),
    named("x-amz-checksum-sha1", Algorithm::Sha1),
    named("x-amz-checksum-sha256", Algorithm::Sha256),
    // `UNSIGNED-PAYLOAD` is none, nor is anything else that is not as long as one.
    named(CONTENT_SHA256, Algorithm::Sha256),
    named(CONTENT_MD5, Algorithm::Md5),
    named("x-ms-blob-content-md5", Algorithm::Md5),
    ChecksumName {
        name: "x-ms-content-crc64",
        // The polynomial of its SDKs, 0x9A6C9329AC4BC9B5, is NVME's.
        algorithm: Algorithm::Crc64Nvme,
        least_byte_first: true,
    },
];

const CONTENT_SHA256: &str = "x-amz-content-sha256";
pub(super) const CONTENT_MD5: &str = "content-md5";
const GOOGLE_HASH: &str = "x-goog-hash";

/// HTTP's own names of digests, for its header `Digest` (RFC 3230, RFC 5843).
const OF_HTTP: [(&str, Algorithm); 3] =
    [("SHA-256", Algorithm::Sha256), ("SHA", Algorithm::Sha1), ("MD5", Algorithm::Md5)];
pub(super) const DIGEST: &str = "digest";

/// The digest that HTTP calls so.
pub(super) fn algorithm_of_http(name: &str) -> Option<Algorithm> {
    OF_HTTP.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, algorithm)| *algorithm)
}

/// The value of HTTP's header `Digest`.
pub(super) fn http_digest(algorithm: Algorithm, digests: &Digests) -> Option<String> {
    let (name, _) = OF_HTTP.iter().find(|(_, known)| *known == algorithm)?;
    digests.base64(algorithm).map(|digest| format!("{name}={digest}"))
}

/// The digests among headers or fields, each found by its name (in lower case), one or several times.
pub(super) fn written(find: impl Fn(&'static str) -> Vec<String>) -> Vec<WrittenChecksum> {
    let mut all = Vec::new();
    for ChecksumName { name, algorithm, least_byte_first } in NAMES {
        for text in find(name) {
            let value = Digest::decode(algorithm, &text);
            let value = value.map(|value| if least_byte_first { value.reversed() } else { value });
            all.extend(value.map(|value| WrittenChecksum { name, algorithm, text, value, least_byte_first }));
        }
    }
    // Google's is a list, and may be several headers.
    for list in find(GOOGLE_HASH) {
        for (key, text) in list.split(',').filter_map(|item| item.trim().split_once('=')) {
            let found = Algorithm::of_key(key).filter(|algorithm| in_google_hash(*algorithm));
            let Some((algorithm, value)) = found.and_then(|a| Some((a, Digest::decode(a, text)?))) else {
                continue;
            };
            let (name, text) = (GOOGLE_HASH, text.to_owned());
            all.push(WrittenChecksum { name, algorithm, text, value, least_byte_first: false });
        }
    }
    all
}

/// The same among the headers of an answer.
pub(super) fn answered(headers: &HeaderMap) -> Vec<WrittenChecksum> {
    let of_parts = |name: &str| {
        // A checksum of the parts' checksums is no checksum of the bytes.
        let kind = headers.get("x-amz-checksum-type");
        name.starts_with("x-amz-checksum-") && kind.is_some_and(|kind| kind.as_bytes() == b"COMPOSITE")
    };
    written(|name| match of_parts(name) {
        true => Vec::new(),
        false => headers.get_all(name).iter().filter_map(|v| v.to_str().ok().map(str::to_owned)).collect(),
    })
}

fn in_google_hash(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::Crc32c | Algorithm::Md5)
}

/// The names that a ticket may demand a checksum by, without its value.
pub(super) fn demandable() -> impl Iterator<Item = &'static str> {
    // Its value may also be that the body is not signed.
    NAMES.into_iter().map(|name| name.name).filter(|name| *name != CONTENT_SHA256).chain([GOOGLE_HASH])
}

/// The digest that such a name wants.
pub(super) fn wanted_by(name: &str) -> AlgorithmSet {
    let found = NAMES.iter().find(|known| known.name == name).map(|known| known.algorithm);
    // Of the two that Google takes, that which every object of its has.
    found.or((name == GOOGLE_HASH).then_some(Algorithm::Crc32c)).into_iter().collect()
}

/// The value to send under such a name.
pub(super) fn value_for(name: &str, digests: &Digests) -> Option<String> {
    if name == GOOGLE_HASH {
        return digests.base64(Algorithm::Crc32c).map(|crc| format!("crc32c={crc}"));
    }
    let known = NAMES.iter().find(|known| known.name == name)?;
    let digest = digests.get(known.algorithm)?;
    Some(if known.least_byte_first { digest.reversed().base64() } else { digest.base64() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in all {
            headers.append(*name, HeaderValue::from_str(value).expect("a value"));
        }
        headers
    }

    fn found(all: &[(&'static str, &str)]) -> Vec<(&'static str, Algorithm)> {
        answered(&headers(all)).iter().map(|written| (written.name, written.algorithm)).collect()
    }

    #[test]
    fn answers_of_three_clouds_are_read() {
        use Algorithm as A;
        // Amazon's of an object, and of one that was put together of parts.
        let crc = ("x-amz-checksum-crc64nvme", "tEY4O+wNv1A=");
        assert_eq!(found(&[crc, ("x-amz-checksum-type", "FULL_OBJECT")]), [(crc.0, A::Crc64Nvme)]);
        assert!(found(&[crc, ("x-amz-checksum-type", "COMPOSITE")]).is_empty());
        assert!(found(&[("x-amz-checksum-crc32c", "WZm2cQ==-2")]).is_empty());
        // Google writes two headers of one name, or one with both.
        let crc = ("x-goog-hash", A::Crc32c);
        let md5 = ("x-goog-hash", A::Md5);
        let both = "crc32c=WZm2cQ==,md5=5yK7sMMYXQjxoxVn5mqCWw==";
        assert_eq!(found(&[("x-goog-hash", both)]), [crc, md5]);
        let (one, other) = both.split_once(',').expect("two");
        assert_eq!(found(&[("x-goog-hash", one), ("x-goog-hash", other)]), [crc, md5]);
        assert!(found(&[("x-goog-hash", "crc32c=,sha256=AAAA,md5")]).is_empty());
    }

    #[test]
    fn azures_crc_is_the_other_way_round() {
        // What Azure answered when its SDK for JavaScript uploaded "Hello World".
        let answer = headers(&[("x-ms-content-crc64", "YeJLfssylmU=")]);
        let crc64 = AlgorithmSet::of(Algorithm::Crc64Nvme);
        let ours = Digests::of(crc64, b"Hello World");
        assert_eq!(answered(&answer)[0].value, *ours.get(Algorithm::Crc64Nvme).expect("asked for"));
        assert_eq!(value_for("x-ms-content-crc64", &ours).as_deref(), Some("YeJLfssylmU="));
    }

    #[test]
    fn a_demanded_checksum_is_written_as_its_dialect_reads_it() {
        for name in demandable() {
            let digests = Digests::of(wanted_by(name), b"abc");
            let value = value_for(name, &digests).unwrap_or_else(|| panic!("{name}"));
            let read = written(|asked| (asked == name).then(|| value.clone()).into_iter().collect());
            assert_eq!(read.len(), 1, "{name}: {value}");
            assert_eq!(digests.get(read[0].algorithm), Some(&read[0].value), "{name}");
        }
        let crc32c = Digests::of(AlgorithmSet::of(Algorithm::Crc32c), b"abc");
        assert_eq!(value_for("x-goog-hash", &crc32c).as_deref(), Some("crc32c=Nks/tw=="));
        assert_eq!(value_for("x-amz-checksum-sha256", &crc32c), None);
    }
}

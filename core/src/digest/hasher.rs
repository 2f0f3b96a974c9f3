//! Digests being computed.

use aws_lc_rs::digest::{Context as Sha, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use crc_fast::{CrcAlgorithm, Digest as Crc};
use md5::{Digest as _, Md5};

use super::algorithm::{Algorithm, AlgorithmSet};
use super::value::{Digest, Digests};

/// Digests being computed.
pub(crate) struct Hasher(Vec<(Algorithm, HashState)>);

#[expect(
    clippy::large_enum_variant,
    reason = "most are CRCs, and a box for each would be an allocation more"
)]
enum HashState {
    Crc(Crc),
    Md5(Md5),
    Sha(Sha),
}

impl Hasher {
    pub(crate) fn new(algorithms: AlgorithmSet) -> Self {
        Self(algorithms.iter().map(|algorithm| (algorithm, HashState::new(algorithm))).collect())
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        for (_, state) in &mut self.0 {
            match state {
                HashState::Crc(crc) => crc.update(bytes),
                HashState::Md5(md5) => md5.update(bytes),
                HashState::Sha(sha) => sha.update(bytes),
            }
        }
    }

    pub(crate) fn finish(self) -> Digests {
        let mut digests = Digests::default();
        for (algorithm, state) in self.0 {
            digests.add(algorithm, state.finish(algorithm));
        }
        digests
    }
}

impl HashState {
    fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Crc32 => Self::Crc(Crc::new(CrcAlgorithm::Crc32IsoHdlc)),
            Algorithm::Crc32c => Self::Crc(Crc::new(CrcAlgorithm::Crc32Iscsi)),
            Algorithm::Crc64Nvme => Self::Crc(Crc::new(CrcAlgorithm::Crc64Nvme)),
            Algorithm::Md5 => Self::Md5(Md5::new()),
            Algorithm::Sha1 => Self::Sha(Sha::new(&SHA1_FOR_LEGACY_USE_ONLY)),
            Algorithm::Sha256 => Self::Sha(Sha::new(&SHA256)),
        }
    }

    fn finish(self, algorithm: Algorithm) -> Digest {
        match self {
            // A CRC is written as a number is: its most significant byte first.
            Self::Crc(crc) => Digest::new(&crc.finalize().to_be_bytes()[8 - algorithm.len()..]),
            Self::Md5(md5) => Digest::new(md5.finalize().as_slice()),
            Self::Sha(sha) => Digest::new(sha.finish().as_ref()),
        }
    }
}

/// The digests of a few bytes, or of none.
impl Digests {
    pub(crate) fn of(algorithms: AlgorithmSet, bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new(algorithms);
        hasher.update(bytes);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::{crc64_of_parts, md5_of_md5s, same_sha256, sha256};

    #[test]
    fn a_digest_is_recognised_as_hex_and_as_base64() {
        let digest = sha256(b"abc");
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest.hex(), hex);
        let decoded = |text: &str| Digest::decode(Algorithm::Sha256, text);
        assert_eq!(decoded(&hex.to_uppercase()), Some(digest));
        assert_eq!(decoded("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="), Some(digest));
        assert_ne!(decoded(&"0".repeat(64)), Some(digest));
        assert_eq!(decoded("crc32:abc"), None);
        assert_eq!(same_sha256(hex, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="), Some(true));
        assert_eq!(same_sha256(hex, "not a digest"), None);
        assert_eq!(Digest::decode(Algorithm::Crc32, "1B2M2Y8AsgTpgAmY7PhCfg=="), None, "another length");
    }

    #[test]
    fn digests_are_those_of_other_programs() {
        use Algorithm as A;
        // Of nothing, as the AWS SDKs sign it. Of "abc" by Python's zlib and hashlib, and the CRCs that those
        // do not have by boto's awscrt.
        for (kind, nothing, abc) in [
            (A::Crc32, "AAAAAA==", "NSRBwg=="),
            (A::Crc32c, "AAAAAA==", "Nks/tw=="),
            (A::Crc64Nvme, "AAAAAAAAAAA=", "BeXKuz/B+us="),
            (A::Md5, "1B2M2Y8AsgTpgAmY7PhCfg==", "kAFQmDzST7DWlj99KOF/cg=="),
            (A::Sha1, "2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="),
            (
                A::Sha256,
                "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
            ),
        ] {
            let only = AlgorithmSet::of(kind);
            assert_eq!(Digests::of(only, b"").base64(kind).as_deref(), Some(nothing), "{}", kind.name());
            let mut hasher = Hasher::new(only);
            hasher.update(b"ab");
            hasher.update(b"c");
            let digests = hasher.finish();
            assert_eq!(digests.base64(kind).as_deref(), Some(abc), "{}", kind.name());
            assert_eq!(digests.kinds(), only);
            assert_eq!(Algorithm::of_key(kind.key()), Some(kind));
        }
    }

    #[test]
    fn a_crc_of_pieces_is_that_of_the_whole() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|i| (i * 7) as u8).collect();
        let crc = |bytes: &[u8]| {
            Digests::of(AlgorithmSet::of(Algorithm::Crc64Nvme), bytes).base64(Algorithm::Crc64Nvme)
        };
        for size in [1, 999, 33_333, 100_000] {
            let parts: Vec<_> = bytes.chunks(size).map(|part| (part.len() as u64, crc(part))).collect();
            let whole = crc64_of_parts(parts.iter().map(|(len, crc)| (*len, crc.as_deref())));
            assert_eq!(whole, crc(&bytes));
        }
        assert_eq!(crc64_of_parts([(1, Some("AAAA"))].into_iter()), None);
        assert_eq!(crc64_of_parts([(1, None)].into_iter()), None);
        assert_eq!(md5_of_md5s(["abc"].into_iter()), None);
    }
}

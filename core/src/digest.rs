//! Digests of bytes in flight. Hashing costs more CPU than the upload itself (about 1 s per GiB for
//! SHA-256, 2.3 s for MD5), so anything large is hashed on a thread of its own while the sending
//! thread goes on; small bodies are not worth a thread.

use std::fmt::Write as _;
use std::sync::Arc;
use std::task::{Context, Poll};

use aws_lc_rs::digest::{Context as Sha, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use md5::{Digest as _, Md5};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::PollSender;

/// Above this a thread pays for itself.
const INLINE_LIMIT: u64 = 1024 * 1024;
/// Chunks that may wait for the hashing thread.
const QUEUED_CHUNKS: usize = 4;

/// A choice of digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Md5,
    Sha256,
    Both,
}

/// Those that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Digests {
    pub(crate) md5: Option<Digest>,
    pub(crate) sha256: Option<Digest>,
}

/// A finished digest.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Digest(Arc<[u8]>);

impl Digest {
    pub(crate) fn hex(&self) -> String {
        self.0.iter().fold(String::new(), |mut out, byte| {
            // Writing to a String cannot fail.
            let _ = write!(out, "{byte:02x}");
            out
        })
    }

    /// Whether `text` is this digest, as hex or as standard base64; `None` if it is neither.
    pub(crate) fn equals_text(&self, text: &str) -> Option<bool> {
        Some(decode(text, self.0.len())? == *self.0)
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.hex())
    }
}

/// Whether two texts, each hex or base64, are one SHA-256; `None` if either is neither.
pub(crate) fn same_sha256(one: &str, other: &str) -> Option<bool> {
    Some(decode(one, SHA256.output_len())? == decode(other, SHA256.output_len())?)
}

fn decode(text: &str, len: usize) -> Option<Vec<u8>> {
    let text = text.trim();
    if text.len() == len * 2 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        let pairs = text.as_bytes().chunks(2);
        return pairs.map(|p| u8::from_str_radix(std::str::from_utf8(p).ok()?, 16).ok()).collect();
    }
    STANDARD.decode(text).ok().filter(|bytes| bytes.len() == len)
}

/// Digests being computed.
pub(crate) struct Hasher {
    md5: Option<Md5>,
    sha256: Option<Sha>,
}

impl Hasher {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        let (md5, sha256) = match algorithm {
            Algorithm::Md5 => (true, false),
            Algorithm::Sha256 => (false, true),
            Algorithm::Both => (true, true),
        };
        Self { md5: md5.then(Md5::new), sha256: sha256.then(|| Sha::new(&SHA256)) }
    }
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
    }
    pub(crate) fn finish(self) -> Digests {
        Digests {
            md5: self.md5.map(|md5| Digest(md5.finalize().as_slice().into())),
            sha256: self.sha256.map(|sha| Digest(sha.finish().as_ref().into())),
        }
    }
}

/// The digests that a ticket may hold storage to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checksum {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Md5,
    Sha1,
    Sha256,
}

impl Checksum {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC-32",
            Self::Crc32c => "CRC-32C",
            Self::Crc64Nvme => "CRC-64/NVME",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
        }
    }

    /// That of no bytes at all.
    fn of_empty(self) -> Vec<u8> {
        match self {
            // A CRC of these kinds is 0 then.
            Self::Crc32 | Self::Crc32c => vec![0; 4],
            Self::Crc64Nvme => vec![0; 8],
            Self::Md5 | Self::Sha1 | Self::Sha256 => {
                self.hasher().map(ChecksumHasher::finish).unwrap_or_default()
            }
        }
    }

    /// The bytes of one that was written as base64 or hex; `None` if `text` is neither, or of another length.
    pub(crate) fn decode(self, text: &str) -> Option<Vec<u8>> {
        decode(text, self.of_empty().len())
    }

    /// Whether `value` is that of no bytes at all.
    pub(crate) fn is_of_empty(self, value: &[u8]) -> bool {
        self.of_empty() == value
    }

    /// Computes it; `None` for the kinds that this library has no code for.
    pub(crate) fn hasher(self) -> Option<ChecksumHasher> {
        match self {
            Self::Crc32 => Some(ChecksumHasher::Crc32(crc32fast::Hasher::new())),
            Self::Crc32c | Self::Crc64Nvme => None,
            Self::Md5 => Some(ChecksumHasher::Md5(Md5::new())),
            Self::Sha1 => Some(ChecksumHasher::Sha(Sha::new(&SHA1_FOR_LEGACY_USE_ONLY))),
            Self::Sha256 => Some(ChecksumHasher::Sha(Sha::new(&SHA256))),
        }
    }
}

/// A [`Checksum`] being computed.
pub(crate) enum ChecksumHasher {
    Crc32(crc32fast::Hasher),
    Md5(Md5),
    Sha(Sha),
}

impl ChecksumHasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc32(crc) => crc.update(bytes),
            Self::Md5(md5) => md5.update(bytes),
            Self::Sha(sha) => sha.update(bytes),
        }
    }

    /// In the order of bytes in which it is written as base64.
    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Self::Crc32(crc) => crc.finalize().to_be_bytes().to_vec(),
            Self::Md5(md5) => md5.finalize().as_slice().to_vec(),
            Self::Sha(sha) => sha.finish().as_ref().to_vec(),
        }
    }
}

/// MD5, in hex, of MD5s in hex one after the other; `None` if one of them is none.
pub(crate) fn md5_of_md5s<'a>(all: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut md5 = Md5::new();
    for one in all {
        md5.update(decode(one, 16).filter(|_| one.len() == 32)?);
    }
    Some(Digest(md5.finalize().as_slice().into()).hex())
}

/// SHA-256 of a few bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Digest(aws_lc_rs::digest::digest(&SHA256, bytes).as_ref().into())
}

/// Listens to the chunks of one body.
pub(crate) enum DigestTap {
    Inline(Hasher, oneshot::Sender<Digests>),
    Thread(PollSender<Bytes>),
}

/// Where the digest arrives.
pub(crate) struct PendingDigests(oneshot::Receiver<Digests>);

impl PendingDigests {
    /// The digests of a body that was read to its end. Of one that was not, they are of what was read, or
    /// none: ask only after a success.
    pub(crate) async fn digests(self) -> Digests {
        self.0.await.unwrap_or_default()
    }
}

impl DigestTap {
    /// A tap for a body of `len` bytes.
    pub(crate) fn new(algorithm: Algorithm, len: u64) -> (Self, PendingDigests) {
        if len <= INLINE_LIMIT {
            return Self::inline(algorithm);
        }
        let (result, arriving) = oneshot::channel();
        let (sender, mut chunks) = mpsc::channel::<Bytes>(QUEUED_CHUNKS);
        let hash = move || {
            let mut hasher = Hasher::new(algorithm);
            while let Some(chunk) = chunks.blocking_recv() {
                hasher.update(&chunk);
            }
            // Nobody may be waiting any more.
            let _ = result.send(hasher.finish());
        };
        match std::thread::Builder::new().name("dropoff-hash".to_owned()).spawn(hash) {
            Ok(_) => (Self::Thread(PollSender::new(sender)), PendingDigests(arriving)),
            // Slower, and as right.
            Err(_) => Self::inline(algorithm),
        }
    }

    fn inline(algorithm: Algorithm) -> (Self, PendingDigests) {
        let (result, arriving) = oneshot::channel();
        (Self::Inline(Hasher::new(algorithm), result), PendingDigests(arriving))
    }

    /// Ready when the next chunk may be fed.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Inline(..) => Poll::Ready(()),
            Self::Thread(sender) => sender.poll_reserve(cx).map(drop),
        }
    }

    pub(crate) fn feed(&mut self, chunk: &Bytes) {
        match self {
            Self::Inline(hasher, _) => hasher.update(chunk),
            // Fails only if the thread is gone, and then no digest arrives either.
            Self::Thread(sender) => drop(sender.send_item(chunk.clone())),
        }
    }

    /// The body is at its end.
    pub(crate) fn finish(self) {
        if let Self::Inline(hasher, result) = self {
            let _ = result.send(hasher.finish());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_recognised_as_hex_and_as_base64() {
        let mut hasher = Hasher::new(Algorithm::Both);
        hasher.update(b"abc");
        let both = hasher.finish();
        assert_eq!(both.md5.expect("asked for").hex(), "900150983cd24fb0d6963f7d28e17f72");
        let digest = both.sha256.expect("asked for");
        assert_eq!(digest, sha256(b"abc"));
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest.hex(), hex);
        assert_eq!(digest.equals_text(&hex.to_uppercase()), Some(true));
        assert_eq!(digest.equals_text("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="), Some(true));
        assert_eq!(digest.equals_text(&"0".repeat(64)), Some(false));
        assert_eq!(digest.equals_text("crc32:abc"), None);
        assert_eq!(same_sha256(hex, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="), Some(true));
        assert_eq!(same_sha256(hex, "not a digest"), None);
    }

    #[test]
    fn checksums_are_those_of_other_programs() {
        use Checksum as C;
        // Of nothing, as the AWS SDKs sign it; of "abc", by Python's zlib and hashlib.
        for (kind, nothing, abc) in [
            (C::Crc32, "AAAAAA==", Some("NSRBwg==")),
            (C::Crc32c, "AAAAAA==", None),
            (C::Crc64Nvme, "AAAAAAAAAAA=", None),
            (C::Md5, "1B2M2Y8AsgTpgAmY7PhCfg==", Some("kAFQmDzST7DWlj99KOF/cg==")),
            (C::Sha1, "2jmj7l5rSw0yVb/vlWAYkK/YBwk=", Some("qZk+NkcGgWq6PiVxeFDCbJzQ2J0=")),
            (
                C::Sha256,
                "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                Some("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
            ),
        ] {
            assert!(kind.is_of_empty(&kind.decode(nothing).expect("its length")), "{}", kind.name());
            let computed = kind.hasher().map(|mut hasher| {
                hasher.update(b"ab");
                hasher.update(b"c");
                hasher.finish()
            });
            assert_eq!(computed, abc.map(|text| kind.decode(text).expect("its length")));
        }
        assert_eq!(C::Crc32.decode("1B2M2Y8AsgTpgAmY7PhCfg=="), None);
    }
}

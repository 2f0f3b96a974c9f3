//! Finished digests, as bytes and as text.

use std::fmt::Write as _;

use aws_lc_rs::digest::SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::{CrcAlgorithm, checksum_combine};
use md5::{Digest as _, Md5};

use super::algorithm::{Algorithm, AlgorithmSet};

/// A finished digest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digest {
    /// Zeros behind the end, so that equal ones are equal.
    bytes: [u8; 32],
    len: u8,
}

impl Digest {
    /// In the order in which it is written. None has more bytes than there is room for.
    pub(super) fn new(given: &[u8]) -> Self {
        let len = given.len().min(32);
        let mut bytes = [0; 32];
        bytes[..len].copy_from_slice(&given[..len]);
        Self { bytes, len: len as u8 }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    pub(crate) fn hex(&self) -> String {
        self.bytes().iter().fold(String::new(), |mut out, byte| {
            // Writing to a String cannot fail.
            let _ = write!(out, "{byte:02x}");
            out
        })
    }

    pub(crate) fn base64(&self) -> String {
        STANDARD.encode(self.bytes())
    }

    /// The same with its last byte first: some write a number the other way round.
    pub(crate) fn reversed(&self) -> Self {
        let mut bytes = self.bytes().to_vec();
        bytes.reverse();
        Self::new(&bytes)
    }

    /// One that was written as hex or as standard base64; `None` if `text` is neither, or of another length.
    pub(crate) fn decode(algorithm: Algorithm, text: &str) -> Option<Self> {
        decode(text, algorithm.len()).map(|bytes| Self::new(&bytes))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.hex())
    }
}

/// The digests of one body, as far as they are known. No more than six, and mostly one or none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Digests(Vec<(Algorithm, Digest)>);

impl Digests {
    pub(crate) fn get(&self, algorithm: Algorithm) -> Option<&Digest> {
        self.0.iter().find(|(known, _)| *known == algorithm).map(|(_, digest)| digest)
    }
    /// Adds one, unless there is one of its kind.
    pub(crate) fn add(&mut self, algorithm: Algorithm, digest: Digest) {
        if self.get(algorithm).is_none() {
            self.0.push((algorithm, digest));
        }
    }
    /// Adds those of other kinds.
    pub(crate) fn complete_with(&mut self, other: &Self) {
        other.0.iter().for_each(|(algorithm, digest)| self.add(*algorithm, *digest));
    }
    pub(crate) fn kinds(&self) -> AlgorithmSet {
        self.0.iter().map(|(algorithm, _)| *algorithm).collect()
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// As results have it.
    pub(crate) fn hex(&self, algorithm: Algorithm) -> Option<String> {
        self.get(algorithm).map(Digest::hex)
    }
    /// As results have a CRC: in base64, which is how S3 reads it.
    pub(crate) fn base64(&self, algorithm: Algorithm) -> Option<String> {
        self.get(algorithm).map(Digest::base64)
    }
    /// Those that a result tells.
    pub(crate) fn of_result(md5: Option<&str>, sha256: Option<&str>, crc64: Option<&str>) -> Self {
        let told =
            [(Algorithm::Md5, md5), (Algorithm::Sha256, sha256), (Algorithm::Crc64Nvme, crc64)].into_iter();
        Self(told.filter_map(|(kind, text)| Some((kind, Digest::decode(kind, text?)?))).collect())
    }
    /// The strongest of them.
    pub(crate) fn strongest(&self) -> Option<(Algorithm, &Digest)> {
        let each = self.0.iter().map(|(algorithm, digest)| (*algorithm, digest));
        each.max_by_key(|(algorithm, _)| algorithm.strength())
    }
}

fn decode(text: &str, len: usize) -> Option<Vec<u8>> {
    let text = text.trim();
    if text.len() == len * 2 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        let pairs = text.as_bytes().chunks(2);
        return pairs.map(|p| u8::from_str_radix(std::str::from_utf8(p).ok()?, 16).ok()).collect();
    }
    STANDARD.decode(text).ok().filter(|bytes| bytes.len() == len)
}

/// Whether two texts, each hex or base64, are one SHA-256; `None` if either is neither.
pub(crate) fn same_sha256(one: &str, other: &str) -> Option<bool> {
    let decoded = |text| Digest::decode(Algorithm::Sha256, text);
    Some(decoded(one)? == decoded(other)?)
}

/// MD5, in hex, of MD5s in hex one after the other; `None` if one of them is none.
pub(crate) fn md5_of_md5s<'a>(all: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut md5 = Md5::new();
    for one in all {
        md5.update(decode(one, 16).filter(|_| one.len() == 32)?);
    }
    Some(Digest::new(md5.finalize().as_slice()).hex())
}

/// CRC-64/NVME, in base64, of bytes whose pieces have these lengths and these, in base64; `None` if one of
/// them is none.
pub(crate) fn crc64_of_parts<'a>(all: impl Iterator<Item = (u64, Option<&'a str>)>) -> Option<String> {
    let mut whole = 0;
    for (len, one) in all {
        let one: [u8; 8] = decode(one?, 8)?.try_into().ok()?;
        whole = checksum_combine(CrcAlgorithm::Crc64Nvme, whole, u64::from_be_bytes(one), len);
    }
    Some(STANDARD.encode(whole.to_be_bytes()))
}

/// SHA-256 of a few bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Digest::new(aws_lc_rs::digest::digest(&SHA256, bytes).as_ref())
}

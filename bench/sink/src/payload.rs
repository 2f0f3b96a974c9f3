//! A body that is looked at: its length, its CRCs, and whether they are those that came with it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crc_fast::{CrcAlgorithm, Digest};

use crate::aws_chunked::{AwsChunked, Malformed};
use crate::counts::Counts;
use crate::head::Head;
use crate::incoming::Body;

/// The headers, or trailers, that claim a CRC.
const CLAIMS: [(&str, CrcAlgorithm); 4] = [
    (CRC64NVME, CrcAlgorithm::Crc64Nvme),
    ("x-amz-checksum-crc32", CrcAlgorithm::Crc32IsoHdlc),
    ("x-amz-checksum-crc32c", CrcAlgorithm::Crc32Iscsi),
    (AZURE_CRC64, CrcAlgorithm::Crc64Nvme),
];
pub(crate) const CRC64NVME: &str = "x-amz-checksum-crc64nvme";
/// The same CRC, its least significant byte first.
pub(crate) const AZURE_CRC64: &str = "x-ms-content-crc64";

/// The most that is kept of a body: lists of parts and of blocks.
const MOST_KEPT: usize = 8 << 20;

/// A body as it comes.
pub(crate) struct Payload<'a> {
    counts: &'a Counts,
    coding: Option<AwsChunked>,
    inside: Inside,
    malformed: bool,
}

struct Inside {
    length: u64,
    crc64: Digest,
    /// Another CRC that is claimed, or will be by a trailer.
    other: Option<(&'static str, CrcAlgorithm, Digest)>,
    kept: Option<Vec<u8>>,
}

/// A body that has come.
pub(crate) struct Content {
    pub(crate) length: u64,
    pub(crate) crc64: u64,
    /// The header that claimed another CRC, and that CRC as it is.
    pub(crate) other: Option<(&'static str, String)>,
    /// Whether a CRC was claimed at all.
    pub(crate) was_checked: bool,
    pub(crate) kept: Vec<u8>,
}

/// Why a body is not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Bad {
    Malformed,
    /// A CRC is not what was claimed.
    Digest,
}

impl<'a> Payload<'a> {
    /// The body behind this head. It is kept if it says something.
    pub(crate) fn new(head: &Head, keeps: bool, counts: &'a Counts) -> Self {
        let is_coded = head.header("content-encoding").is_some_and(|coding| coding.contains("aws-chunked"));
        let trailer = head.header("x-amz-trailer").map(str::to_ascii_lowercase);
        let claimed = CLAIMS.into_iter().find(|(name, algorithm)| {
            *algorithm != CrcAlgorithm::Crc64Nvme
                && (head.header(name).is_some() || trailer.as_deref() == Some(*name))
        });
        let inside = Inside {
            length: 0,
            crc64: Digest::new(CrcAlgorithm::Crc64Nvme),
            other: claimed.map(|(name, algorithm)| (name, algorithm, Digest::new(algorithm))),
            kept: keeps.then(Vec::new),
        };
        Self { counts, coding: is_coded.then(AwsChunked::default), inside, malformed: false }
    }

    /// What it was, if it was what it was said to be.
    pub(crate) fn end(self, head: &Head) -> Result<Content, Bad> {
        let trailers = self.coding.map_or_else(|| Ok(Vec::new()), AwsChunked::end);
        let trailers = trailers.ok().filter(|_| !self.malformed).ok_or(Bad::Malformed)?;
        let Inside { length, crc64, other, kept } = self.inside;
        if let Some(decoded) = head.header("x-amz-decoded-content-length")
            && decoded.parse() != Ok(length)
        {
            return Err(Bad::Malformed);
        }
        let crc64 = crc64.finalize();
        let other = other.map(|(name, _, digest)| (name, four_bytes(digest.finalize())));
        let mut was_checked = false;
        for (name, _) in CLAIMS {
            let trailer = trailers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
            let Some(claimed) = head.header(name).or(trailer) else { continue };
            let ours = match name {
                CRC64NVME => eight_bytes(crc64),
                AZURE_CRC64 => eight_bytes(crc64.swap_bytes()),
                _ => other.clone().filter(|(own, _)| *own == name).ok_or(Bad::Malformed)?.1,
            };
            if claimed != ours {
                return Err(Bad::Digest);
            }
            was_checked = true;
        }
        Ok(Content { length, crc64, other, was_checked, kept: kept.unwrap_or_default() })
    }
}

impl Body for Payload<'_> {
    fn looks(&self) -> bool {
        true
    }

    fn shown(&mut self, bytes: &[u8]) {
        let (inside, counts) = (&mut self.inside, self.counts);
        match &mut self.coding {
            None => inside.add(bytes, counts),
            Some(coding) => {
                let read = coding.push(bytes, &mut |bytes| inside.add(bytes, counts));
                self.malformed |= read == Err(Malformed);
            }
        }
    }

    fn dropped(&mut self, _bytes: u64) {}
}

impl Inside {
    fn add(&mut self, bytes: &[u8], counts: &Counts) {
        self.length += bytes.len() as u64;
        self.crc64.update(bytes);
        if let Some((_, _, digest)) = &mut self.other {
            digest.update(bytes);
        }
        match &mut self.kept {
            Some(kept) => kept.extend_from_slice(&bytes[..bytes.len().min(MOST_KEPT - kept.len())]),
            // What says something is no part of what is stored.
            None => counts.body(bytes.len() as u64),
        }
    }
}

/// As S3 writes it.
pub(crate) fn eight_bytes(crc: u64) -> String {
    BASE64.encode(crc.to_be_bytes())
}

fn four_bytes(crc: u64) -> String {
    BASE64.encode(&crc.to_be_bytes()[4..])
}

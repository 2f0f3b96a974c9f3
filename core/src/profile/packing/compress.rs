//! One file's bytes, made smaller if that is worth it. The same bytes always give the same result, on any
//! machine and with any number of threads.
//!
//! A file goes through libdeflate in one piece, which at level 3 is as small as zlib's level 6 (within one
//! percent of the tree in tests/profiles; level 1 misses it by 1.6) at a quarter of its time. It wants all of
//! it in memory, so a larger file goes through zlib in pieces that are compressed side by side, each with
//! what came before it as its dictionary.

use flate2::{Compress, Compression, FlushCompress};
use libdeflater::{CompressionLvl, Compressor};

use crate::error::{Error, Result};

/// Larger files are compressed in pieces.
pub(super) const MAX_WHOLE_FILE: u64 = 16 << 20;
pub(super) const PIECE_LEN: u64 = 1 << 20;
/// How far deflate looks back (RFC 1951).
pub(super) const DEFLATE_WINDOW: u64 = 32 << 10;

/// The length of each of two samples of a file that may not be worth compressing. Caches are mostly files of
/// 20 to 150 KB.
pub(super) const fn sample_len(len: usize) -> usize {
    if len > 256 << 10 { 16 << 10 } else { 4 << 10 }
}
/// Samples of a shorter file tell no more than trying does.
const SMALLEST_SAMPLED: usize = 32 << 10;
/// Less gain than this is not worth the time, here and where the archive is unpacked.
const MIN_GAIN_PERCENT: usize = 5;

const LIBDEFLATE_LEVEL: i32 = 3;
const ZLIB_LEVEL: u32 = 5;

pub(super) struct FileCompressor(Compressor);

impl FileCompressor {
    pub(super) fn new() -> Result<Self> {
        let level = CompressionLvl::new(LIBDEFLATE_LEVEL)
            .map_err(|_| Error::internal("a compression level is unknown"))?;
        Ok(Self(Compressor::new(level)))
    }

    /// A whole file. `None`: it is to be stored as it is.
    pub(super) fn whole(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        if bytes.len() > SMALLEST_SAMPLED && !self.is_worth_it(&samples(bytes)) {
            return None;
        }
        let mut packed = vec![0; bytes.len().checked_sub(1)?];
        let len = self.0.deflate_compress(bytes, &mut packed).ok()?;
        packed.truncate(len);
        // The queue counts the memory that results hold.
        packed.shrink_to_fit();
        Some(packed)
    }

    /// Whether compressing is likely to help with a file of which these are samples.
    pub(super) fn is_worth_it(&mut self, samples: &[&[u8]]) -> bool {
        let total: usize = samples.iter().map(|sample| sample.len()).sum();
        let mut scratch = vec![0; samples.iter().map(|sample| sample.len()).max().unwrap_or(0) + 1024];
        let mut packed =
            |sample: &&[u8]| self.0.deflate_compress(sample, &mut scratch).unwrap_or(sample.len());
        let packed: usize = samples.iter().map(&mut packed).sum();
        packed * 100 <= total * (100 - MIN_GAIN_PERCENT)
    }
}

/// From a third and from two thirds of it: the beginning of a file is often not like the rest.
fn samples(bytes: &[u8]) -> [&[u8]; 2] {
    let [one, two] = sample_places(bytes.len());
    let len = sample_len(bytes.len());
    [&bytes[one..one + len], &bytes[two..two + len]]
}

/// Where the samples of a file of this length are.
pub(super) fn sample_places(len: usize) -> [usize; 2] {
    [len / 3, len / 3 * 2].map(|at| at.min(len - sample_len(len)))
}

/// A piece of a file; `before` is what came before it, up to [`WINDOW`].
pub(super) fn piece(before: &[u8], bytes: &[u8], is_last: bool) -> Result<Vec<u8>> {
    let failed = || Error::internal("compressing failed");
    let mut zlib = Compress::new(Compression::new(ZLIB_LEVEL), false);
    if !before.is_empty() {
        zlib.set_dictionary(before).map_err(|_| failed())?;
    }
    // Ends at a whole byte, so that the next piece can follow (RFC 1951, a stored block of no bytes).
    let flush = if is_last { FlushCompress::Finish } else { FlushCompress::Sync };
    let mut packed = Vec::with_capacity(bytes.len() + bytes.len() / 1000 + 1024);
    zlib.compress_vec(bytes, &mut packed, flush).map_err(|_| failed())?;
    if zlib.total_in() != bytes.len() as u64 || packed.len() == packed.capacity() {
        return Err(failed());
    }
    packed.shrink_to_fit();
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    fn text(len: usize) -> Vec<u8> {
        (0..)
            .flat_map(|n: u32| {
                format!("row {} of a table, {}\n", n, n.wrapping_mul(2_654_435_761)).into_bytes()
            })
            .take(len)
            .collect()
    }

    fn noise(len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        fastrand::Rng::with_seed(7).fill(&mut bytes);
        bytes
    }

    fn unpacked(packed: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        flate2::read::DeflateDecoder::new(packed).read_to_end(&mut bytes).expect("deflated");
        bytes
    }

    #[test]
    fn text_gets_smaller_and_noise_is_stored() {
        let mut compressor = FileCompressor::new().expect("a packer");
        for len in [0, 1, 5] {
            assert_eq!(compressor.whole(&noise(len)), None, "{len}");
        }
        for len in [100_000, 1_000_000] {
            assert_eq!(compressor.whole(&noise(len)), None, "{len}");
            let packed = compressor.whole(&text(len)).expect("worth it");
            assert!(packed.len() < len / 2);
            assert_eq!(unpacked(&packed), text(len));
        }
        // A file whose samples promise nothing is not tried, one that is hardly longer than they are is.
        let mut mixed = noise(SMALLEST_SAMPLED);
        mixed[..SMALLEST_SAMPLED / 4].fill(0);
        assert!(compressor.whole(&mixed).is_some());
    }

    #[test]
    fn pieces_are_one_stream_and_look_back() {
        let bytes = text(300_000);
        let cuts = [0_usize, 100_000, 100_001, 250_000, 300_000];
        let mut packed = Vec::new();
        for (at, ends) in cuts.windows(2).enumerate() {
            let before = &bytes[ends[0].saturating_sub(32 << 10)..ends[0]];
            packed.extend(piece(before, &bytes[ends[0]..ends[1]], at == cuts.len() - 2).expect("packed"));
        }
        assert_eq!(unpacked(&packed), bytes);
        let half = noise(20_000);
        let twice = piece(&half, &half, true).expect("packed");
        assert!(twice.len() < 2000, "the second half is the first again: {}", twice.len());
        assert_eq!(unpacked(&piece(b"", b"", true).expect("packed")), b"");
    }
}

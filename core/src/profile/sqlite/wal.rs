//! A database's write-ahead log: pages that were committed and are not in the database yet.

use std::collections::HashMap;

use super::{BYTES_READ, ReadAt, be};

/// The committed pages of a write-ahead log, by number: where the newest of each is.
pub(super) struct Wal<'a> {
    pub(super) read: ReadAt<'a>,
    pub(super) page_size: u64,
    pub(super) pages: HashMap<u64, u64>,
}

impl<'a> Wal<'a> {
    /// None inside for a log that has nothing in it; none at all for one that is too long.
    pub(super) fn read(read: ReadAt<'a>) -> Option<Option<Self>> {
        let mut head = [0; 32];
        let magic = |head: &[u8]| be(&head[..4]);
        if read(0, &mut head).is_none() || magic(&head) | 1 != 0x377f_0683 {
            return Some(None);
        }
        let sum = Sum { big_endian: magic(&head) & 1 == 1, halves: (0, 0) };
        let page_size = be(&head[8..12]);
        let mut sum = sum.with(&head[..24]);
        if !(512..=65536).contains(&page_size) || !page_size.is_power_of_two() || !sum.is(&head[24..32]) {
            return Some(None);
        }
        let mut wal = Self { read, page_size, pages: HashMap::new() };
        let mut uncommitted = HashMap::new();
        let mut frame = vec![0; 24 + usize::try_from(page_size).ok()?];
        let mut at = 32;
        while read(at, &mut frame).is_some() {
            sum = sum.with(&frame[..8]).with(&frame[24..]);
            // Frames of an earlier round of the log have other salts.
            if frame[8..16] != head[16..24] || !sum.is(&frame[16..24]) {
                break;
            }
            uncommitted.insert(be(&frame[..4]), at + 24);
            if be(&frame[4..8]) != 0 {
                wal.pages.extend(uncommitted.drain());
            }
            at += 24 + page_size;
            if at > BYTES_READ {
                return None;
            }
        }
        Some((!wal.pages.is_empty()).then_some(wal))
    }
}

/// The running checksum of a write-ahead log.
#[derive(Clone, Copy)]
struct Sum {
    big_endian: bool,
    halves: (u32, u32),
}

impl Sum {
    fn with(mut self, bytes: &[u8]) -> Self {
        for pair in bytes.chunks_exact(8) {
            let word = |at: usize| {
                let word = [pair[at], pair[at + 1], pair[at + 2], pair[at + 3]];
                if self.big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
            };
            let (first, second) = (word(0), word(4));
            self.halves.0 = self.halves.0.wrapping_add(first).wrapping_add(self.halves.1);
            self.halves.1 = self.halves.1.wrapping_add(second).wrapping_add(self.halves.0);
        }
        self
    }

    fn is(self, written: &[u8]) -> bool {
        be(&written[..4]) == u64::from(self.halves.0) && be(&written[4..8]) == u64::from(self.halves.1)
    }
}

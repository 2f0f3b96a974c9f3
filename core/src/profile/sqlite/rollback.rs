//! A database's rollback journal: the pages as they were before a transaction that was never finished, which
//! whoever opens the database next puts back (sqlite.org/fileformat2.html#the_rollback_journal). SQLite's
//! own treatment of a damaged journal counts, too: `pager_playback` in
//! sqlite.org/src/file/src/pager.c.

use std::collections::HashMap;

use super::{BYTES_READ, ReadAt, be};

/// A journal beside a database.
#[derive(Clone, Copy)]
pub(crate) struct Journal<'a> {
    pub(crate) read: ReadAt<'a>,
    pub(crate) len: u64,
    /// Whether there is a file of this path's name beside it.
    pub(crate) is_there: &'a dyn Fn(&[u8]) -> bool,
}

/// The pages that a journal puts back.
pub(super) struct Rollback<'a> {
    pub(super) read: ReadAt<'a>,
    pub(super) page_size: u64,
    /// How many pages there were; none, if the transaction made the database.
    pub(super) count: u64,
    /// Where each page is that was changed.
    pub(super) pages: HashMap<u64, u64>,
}

const MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
/// The header before the records of a journal, and again wherever it was written to the disk in between.
const HEAD: usize = 28;
/// The rest of the sector stays empty. Of a disk that nothing is known of.
const SECTOR: u64 = 512;
/// SQLite keeps its locks there and never a page, and a record of that number is none.
const LOCK_BYTES: u64 = 0x4000_0000;

impl<'a> Rollback<'a> {
    /// None inside for a journal that undoes nothing; none at all for one that is too long, or that will not
    /// be where the database is opened, while what it would undo was begun.
    pub(super) fn read(journal: &Journal<'a>) -> Option<Option<Self>> {
        let Some(head) = head(journal, 0, SECTOR) else { return Some(None) };
        let (sector, page_size) = (be(&head[20..24]), be(&head[24..28]));
        let fits = |size: u64, least| (least..=65536).contains(&size) && size.is_power_of_two();
        if !fits(sector, 32) || !fits(page_size, 512) {
            return Some(None);
        }
        // One transaction in several databases counts as finished once the journal of all of them is gone. It
        // has the path it had here, so elsewhere it always is.
        if let Some(of_all) = super_journal(journal) {
            return if (journal.is_there)(&of_all) { None } else { Some(None) };
        }
        let count = be(&head[16..20]);
        let mut rollback = Self { read: journal.read, page_size, count, pages: HashMap::new() };
        rollback.records(journal, sector)?;
        Some(Some(rollback))
    }

    /// Finds the records up to the first that is none. None if there are too many.
    fn records(&mut self, journal: &Journal<'_>, sector: u64) -> Option<()> {
        /// The writer does not count: all that follows are records.
        const NOT_COUNTED: u64 = 0xffff_ffff;
        let mut record = vec![0; 8 + usize::try_from(self.page_size).ok()?];
        let mut at = 0;
        while let Some(head) = head(journal, at, sector) {
            at += sector;
            let (records, nonce) = (be(&head[8..12]), be(&head[12..16]));
            let mut found = 0;
            while found < records || records == NOT_COUNTED {
                if at > BYTES_READ {
                    return None;
                }
                if (journal.read)(at, &mut record).is_none() || !self.take(&record, at, nonce) {
                    return Some(());
                }
                at += record.len() as u64;
                found += 1;
            }
            at = at.next_multiple_of(sector);
        }
        Some(())
    }

    /// Whether that is a record.
    fn take(&mut self, record: &[u8], at: u64, nonce: u64) -> bool {
        let (number, rest) = record.split_at(4);
        let (page, sum) = rest.split_at(rest.len() - 4);
        let number = be(number);
        if number == 0 || number == LOCK_BYTES / self.page_size + 1 {
            return false;
        }
        // A page that is cut off anyway.
        if number > self.count {
            return true;
        }
        // Every 200th byte, from the end; the first byte is never one.
        let sampled = page.iter().rev().skip(199).step_by(200);
        let expected = sampled.fold(nonce, |sum, byte| sum + u64::from(*byte));
        if expected & 0xffff_ffff != be(sum) {
            return false;
        }
        self.pages.insert(number, at + 4);
        true
    }
}

/// The head at a place, if one is there.
fn head(journal: &Journal<'_>, at: u64, sector: u64) -> Option<[u8; HEAD]> {
    let mut head = [0; HEAD];
    if at.checked_add(sector)? > journal.len {
        return None;
    }
    (journal.read)(at, &mut head)?;
    head.starts_with(&MAGIC).then_some(head)
}

/// The path of the journal of all databases of a transaction, which stands at the end: its length and the sum
/// of its bytes follow it.
fn super_journal(journal: &Journal<'_>) -> Option<Vec<u8>> {
    const LONGEST: u64 = 512;
    let mut end = [0; 16];
    let at = journal.len.checked_sub(16)?;
    (journal.read)(at, &mut end)?;
    let (len, sum) = (be(&end[..4]), be(&end[4..8]));
    if end[8..] != MAGIC || !(1..=LONGEST).contains(&len) {
        return None;
    }
    let mut path = vec![0; usize::try_from(len).ok()?];
    (journal.read)(at.checked_sub(len)?, &mut path)?;
    // Of bytes that have a sign on some machines and none on others.
    let with_sign = path.iter().fold(0_u32, |sum, byte| sum.wrapping_add_signed(byte.cast_signed().into()));
    let without = path.iter().fold(0_u32, |sum, byte| sum.wrapping_add(u32::from(*byte)));
    [with_sign, without].map(u64::from).contains(&sum).then_some(path)
}

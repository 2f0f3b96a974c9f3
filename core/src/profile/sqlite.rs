//! Rows of one table of an SQLite database, and of the write-ahead log beside it: a few pages of the
//! documented file format (sqlite.org/fileformat2.html), read and nothing more. What does not look right
//! tells nothing.
//!
//! SQLite itself is not linked for this. It takes locks in a database that may be in use, a second copy of it
//! in one process breaks the locks of the first (sqlite.org/howtocorrupt.html, 2.2.1), and it is a megabyte.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;

/// Reads all of the bytes at a place, or nothing.
pub(crate) type ReadAt<'a> = &'a dyn Fn(u64, &mut [u8]) -> Option<()>;

/// Bounds on what a damaged file can make us do. A browser's cookies take some megabytes.
const BYTES_READ: u64 = 32 << 20;
const MOST_ROWS: u32 = 20_000;
/// Pages that a damaged tree may name before they are read.
const MOST_WAITING: usize = 50_000;
/// The largest cookie has 4 KiB (RFC 6265bis, 5.6) and some columns more.
const LONGEST_ROW: usize = 64 << 10;
/// A cookie has some twenty.
const MOST_COLUMNS: usize = 64;

pub(crate) struct Database<'a> {
    main: ReadAt<'a>,
    wal: Option<Wal<'a>>,
    page_size: u64,
    /// Of each page; the rest is for extensions.
    usable: usize,
    user_version: u64,
    left: Cell<u64>,
}

/// A table: where its rows are, and its columns by name, in order.
pub(super) struct Table {
    root: u64,
    columns: Vec<String>,
}

impl Table {
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }
}

impl<'a> Database<'a> {
    pub(crate) fn open(main: ReadAt<'a>, log: Option<ReadAt<'a>>) -> Option<Self> {
        let wal = match log {
            Some(read) => Wal::read(read)?,
            None => None,
        };
        // A database that has just been made may be in its log altogether.
        let logged = wal.as_ref().and_then(|wal| Some((wal.read, *wal.pages.get(&1)?)));
        let (read, at) = logged.unwrap_or((main, 0));
        let mut head = [0; 100];
        read(at, &mut head)?;
        if !head.starts_with(b"SQLite format 3\0") {
            return None;
        }
        let page_size = match be(&head[16..18]) {
            1 => 65536,
            size if size >= 512 && size.is_power_of_two() => size,
            _ => return None,
        };
        if wal.as_ref().is_some_and(|wal| wal.page_size != page_size) {
            return None;
        }
        // SQLite takes one that is shorter than it says for damaged, and a browser then begins a new one.
        let (pages, says_so) = (be(&head[28..32]), head[24..28] == head[92..96]);
        if wal.is_none() && says_so && pages > 0 {
            main(pages.checked_mul(page_size)? - 1, &mut [0])?;
        }
        let usable = page_size.checked_sub(u64::from(head[20])).filter(|usable| *usable >= 480)?;
        Some(Self {
            main,
            wal,
            page_size,
            usable: usize::try_from(usable).ok()?,
            user_version: be(&head[60..64]),
            left: Cell::new(BYTES_READ),
        })
    }

    /// The number that the program which made it gave to its schema.
    pub(super) fn user_version(&self) -> u64 {
        self.user_version
    }

    /// The schema is itself a table, whose tree begins at page 1: type, name, table, root page, SQL.
    pub(super) fn table(&self, name: &str) -> Option<Table> {
        let mut found = None;
        self.tree(1, |record| {
            let is_it = record.bytes(0) == Some(b"table") && record.bytes(1) == Some(name.as_bytes());
            if is_it && let (Some(root), Some(sql)) = (record.bytes(3), record.bytes(4)) {
                let sql = String::from_utf8_lossy(sql);
                let columns = sql.split_once('(').map_or("", |(_, columns)| columns);
                let name = |column: &str| {
                    let name = column.split_whitespace().next().unwrap_or_default();
                    name.trim_matches(['"', '`', '[', ']', ')']).to_owned()
                };
                found = Some(Table { root: be(root), columns: columns.split(',').map(name).collect() });
            }
            found.is_none()
        });
        found
    }

    /// Gives all rows to `take`, until it has enough. None if some could not be read, or there are more than
    /// a browser keeps; those seen before were good.
    pub(super) fn rows(&self, table: &Table, mut take: impl FnMut(&Record<'_>)) -> Option<()> {
        let mut rows = 0;
        self.tree(table.root, |record| {
            take(record);
            rows += 1;
            rows < MOST_ROWS
        })
        .filter(|()| rows < MOST_ROWS)
    }

    fn tree(&self, root: u64, mut take: impl FnMut(&Record<'_>) -> bool) -> Option<()> {
        let mut waiting = vec![root];
        while let Some(number) = waiting.pop() {
            if waiting.len() > MOST_WAITING {
                return None;
            }
            let bytes = self.page(number)?;
            // The first page begins with the file's own head.
            let head = if number == 1 { 100 } else { 0 };
            let kind = *bytes.get(head)?;
            let cells = usize::try_from(be(bytes.get(head + 3..head + 5)?)).ok()?;
            let pointers = bytes.get(head + if kind == INNER { 12 } else { 8 }..)?.get(..2 * cells)?;
            let pointers = pointers.chunks_exact(2).map(|p| usize::try_from(be(p)).unwrap_or(usize::MAX));
            match kind {
                // Each cell begins with the page of its child; the last child stands apart.
                INNER => {
                    for at in pointers {
                        waiting.push(be(bytes.get(at..at.checked_add(4)?)?));
                    }
                    waiting.push(be(bytes.get(head + 8..head + 12)?));
                }
                LEAF => {
                    for at in pointers {
                        if !take(&self.record(bytes.get(at..)?)?) {
                            return Some(());
                        }
                    }
                }
                _ => return None,
            }
        }
        Some(())
    }

    fn page(&self, number: u64) -> Option<Vec<u8>> {
        self.left.set(self.left.get().checked_sub(self.page_size)?);
        let mut bytes = vec![0; usize::try_from(self.page_size).ok()?];
        let logged = self.wal.as_ref().and_then(|wal| Some((wal.read, *wal.pages.get(&number)?)));
        match logged {
            Some((read, at)) => read(at, &mut bytes)?,
            None => (self.main)(number.checked_sub(1)?.checked_mul(self.page_size)?, &mut bytes)?,
        }
        Some(bytes)
    }

    /// A row; what does not fit on its page goes on in a chain of others.
    fn record<'p>(&self, cell: &'p [u8]) -> Option<Record<'p>> {
        let (len, cell) = varint(cell)?;
        let (_row, cell) = varint(cell)?;
        let len = usize::try_from(len).ok()?;
        let most = self.usable - 35;
        if len <= most {
            return Record::read(Cow::Borrowed(cell.get(..len)?));
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let here = least + (len - least) % (self.usable - 4);
        let here = if here <= most { here } else { least };
        let mut bytes = cell.get(..here)?.to_vec();
        let mut next = be(cell.get(here..here + 4)?);
        let wanted = len.min(LONGEST_ROW);
        while bytes.len() < wanted {
            let page = self.page(next)?;
            next = be(&page[..4]);
            let more = (wanted - bytes.len()).min(self.usable - 4);
            bytes.extend_from_slice(&page[4..4 + more]);
        }
        Record::read(Cow::Owned(bytes))
    }
}

const INNER: u8 = 5;
const LEAF: u8 = 13;

/// The committed pages of a write-ahead log, by number: where the newest of each is.
struct Wal<'a> {
    read: ReadAt<'a>,
    page_size: u64,
    pages: HashMap<u64, u64>,
}

impl<'a> Wal<'a> {
    /// None inside for a log that has nothing in it; none at all for one that is too long.
    fn read(read: ReadAt<'a>) -> Option<Option<Self>> {
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
            // What was left of an earlier round of the log has other salts.
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

/// One row.
pub(super) struct Record<'a> {
    columns: Vec<Column>,
    bytes: Cow<'a, [u8]>,
}

struct Column {
    kind: u64,
    start: usize,
    len: usize,
}

impl<'a> Record<'a> {
    fn read(bytes: Cow<'a, [u8]>) -> Option<Self> {
        let (head_len, mut head) = varint(&bytes)?;
        let mut start = usize::try_from(head_len).ok()?;
        let mut left = start.checked_sub(bytes.len() - head.len())?;
        let mut columns = Vec::new();
        while left > 0 {
            if columns.len() == MOST_COLUMNS {
                return None;
            }
            let (kind, rest) = varint(head)?;
            left = left.checked_sub(head.len() - rest.len())?;
            head = rest;
            let len = match kind {
                0 | 8 | 9 => 0,
                1..=4 => kind,
                5 => 6,
                6 | 7 => 8,
                10 | 11 => return None,
                text_or_blob => (text_or_blob - 12) / 2,
            };
            let len = usize::try_from(len).ok()?;
            columns.push(Column { kind, start, len });
            start = start.checked_add(len)?;
        }
        Some(Self { columns, bytes })
    }

    /// A column's bytes, as they are stored.
    pub(super) fn bytes(&self, number: usize) -> Option<&[u8]> {
        let column = self.columns.get(number)?;
        self.bytes.get(column.start..column.start.checked_add(column.len)?)
    }

    /// How long a column is, whether or not all of it was read.
    pub(super) fn len(&self, number: usize) -> Option<usize> {
        self.columns.get(number).map(|column| column.len)
    }

    /// A column that is a whole number.
    pub(super) fn integer(&self, number: usize) -> Option<i64> {
        match self.columns.get(number)?.kind {
            8 => Some(0),
            9 => Some(1),
            1..=6 => {
                let bytes = self.bytes(number)?;
                let negative = bytes.first()? & 0x80 != 0;
                let start = if negative { -1 } else { 0 };
                Some(bytes.iter().fold(start, |value, byte| value << 8 | i64::from(*byte)))
            }
            _ => None,
        }
    }
}

/// A number in seven bits a byte, the last of nine in eight, and what follows it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        if at == 8 {
            return Some((value << 8 | u64::from(*byte), &bytes[9..]));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

/// A big-endian number of up to eight bytes.
fn be(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

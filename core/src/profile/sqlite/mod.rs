//! Rows of one table of an SQLite database, as they are with the write-ahead log or the rollback journal
//! beside it: a few pages of the documented file format (sqlite.org/fileformat2.html), read and nothing more.
//! A page that does not look right tells nothing.
//!
//! SQLite itself is not linked for this. It takes locks in a database that may be in use, a second copy of it
//! in one process breaks the locks of the first (sqlite.org/howtocorrupt.html, 2.2.1), and it is a megabyte.

mod record;
mod rollback;
mod wal;

use std::borrow::Cow;
use std::cell::Cell;

pub(super) use record::Record;
use record::varint;
pub(crate) use rollback::Journal;
use rollback::Rollback;
use wal::Wal;

/// Reads all of the bytes at a place, or nothing.
pub(crate) type ReadAt<'a> = &'a dyn Fn(u64, &mut [u8]) -> Option<()>;

/// Bounds on what a damaged file can make us do. A browser's cookies take some megabytes.
const BYTES_READ: u64 = 32 << 20;
const MOST_ROWS: u32 = 20_000;
/// Pages that a damaged tree may name before they are read.
const MOST_WAITING: usize = 50_000;
/// The largest cookie has 4 KiB (RFC 6265bis, 5.6) and some columns more.
const LONGEST_ROW: usize = 64 << 10;

pub(crate) struct Database<'a> {
    main: ReadAt<'a>,
    rollback: Option<Rollback<'a>>,
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
    pub(crate) fn open(
        main: ReadAt<'a>,
        log: Option<ReadAt<'a>>,
        journal: Option<Journal<'a>>,
    ) -> Option<Self> {
        let wal = match log {
            Some(read) => Wal::read(read)?,
            None => None,
        };
        // Beside an empty database it is of another one; SQLite takes one byte for none.
        let rollback = match journal.filter(|_| main(1, &mut [0]).is_some()) {
            Some(journal) => Rollback::read(&journal)?,
            None => None,
        };
        let mut head = [0; 100];
        // A database that has just been made may be in its log altogether.
        let (read, at) = place(main, rollback.as_ref(), wal.as_ref(), 1, 0)?;
        read(at, &mut head)?;
        if !head.starts_with(b"SQLite format 3\0") {
            return None;
        }
        let page_size = match be(&head[16..18]) {
            1 => 65536,
            size if size >= 512 && size.is_power_of_two() => size,
            _ => return None,
        };
        let another = |size: u64| size != page_size;
        if wal.as_ref().is_some_and(|wal| another(wal.page_size))
            || rollback.as_ref().is_some_and(|rollback| another(rollback.page_size))
        {
            return None;
        }
        // SQLite takes one that is shorter than it says for damaged, and a browser then begins a new one.
        let (pages, says_so) = (be(&head[28..32]), head[24..28] == head[92..96]);
        if wal.is_none() && says_so && pages > 0 {
            match &rollback {
                Some(rollback) if pages > rollback.count => return None,
                Some(_) => {}
                None => main(pages.checked_mul(page_size)? - 1, &mut [0])?,
            }
        }
        let usable = page_size.checked_sub(u64::from(head[20])).filter(|usable| *usable >= 480)?;
        Some(Self {
            main,
            rollback,
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
        let (read, at) = place(self.main, self.rollback.as_ref(), self.wal.as_ref(), number, self.page_size)?;
        read(at, &mut bytes)?;
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

/// Where a page is: the newest is in the log. Without one, what a transaction that was not finished had
/// changed is in the journal, and what it had added is not there. `page_size` counts but for the first.
fn place<'a>(
    main: ReadAt<'a>,
    rollback: Option<&Rollback<'a>>,
    wal: Option<&Wal<'a>>,
    number: u64,
    page_size: u64,
) -> Option<(ReadAt<'a>, u64)> {
    if let Some((wal, at)) = wal.and_then(|wal| Some((wal, wal.pages.get(&number)?))) {
        return Some((wal.read, *at));
    }
    match rollback {
        Some(rollback) if number > rollback.count => return None,
        Some(rollback) => {
            if let Some(at) = rollback.pages.get(&number) {
                return Some((rollback.read, *at));
            }
        }
        None => {}
    }
    Some((main, number.checked_sub(1)?.checked_mul(page_size)?))
}

const INNER: u8 = 5;
const LEAF: u8 = 13;

/// A big-endian number of up to eight bytes.
fn be(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

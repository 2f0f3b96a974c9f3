//! How a Chrome family's cookies are encrypted: the first three bytes of some rows of its database, and nothing else
//! of them.
//!
//! SQLite itself is not linked for this. It takes locks in a database that may be in use, a second copy of it in one
//! process breaks the locks of the first (sqlite.org/howtocorrupt.html, 2.2.1), and it is a megabyte. A few pages of
//! the documented file format (sqlite.org/fileformat2.html) are read instead; what does not look right tells nothing.

use std::collections::BTreeMap;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::open::open_plain;

/// How many rows were seen with which prefix; "plain" is a value that is not encrypted.
pub(super) type Prefixes = BTreeMap<String, u32>;

/// Enough to tell, and a bound on what a damaged file can make us do.
const ROWS: u32 = 200;
const PAGES: u32 = 64;
/// A cookie has some twenty.
const MOST_COLUMNS: usize = 64;

/// What the rows of a `Cookies` file begin with; none if it cannot be read or has no rows.
pub(super) fn prefixes(path: &Path) -> Prefixes {
    let Ok(file) = open_plain(path) else { return Prefixes::new() };
    read(|at, bytes| file.read_exact_at(bytes, at).ok()).unwrap_or_default()
}

/// Any file is read, or tells nothing.
#[cfg(any(test, fuzzing))]
pub fn exercise(data: &[u8]) {
    let from_memory = |at: u64, bytes: &mut [u8]| {
        let at = usize::try_from(at).ok()?;
        bytes.copy_from_slice(data.get(at..at.checked_add(bytes.len())?)?);
        Some(())
    };
    for (prefix, rows) in read(from_memory).unwrap_or_default() {
        assert!(rows <= ROWS && (prefix == "plain" || prefix == "other" || prefix.len() == 3), "{prefix:?}");
    }
}

fn read(read_at: impl Fn(u64, &mut [u8]) -> Option<()>) -> Option<Prefixes> {
    let mut head = [0; 100];
    read_at(0, &mut head)?;
    if !head.starts_with(b"SQLite format 3\0") {
        return None;
    }
    let page_size = match be(&head[16..18]) {
        1 => 65536,
        size if size >= 512 && size.is_power_of_two() => size,
        _ => return None,
    };
    let usable = page_size.checked_sub(u64::from(head[20])).filter(|usable| *usable >= 480)?;
    let page = |number: u64| {
        let mut bytes = vec![0; usize::try_from(page_size).ok()?];
        read_at(number.checked_sub(1)?.checked_mul(page_size)?, &mut bytes)?;
        Some(bytes)
    };
    let table = cookies_table(&Tree { page: &page, usable })?;
    let mut found = Prefixes::new();
    let mut rows = 0;
    Tree { page: &page, usable }.rows(table.root, |record| {
        rows += 1;
        let encrypted = record.column(table.encrypted_value).unwrap_or_default();
        let prefix = match encrypted {
            [b'v', a, b, ..] if a.is_ascii_digit() && b.is_ascii_digit() => {
                String::from_utf8_lossy(&encrypted[..3]).into_owned()
            }
            [] => "plain".to_owned(),
            _ => "other".to_owned(),
        };
        *found.entry(prefix).or_default() += 1;
        rows < ROWS
    });
    Some(found)
}

struct CookiesTable {
    root: u64,
    /// Which column.
    encrypted_value: usize,
}

/// The schema is itself a table, whose tree begins at page 1: type, name, table, root page, SQL.
fn cookies_table<P: Fn(u64) -> Option<Vec<u8>>>(tree: &Tree<'_, P>) -> Option<CookiesTable> {
    let mut found = None;
    let mut rows = 0;
    tree.rows(1, |record| {
        rows += 1;
        let is_it = record.column(0) == Some(b"table") && record.column(1) == Some(b"cookies");
        if is_it && let (Some(root), Some(sql)) = (record.column(3), record.column(4)) {
            let sql = String::from_utf8_lossy(sql);
            let columns = sql.split_once('(').map_or("", |(_, columns)| columns);
            let is_value = |column: &str| column.trim_start().starts_with("encrypted_value");
            found = columns
                .split(',')
                .position(is_value)
                .map(|encrypted_value| CookiesTable { root: be(root), encrypted_value });
        }
        found.is_none() && rows < ROWS
    });
    found
}

/// A table's tree of pages.
struct Tree<'a, P: Fn(u64) -> Option<Vec<u8>>> {
    page: &'a P,
    usable: u64,
}

impl<P: Fn(u64) -> Option<Vec<u8>>> Tree<'_, P> {
    /// Gives rows to `take` until it has enough; returns early at what does not look right.
    fn rows(&self, root: u64, mut take: impl FnMut(&Record<'_>) -> bool) -> Option<()> {
        let mut waiting = vec![root];
        for _ in 0..PAGES {
            let number = waiting.pop()?;
            let bytes = (self.page)(number)?;
            // The first page begins with the file's own head.
            let head = if number == 1 { 100 } else { 0 };
            let kind = *bytes.get(head)?;
            let cells = usize::try_from(be(bytes.get(head + 3..head + 5)?)).ok()?;
            let pointers = bytes.get(head + if kind == 5 { 12 } else { 8 }..)?;
            let pointers =
                pointers.chunks_exact(2).take(cells).map(|p| usize::try_from(be(p)).unwrap_or(usize::MAX));
            match kind {
                // Inside: each cell begins with the page of its child.
                5 => {
                    // The last child stands apart, and is looked at first: it has the newest rows.
                    waiting.extend(pointers.filter_map(|at| Some(be(bytes.get(at..at.checked_add(4)?)?))));
                    waiting.push(be(bytes.get(head + 8..head + 12)?));
                }
                13 => {
                    for at in pointers {
                        if !take(&Record::read(bytes.get(at..)?, self.usable)?) {
                            return Some(());
                        }
                    }
                }
                _ => return None,
            }
        }
        Some(())
    }
}

/// One row, as far as it is on its own page.
struct Record<'a> {
    /// Kind and place of each column.
    columns: Vec<std::ops::Range<usize>>,
    bytes: &'a [u8],
}

impl<'a> Record<'a> {
    fn read(cell: &'a [u8], usable: u64) -> Option<Self> {
        let (len, cell) = varint(cell)?;
        let (_row, cell) = varint(cell)?;
        // What is longer goes on in other pages; the columns wanted are near the beginning.
        let most = usize::try_from(len.min(usable - 35)).ok()?;
        let bytes = &cell[..most.min(cell.len())];
        let (head_len, mut head) = varint(bytes)?;
        let head_len = usize::try_from(head_len).ok()?;
        let mut left = head_len.checked_sub(bytes.len() - head.len())?;
        let mut columns = Vec::new();
        let mut start = head_len;
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
            let end = start.checked_add(usize::try_from(len).ok()?)?;
            columns.push(start..end);
            start = end;
        }
        Some(Self { columns, bytes })
    }

    /// A column's bytes; only its beginning if the rest is on another page.
    fn column(&self, number: usize) -> Option<&'a [u8]> {
        let range = self.columns.get(number)?;
        self.bytes.get(range.start..range.end.min(self.bytes.len()))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Databases that SQLite made, and one that was cut.
    fn of(name: &str) -> Prefixes {
        prefixes(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus/cookies").join(name))
    }

    #[test]
    fn rows_are_counted_by_what_they_begin_with() {
        assert_eq!(of("one_leaf"), Prefixes::from([("v10".to_owned(), 2)]));
        assert_eq!(of("plain"), Prefixes::from([("plain".to_owned(), 2)]));
        let inner = of("inner_pages");
        assert_eq!(inner.keys().collect::<Vec<_>>(), ["v11"]);
        assert!(inner["v11"] > 10, "several pages: {inner:?}");
        assert_eq!(of("cut"), Prefixes::new());
        assert_eq!(of("there is none"), Prefixes::new());
    }
}

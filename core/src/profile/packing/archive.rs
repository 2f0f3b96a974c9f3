//! The zip's own structure (PKWARE APPNOTE 6.3.10), byte for byte the same for the same entries: one fixed
//! time, no owner, no extra fields, zip64 only where a number needs it. It is ours because entries arrive
//! compressed already, by several threads, which no zip library that could be used here takes.
//!
//! Sizes are in each entry's own head, never behind its data: Java refuses that for entries that are stored.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use crate::sys::PositionalIo as _;

/// How an entry's bytes are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Stored = 0,
    Deflated = 8,
}

/// The numbers in an entry's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EntryHeader {
    pub(super) method: Method,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
}

const EMPTY: EntryHeader = EntryHeader { method: Method::Stored, crc: 0, packed: 0, size: 0 };

pub(super) enum ArchiveError {
    /// The archive would be larger than it may be.
    TooLarge,
    Io(io::Error),
}

impl From<io::Error> for ArchiveError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

pub(super) struct Archive {
    out: BufWriter<File>,
    at: u64,
    central: Vec<u8>,
    entries: u64,
    limit: u64,
}

/// An entry whose data is being written.
pub(super) struct OpenEntry {
    name: String,
    head_at: u64,
    data_at: u64,
    zip64: bool,
}

/// A 32-bit field that is full says: look into the zip64 field.
const FULL: u64 = u32::MAX as u64;
/// 1980-01-01 00:00, the first a zip can say: the archive tells no times.
const DATE: u16 = 1 << 5 | 1;
const TIME: u16 = 0;
/// Made by version 3.0 on Unix, so that the mode counts.
const MADE_BY: u16 = 3 << 8 | 30;
const FILE_MODE: u32 = 0o100_644;
const FOLDER_MODE: u32 = 0o040_755;
/// Names are UTF-8.
const UTF8: u16 = 1 << 11;

impl Archive {
    /// In an empty file, which is not to grow beyond `limit` bytes.
    pub(super) fn new(file: File, limit: u64) -> Self {
        Self {
            out: BufWriter::with_capacity(256 * 1024, file),
            at: 0,
            central: Vec::new(),
            entries: 0,
            limit,
        }
    }

    /// A file that is compressed already.
    pub(super) fn file(
        &mut self,
        name: &str,
        header: EntryHeader,
        packed: &[u8],
    ) -> Result<(), ArchiveError> {
        let zip64 = header.size >= FULL || header.packed >= FULL;
        let head_at = self.at;
        self.put(&local_head(name, header, zip64))?;
        self.put(packed)?;
        self.list(name, header, head_at, FILE_MODE)
    }

    pub(super) fn folder(&mut self, name: &str) -> Result<(), ArchiveError> {
        let name = format!("{name}/");
        let head_at = self.at;
        self.put(&local_head(&name, EMPTY, false))?;
        self.list(&name, EMPTY, head_at, FOLDER_MODE)
    }

    /// Begins a file of about `size` bytes whose data follows in pieces.
    pub(super) fn begin(&mut self, name: &str, size: u64) -> Result<OpenEntry, ArchiveError> {
        // Deflate adds less than a thousandth to what cannot be compressed.
        let zip64 = size.saturating_add(size >> 10) >= FULL;
        let head_at = self.at;
        self.put(&local_head(name, EMPTY, zip64))?;
        Ok(OpenEntry { name: name.to_owned(), head_at, data_at: self.at, zip64 })
    }

    pub(super) fn piece(&mut self, packed: &[u8]) -> Result<(), ArchiveError> {
        self.put(packed)
    }

    /// Ends it, and writes its head anew.
    pub(super) fn end(
        &mut self,
        open: &OpenEntry,
        method: Method,
        crc: u32,
        size: u64,
    ) -> Result<(), ArchiveError> {
        let header = EntryHeader { method, crc, packed: self.at - open.data_at, size };
        self.out.flush()?;
        self.out.get_ref().write_all_at(&local_head(&open.name, header, open.zip64), open.head_at)?;
        self.list(&open.name, header, open.head_at, FILE_MODE)
    }

    /// The file, and how long it is.
    pub(super) fn finish(mut self) -> Result<(File, u64), ArchiveError> {
        let central = std::mem::take(&mut self.central);
        let (start, size) = (self.at, central.len() as u64);
        self.put(&central)?;
        self.put(&end_records(self.entries, start, size))?;
        let len = self.at;
        let file = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok((file, len))
    }

    fn list(&mut self, name: &str, header: EntryHeader, head_at: u64, mode: u32) -> Result<(), ArchiveError> {
        self.central.extend(central_head(name, header, head_at, mode));
        self.entries += 1;
        self.check()
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.out.write_all(bytes)?;
        self.at += bytes.len() as u64;
        self.check()
    }

    fn check(&self) -> Result<(), ArchiveError> {
        let least = self.at + self.central.len() as u64;
        if least > self.limit { Err(ArchiveError::TooLarge) } else { Ok(()) }
    }
}

/// Little-endian fields, one after the other.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn u16(mut self, value: u16) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }
    fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }
    fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }
    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
}

fn short(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn len16(bytes: &[u8]) -> u16 {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX)
}

/// The fields that both heads of an entry have in common, from the version it needs to its CRC.
fn common(fields: Fields, name: &str, header: EntryHeader, zip64: bool) -> Fields {
    let flags = if name.is_ascii() { 0 } else { UTF8 };
    fields
        .u16(if zip64 { 45 } else { 20 })
        .u16(flags)
        .u16(header.method as u16)
        .u16(TIME)
        .u16(DATE)
        .u32(header.crc)
}

fn local_head(name: &str, header: EntryHeader, zip64: bool) -> Vec<u8> {
    let extra = match zip64 {
        true => Fields::default().u16(1).u16(16).u64(header.size).u64(header.packed).0,
        false => Vec::new(),
    };
    let (packed, size) =
        if zip64 { (u32::MAX, u32::MAX) } else { (short(header.packed), short(header.size)) };
    common(Fields::default().bytes(b"PK\x03\x04"), name, header, zip64)
        .u32(packed)
        .u32(size)
        .u16(len16(name.as_bytes()))
        .u16(len16(&extra))
        .bytes(name.as_bytes())
        .bytes(&extra)
        .0
}

fn central_head(name: &str, header: EntryHeader, head_at: u64, mode: u32) -> Vec<u8> {
    // Only what does not fit, in this order.
    let mut long = Fields::default();
    for value in [header.size, header.packed, head_at] {
        if value >= FULL {
            long = long.u64(value);
        }
    }
    let extra = match long.0.is_empty() {
        true => Vec::new(),
        false => Fields::default().u16(1).u16(len16(&long.0)).bytes(&long.0).0,
    };
    let folder_bit = u32::from(name.ends_with('/')) << 4;
    common(Fields::default().bytes(b"PK\x01\x02").u16(MADE_BY), name, header, !extra.is_empty())
        .u32(short(header.packed))
        .u32(short(header.size))
        .u16(len16(name.as_bytes()))
        .u16(len16(&extra))
        .u16(0) // no comment
        .u16(0) // on the first disk
        .u16(0) // no text
        .u32(mode << 16 | folder_bit)
        .u32(short(head_at))
        .bytes(name.as_bytes())
        .bytes(&extra)
        .0
}

fn end_records(entries: u64, start: u64, size: u64) -> Vec<u8> {
    let mut fields = Fields::default();
    if entries >= u64::from(u16::MAX) || start >= FULL || size >= FULL {
        fields = fields
            .bytes(b"PK\x06\x06")
            .u64(44) // what follows of this record
            .u16(MADE_BY)
            .u16(45)
            .u32(0)
            .u32(0)
            .u64(entries)
            .u64(entries)
            .u64(size)
            .u64(start)
            .bytes(b"PK\x06\x07")
            .u32(0)
            .u64(start + size)
            .u32(1);
    }
    let count = u16::try_from(entries).unwrap_or(u16::MAX);
    fields
        .bytes(b"PK\x05\x06")
        .u16(0)
        .u16(0)
        .u16(count)
        .u16(count)
        .u32(short(size))
        .u32(short(start))
        .u16(0)
        .0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    fn opened(archive: Archive) -> zip::ZipArchive<File> {
        let (file, len) = archive.finish().ok().expect("written");
        assert_eq!(file.metadata().expect("a file").len(), len);
        zip::ZipArchive::new(file).expect("a zip")
    }

    fn stored(bytes: &[u8]) -> EntryHeader {
        let len = bytes.len() as u64;
        EntryHeader { method: Method::Stored, crc: crc32fast::hash(bytes), packed: len, size: len }
    }

    #[test]
    fn another_library_reads_it() {
        let mut archive = Archive::new(tempfile::tempfile().expect("a file"), u64::MAX);
        archive.file("a/\u{fc}", stored(b"abc"), b"abc").ok().expect("written");
        archive.folder("empty").ok().expect("written");
        let open = archive.begin("long", 6).ok().expect("begun");
        archive.piece(b"abc").ok().expect("written");
        archive.piece(b"def").ok().expect("written");
        archive.end(&open, Method::Stored, crc32fast::hash(b"abcdef"), 6).ok().expect("ended");
        let mut zip = opened(archive);
        let names: Vec<String> =
            (0..3).map(|i| zip.by_index(i).expect("an entry").name().expect("a name").into_owned()).collect();
        assert_eq!(names, ["a/\u{fc}", "empty/", "long"]);
        let mut text = String::new();
        zip.by_name("long").expect("an entry").read_to_string(&mut text).expect("its CRC holds");
        assert_eq!(text, "abcdef");
        let mode = zip.by_index(0).expect("an entry").unix_mode();
        assert_eq!(mode, Some(FILE_MODE));
    }

    #[test]
    fn more_than_65535_entries_are_counted() {
        let mut archive = Archive::new(tempfile::tempfile().expect("a file"), u64::MAX);
        for number in 0..70_000 {
            archive.file(&format!("{number}"), EMPTY, b"").ok().expect("written");
        }
        assert_eq!(opened(archive).len(), 70_000);
    }

    #[test]
    fn a_place_beyond_4_gib_is_found() {
        // Nothing is written up to there: the file has a hole.
        let mut archive = Archive::new(tempfile::tempfile().expect("a file"), u64::MAX);
        archive.file("first", stored(b"abc"), b"abc").ok().expect("written");
        std::io::Seek::seek(&mut archive.out, std::io::SeekFrom::Start(5 << 30)).expect("a hole");
        archive.at = 5 << 30;
        archive.file("far", stored(b"def"), b"def").ok().expect("written");
        let mut text = String::new();
        opened(archive).by_name("far").expect("an entry").read_to_string(&mut text).expect("read");
        assert_eq!(text, "def");
    }

    #[test]
    fn it_stops_at_its_limit() {
        let mut archive = Archive::new(tempfile::tempfile().expect("a file"), 1000);
        assert!(archive.file("a", stored(&[0; 900]), &[0; 900]).is_ok());
        assert!(matches!(archive.file("b", stored(&[0; 100]), &[0; 100]), Err(ArchiveError::TooLarge)));
        // The list at the end counts too.
        let mut archive = Archive::new(tempfile::tempfile().expect("a file"), 1000);
        assert!(archive.file("a", stored(&[0; 930]), &[0; 930]).is_err());
    }
}

//! The records of a journal, as they stand in its file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde_json::Value;

use super::errors::{damaged, io_failed};
use crate::error::{Error, Result};
use crate::sys;

pub(crate) const FIRST_LINE: &[u8] = b"dropoff-journal 1\n";
/// The beginning of any version's first line.
const NAME: &[u8] = b"dropoff-journal ";

pub(crate) fn read(file: &mut File, path: &Path) -> Result<Vec<Value>> {
    let unreadable = |e: std::io::Error| io_failed(path, "reading", &e);
    let mut start = Vec::new();
    file.take(FIRST_LINE.len() as u64).read_to_end(&mut start).map_err(unreadable)?;
    if start != FIRST_LINE {
        if FIRST_LINE.starts_with(&start) {
            return start_anew(file).map_err(|e| io_failed(path, "writing", &e)).map(|()| Vec::new());
        }
        let what = if start.starts_with(NAME) { "was written by another version" } else { "is not one" };
        return Err(Error::invalid(format!(
            "the journal {} {what} and was left as it is; give another path",
            path.display()
        ))
        .with_path(path));
    }
    // Anybody who could read it while it was open to them has seen its URLs; nobody else is to.
    sys::make_private(file).map_err(|e| io_failed(path, "keeping others from", &e))?;
    let mut rest = Vec::new();
    file.read_to_end(&mut rest).map_err(unreadable)?;
    let mut records = Vec::new();
    let mut end = FIRST_LINE.len();
    let mut lines = rest.split_inclusive(|byte| *byte == b'\n').enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        match parse_record(line) {
            Some(record) => records.push(record),
            None if lines.peek().is_none() => break,
            None => return Err(damaged(path, at + 2)),
        }
        end += line.len();
    }
    file.set_len(end as u64).map_err(|e| io_failed(path, "writing", &e))?;
    file.seek(SeekFrom::End(0)).map_err(unreadable)?;
    Ok(records)
}

/// The records of a file as it lies there, as far as they can be read. Takes no lock and changes nothing.
pub(super) fn peek(path: &Path) -> Vec<Value> {
    let held = std::fs::read(path).unwrap_or_default();
    let lines = held.strip_prefix(FIRST_LINE).unwrap_or_default().split_inclusive(|byte| *byte == b'\n');
    lines.map_while(parse_record).collect()
}

/// An empty file, or one whose first line was being written.
pub(super) fn start_anew(file: &mut File) -> std::io::Result<()> {
    sys::make_private(file)?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(FIRST_LINE)
}

/// The name of a new file is in its folder, which is written on its own. Where that cannot be asked for, the
/// file system does it in its own time.
pub(super) fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

pub(super) fn append(file: &mut File, record: &Value, sync: bool) -> std::io::Result<()> {
    let json = record.to_string();
    let line = format!("{} {json}\n", checksum(json.as_bytes()));
    // In one write: a torn line can only be the last.
    let before = file.stream_position()?;
    if let Err(e) = file.write_all(line.as_bytes()) {
        // A half line in the middle would make the journal unreadable.
        let _ = file.set_len(before).and_then(|()| file.seek(SeekFrom::Start(before)));
        return Err(e);
    }
    if sync { sys::sync_data(file) } else { Ok(()) }
}

fn parse_record(line: &[u8]) -> Option<Value> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (digits, json) = line.split_once(' ')?;
    if digits != checksum(json.as_bytes()) {
        return None;
    }
    serde_json::from_str(json).ok()
}

pub(crate) fn checksum(json: &[u8]) -> String {
    blake3::hash(json).to_hex()[..8].to_owned()
}

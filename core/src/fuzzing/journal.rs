//! A journal's file, and the records of a transfer in it.

use std::io::{Seek as _, Write as _};
use std::path::Path;

use serde_json::Value;

use crate::agentdrop::transfer_journal::{FirstRecord, replayed};
use crate::journal::format::{FIRST_LINE, checksum, read};

/// Any file is read, refused, or taken for one whose end was torn off.
pub fn fuzz_journal(data: &[u8]) {
    let Ok(mut file) = tempfile::tempfile() else { return };
    let (head, body) = data.split_first().unwrap_or((&0, &[]));
    // Half of them with a first line that is right.
    let first: &[u8] = if head % 2 == 0 { FIRST_LINE } else { &[] };
    // And half of those with a record that is whole.
    let whole = format!("{} {}\n", checksum(body), String::from_utf8_lossy(body));
    let rest: &[u8] = if head % 4 == 0 { whole.as_bytes() } else { body };
    if file.write_all(first).and_then(|()| file.write_all(rest)).and_then(|()| file.rewind()).is_err() {
        return;
    }
    let path = Path::new("fuzz.journal");
    match read(&mut file, path) {
        Ok(records) => {
            for record in records {
                understand(&record);
            }
        }
        Err(error) => super::check(&error, &super::secret(data)),
    }
}

/// Any record is understood or not.
fn understand(record: &Value) {
    let _ = serde_json::from_value::<FirstRecord>(record["begun"].clone());
    let _ = replayed(2, vec![record.clone()]);
}

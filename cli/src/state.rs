//! Where the command keeps what outlives it: journals, by whom they are for. It owns their names alone.

use std::path::PathBuf;

use dropoff::{Error, Result};

use crate::sys;

/// The journal of a send that names none: the same for the same files, sender and recipient.
///
/// # Errors
/// `source_unreadable` where its folder cannot be made; `invalid_input` where there is no home for it.
pub fn journal(from: &str, to: &str, files: &[PathBuf]) -> Result<PathBuf> {
    let folder = folder()?;
    std::fs::create_dir_all(&folder).map_err(|error| {
        Error::bad_argument(&format!(
            "the folder for journals {} cannot be made ({error}); name a journal by --resume=FILE",
            folder.display()
        ))
    })?;
    let here = std::env::current_dir().unwrap_or_default();
    let mut hash = Hash::new();
    [from, to].iter().for_each(|text| hash.add(text.as_bytes()));
    files.iter().for_each(|file| hash.add(here.join(file).as_os_str().as_encoded_bytes()));
    Ok(folder.join(format!("{:016x}.journal", hash.0)))
}

fn folder() -> Result<PathBuf> {
    sys::state_folder().map(|state| state.join("dropoff")).ok_or_else(|| {
        Error::bad_argument("there is no home folder for the journal; name one by --resume=FILE")
    })
}

/// FNV-1a: the same in every release. A clash is harmless, since a journal knows its own call.
struct Hash(u64);

impl Hash {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
    /// With an end, so that two texts are not one.
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

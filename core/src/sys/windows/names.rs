//! Names of files.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::windows::ffi::OsStrExt as _;
use std::path::Path;

/// Windows gives no name to a file that has none.
pub(crate) fn unnamed_file_in(_: &Path) -> io::Result<File> {
    Err(ErrorKind::Unsupported.into())
}

pub(crate) fn name_file(_: &File, _: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

/// Temporary files are removed when they are closed, wherever they are.
pub(crate) fn may_lack_unnamed_files(_: &io::Error) -> bool {
    false
}

pub(crate) fn name_from_bytes(bytes: &[u8]) -> Option<&OsStr> {
    std::str::from_utf8(bytes).ok().map(OsStr::new)
}

/// The longest name, in units of UTF-16.
const LONGEST_NAME: usize = 255;
const DEVICES: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];

/// Windows would cut a name at its NUL, drop a blank or a dot at its end, open a device for some, and for a
/// colon a stream of another file (learn.microsoft.com, "Naming Files, Paths, and Namespaces").
pub(crate) fn may_be_named(path: &Path) -> bool {
    let Some(name) = path.file_name() else { return false };
    let ends_in_folder = path.as_os_str().as_encoded_bytes().ends_with(b"/")
        || path.as_os_str().as_encoded_bytes().ends_with(b"\\");
    let shown = name.to_string_lossy();
    let is_reserved = |c: char| c < ' ' || "<>:\"|?*".contains(c);
    !ends_in_folder
        && name.encode_wide().count() <= LONGEST_NAME
        && !shown.contains(is_reserved)
        && !shown.ends_with(['.', ' '])
        && !is_device(&shown)
}

/// With any extension, too.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let is_numbered = |start: &str| {
        let number = stem.strip_prefix(start).map(|rest| rest.chars().collect::<Vec<_>>());
        matches!(number.as_deref(), Some(['0'..='9' | '¹' | '²' | '³']))
    };
    DEVICES.contains(&stem.as_str()) || is_numbered("COM") || is_numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_something_else_are_none() {
        let folder = Path::new("C:\\folder");
        for name in ["a", "report.pdf", "ä b.txt", "COMMON", "com10", "nulls", ".env"] {
            assert!(may_be_named(&folder.join(name)), "{name}");
        }
        for name in
            ["NUL", "nul.txt", "COM1", "lpt9.log", "com¹", "a.", "a ", "a:stream", "a\0b", "a?", "a/", "a\\"]
        {
            // Not joined: that would take `a:stream` for a drive.
            let path = format!("C:\\folder\\{name}");
            assert!(!may_be_named(Path::new(&path)), "{name:?}");
        }
        assert!(may_be_named(Path::new(&"a".repeat(255))) && !may_be_named(Path::new(&"a".repeat(256))));
    }
}

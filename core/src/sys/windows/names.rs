//! Names of files.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::windows::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path, PathBuf, Prefix};

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
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

/// Windows drops a blank or a dot at the end of a name, opens a device for some, and for a colon a stream of
/// another file (learn.microsoft.com, "Naming Files, Paths, and Namespaces"). Only the stream is left where
/// the path says that it is to be taken as it is.
pub(crate) fn is_misread(path: &Path) -> bool {
    let Some(name) = path.file_name().map(OsStr::to_string_lossy) else { return false };
    let is_verbatim = prefix_of(path).is_some_and(|prefix| prefix.is_verbatim());
    name.contains(':') || !is_verbatim && (name.ends_with(['.', ' ']) || is_device(&name))
}

/// `\\?\` before it. tempfile(3) hands paths on as they are, and without it 260 units are the end.
pub(crate) fn of_any_length(path: &Path) -> Cow<'_, Path> {
    let (start, leave_out) = match prefix_of(path) {
        Some(Prefix::Disk(_)) if path.is_absolute() => (r"\\?\", 0),
        // Two backslashes, then the server.
        Some(Prefix::UNC(..)) => (r"\\?\UNC\", 2),
        _ => return path.into(),
    };
    // The form knows neither `/` nor `..`.
    let Ok(path) = std::path::absolute(path) else { return path.into() };
    let units: Vec<u16> = path.as_os_str().encode_wide().skip(leave_out).collect();
    let mut whole = OsString::from(start);
    whole.push(OsString::from_wide(&units));
    PathBuf::from(whole).into()
}

fn prefix_of(path: &Path) -> Option<Prefix<'_>> {
    match path.components().next() {
        Some(Component::Prefix(prefix)) => Some(prefix.kind()),
        _ => None,
    }
}

/// A name that Windows would cut at its NUL is none either.
pub(crate) fn may_be_named(path: &Path) -> bool {
    let Some(name) = path.file_name() else { return false };
    let ends_in_folder = path.as_os_str().as_encoded_bytes().ends_with(b"/")
        || path.as_os_str().as_encoded_bytes().ends_with(b"\\");
    let is_reserved = |c: char| c < ' ' || "<>:\"|?*".contains(c);
    !ends_in_folder
        && name.encode_wide().count() <= LONGEST_NAME
        && !name.to_string_lossy().contains(is_reserved)
        && !is_misread(path)
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
        for path in [r"C:\a:stream", r"C:\a.", "nul", r"C:\a\com1", "a:\\b:c", r"\\?\C:\a:b", "CONIN$"] {
            assert!(is_misread(Path::new(path)), "{path}");
        }
        for path in [r"C:\a", "a:b", r"\\?\C:\a.", r"\\?\C:\nul", "C:\\", "..", r"C:\a?"] {
            assert!(!is_misread(Path::new(path)), "{path}");
        }
        assert!(may_be_named(Path::new(&"a".repeat(255))) && !may_be_named(Path::new(&"a".repeat(256))));
    }

    #[test]
    fn a_path_of_any_length_is_taken_as_it_is() {
        for (path, same) in [
            (r"C:\a/b\..\c", r"\\?\C:\a\c"),
            (r"\\server\share\a", r"\\?\UNC\server\share\a"),
            (r"\\?\C:\a", r"\\?\C:\a"),
            (r"\\.\NUL", r"\\.\NUL"),
            ("a", "a"),
        ] {
            assert_eq!(&*of_any_length(Path::new(path)), Path::new(same));
        }
    }
}

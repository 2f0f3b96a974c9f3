//! Paths as a caller means them: the home folder, the current folder of this moment, and no URL.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::sys;

/// Whether somebody gave a URL for a path. It may be a signed one, so it must not become a path that is
/// printed.
pub(crate) fn is_url(path: &Path) -> bool {
    // One slash or two, in any case: a slip is a slip.
    let path = path.as_os_str().as_encoded_bytes();
    let starts = |with: &[u8]| path.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    starts(b"https:/") || starts(b"http:/")
}

/// A local path that is no source; `what` is for the message.
pub(crate) fn local_path(path: PathBuf, what: &str) -> Result<PathBuf> {
    if is_url(&path) {
        return Err(Error::invalid(format!("{what} is a path, and a URL was given; give a path")));
    }
    // Asked of what was given: made absolute, it is another name.
    if sys::is_misread(&path) {
        return Err(Error::invalid(format!("{what} {}", names_no_file(&path))));
    }
    Ok(absolute(path))
}

/// Why a path for which the system opens something else is refused.
pub(crate) fn names_no_file(path: &Path) -> String {
    format!("names no file or folder ({path:?}): this system takes it for something else; give another path")
}

/// The path as it is meant at this moment: the current folder may be another one when it is used.
pub(crate) fn absolute(path: PathBuf) -> PathBuf {
    let path = expand_home(path);
    std::path::absolute(&path).unwrap_or(path)
}

pub(crate) fn expand_home(path: PathBuf) -> PathBuf {
    let in_home = path.strip_prefix("~").ok().and_then(|rest| Some(home()?.join(rest)));
    in_home.unwrap_or(path)
}

/// The home folder, for a service that runs without `HOME` too.
pub(crate) fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| !home.as_os_str().is_empty())
}

//! For tests of the core.

use std::fs::Permissions;
pub(crate) use std::os::unix::fs::symlink;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

/// The name that this machine has for browsers.
pub(crate) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

pub(crate) fn is_private(path: &Path) -> bool {
    std::fs::metadata(path).expect("there").mode() & 0o777 == super::files::PRIVATE
}

pub(crate) fn open_to_all(path: &Path) {
    std::fs::set_permissions(path, Permissions::from_mode(0o644)).expect("changed");
}

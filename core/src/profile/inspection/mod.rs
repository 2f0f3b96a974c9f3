//! An inspection of a folder: its contents, the files that would go, whether a browser is using it, and
//! whether it will sign in elsewhere. Nothing is decrypted, nothing is sent, and no site or cookie is named.
mod browser;
mod evidence;
mod folder_scan;
mod inspect;
mod opened_profile;
mod report;
mod system;
#[cfg(test)]
mod tests;
mod verdict;

pub(crate) use browser::Browser;
pub(crate) use folder_scan::FolderScan;
pub use inspect::{inspect_profile, start_inspect_profile};
pub use report::{CategorySize, CookieKeys, FileSize, LeftOut, ProfileInspection, Verdict};

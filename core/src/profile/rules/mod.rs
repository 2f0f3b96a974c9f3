//! Everything known of the names in a browser's folder: the one place to read, and to change, when a browser
//! adds a file. A name that no rule knows is kept and reported: a list of what to keep would lose data with
//! every release.
//!
//! A rule says where a name counts, what it is ([`Class`]), why, and where that is from; and, of files that
//! are of no use without others, the [`Feature`] they make together. The class decides whether it goes:
//! [`Class::is_packed_at`]. Patterns are globs of one folder level (`*` does not cross a `/`). Everything
//! below a folder belongs to the folder's rule unless it has one of its own.

mod any_browser;
mod chrome;
mod chrome_profile;
mod firefox;
mod lookup;
mod rule;
mod sources;
#[cfg(test)]
mod tests;

pub(crate) use lookup::{Name, holds_critical, is_critical, of};
pub(crate) use rule::{Class, Rule};

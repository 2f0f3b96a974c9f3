//! Progress: its fields and what follows from them, with the core's sentences.

use std::path::Path;

use crate::core_source::{Member, getters, record, variants};

pub const FILE: &str = "progress.rs";

/// The sentences about the whole.
pub fn about(root: &Path) -> String {
    record(root, FILE, "Progress").docs.join(" ")
}

/// The fields in the core's order, then the methods.
pub fn members(root: &Path) -> Vec<Member> {
    let mut members = record(root, FILE, "Progress").members;
    members.extend(getters(root, FILE, "Progress"));
    members
}

pub fn phases(root: &Path) -> Vec<Member> {
    variants(root, FILE, "Phase").members
}

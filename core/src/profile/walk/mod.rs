//! The files of a profile folder, and which of them go. Only names and sizes are looked at; nothing is
//! opened.

mod listing;
#[cfg(test)]
mod tests;
mod tree;
mod walker;

pub(crate) use listing::fits_a_zip;
pub(crate) use tree::{Tree, TreeEntry};
pub(crate) use walker::walk;

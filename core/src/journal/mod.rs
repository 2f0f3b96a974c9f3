//! A file that lets the same call go on after its process was killed, or the machine lost power.
//!
//! Owns how records are kept; knows nothing of what they say. Version 1 of the format:
//!
//! ```text
//! dropoff-journal 1
//! 1f0c2ab9 {"begun": …}
//! 83bd0e11 {"part": …}
//! ```
//!
//! The first line names format and version. Each line after it is one record: eight hex digits, which are the
//! first four bytes of BLAKE3 of the JSON behind them, a space, JSON. Records are only ever appended. A last
//! line that is cut off or does not fit its digits was being written when the process ended; it is dropped.
//! The file is readable by its owner alone, and locked while a call uses it.

mod errors;
pub(crate) mod format;
mod handle;
mod lock;
#[cfg(test)]
mod tests;

pub(crate) use handle::Journal;

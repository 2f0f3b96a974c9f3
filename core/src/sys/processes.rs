//! What a system tells of its processes.

/// The program that a process of some number runs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RunningProgram {
    /// There is no such process, or it has ended.
    None,
    /// The name of the program's file, in small letters.
    Named(String),
    /// A process of another user, which cannot be looked at.
    Hidden,
}

//! How the call stands in spite of its error: what happened of it, and what was left of it.

/// Whether what was asked for happened, as far as the service can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It happened: the profile is registered, the transfer is active, storage has what a raw upload or a
    /// step sent.
    Completed,
    /// It did not happen. Calling again cannot do it twice.
    NotCompleted,
    /// A reply was lost and asking did not settle it.
    Unknown,
}

impl Outcome {
    /// `completed`, `not_completed` or `unknown`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::NotCompleted => "not_completed",
            Self::Unknown => "unknown",
        }
    }
}

/// The fate of the things the service held for a call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleanup {
    /// Nothing was left to clean up, a journal keeps it, or the service removes it by itself.
    None,
    /// The remains were removed.
    Done,
    /// Removing the remains failed too.
    Failed,
}

impl Cleanup {
    /// `none`, `done` or `failed`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

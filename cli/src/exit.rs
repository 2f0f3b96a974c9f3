//! What the command ends with: one number for each thing to do next. It owns that table alone, and must not
//! know how a result is printed.

use dropoff::{Error, ErrorKind, Outcome};

/// How the command ends, by what whoever called it is to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done,
    Usage,
    Local,
    Access,
    Again,
    Refused,
    Integrity,
    Unknown,
    Unchanged,
    Internal,
    Interrupted,
}

impl Exit {
    /// Every one, in the order of the numbers. Help, the manual and `docs/guides/cli.md` tell it.
    pub const ALL: &'static [Self] = &[
        Self::Done,
        Self::Usage,
        Self::Local,
        Self::Access,
        Self::Again,
        Self::Refused,
        Self::Integrity,
        Self::Unknown,
        Self::Unchanged,
        Self::Internal,
        Self::Interrupted,
    ];

    /// The number and what it tells to do.
    #[must_use]
    pub fn row(self) -> (u8, &'static str) {
        match self {
            Self::Done => (0, "done"),
            Self::Usage => (2, "the command or its input is wrong: correct it"),
            Self::Local => (3, "a local file, a disk or a running browser is in the way"),
            Self::Access => (4, "no key, or one that may not do this"),
            Self::Again => (5, "the same command may work now or later"),
            Self::Refused => (6, "refused for good: the same command fails again"),
            Self::Integrity => (7, "other bytes arrived than were sent"),
            Self::Unknown => (8, "whether it happened is not known: look before you repeat it"),
            Self::Unchanged => (9, "nothing was sent, since nothing had changed"),
            Self::Internal => (24, "a defect in dropoff"),
            Self::Interrupted => (130, "interrupted"),
        }
    }

    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        self.row().0
    }

    /// What an error of this kind is to be followed by, if its facts say no more.
    #[must_use]
    pub fn of_kind(kind: ErrorKind) -> Self {
        use ErrorKind as Kind;
        match kind {
            Kind::InvalidInput | Kind::Encryption => Self::Usage,
            Kind::SourceUnreadable | Kind::SourceChanged | Kind::BrowserRunning | Kind::DiskFull => {
                Self::Local
            }
            Kind::Authentication | Kind::Permission => Self::Access,
            Kind::RateLimited | Kind::Expired | Kind::Unavailable | Kind::Network | Kind::Timeout => {
                Self::Again
            }
            Kind::NotFound
            | Kind::Conflict
            | Kind::Rejected
            | Kind::TooLarge
            | Kind::StorageRefused
            | Kind::Tls
            | Kind::UnsafeTarget => Self::Refused,
            Kind::Integrity => Self::Integrity,
            Kind::Cancelled => Self::Interrupted,
            Kind::UnknownOutcome => Self::Unknown,
            // A later kind has no row here before this file is changed; the test below then says so.
            _ => Self::Internal,
        }
    }

    /// What this very error is to be followed by. Standard input that was the source is spent, which is why
    /// such an error is not retryable; but the same pipeline reads it anew.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        let again = error.retryable_anew();
        match Self::of_kind(error.kind()) {
            // Before all others: what is repeated without a look may be done twice.
            _ if error.outcome() == Outcome::Unknown => Self::Unknown,
            Self::Again | Self::Refused if again => Self::Again,
            Self::Again => Self::Refused,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_number() {
        let internal: Vec<_> =
            ErrorKind::ALL.iter().filter(|kind| Exit::of_kind(**kind) == Exit::Internal).collect();
        assert_eq!(internal, [&ErrorKind::Internal]);
        let done = ErrorKind::ALL
            .iter()
            .filter(|kind| matches!(Exit::of_kind(**kind), Exit::Done | Exit::Unchanged));
        assert_eq!(done.count(), 0);
    }

    #[test]
    fn each_number_stands_for_one_thing() {
        let mut codes: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        codes.dedup();
        assert_eq!(codes, [0, 2, 3, 4, 5, 6, 7, 8, 9, 24, 130]);
    }
}

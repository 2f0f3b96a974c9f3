//! Whose side the trouble is on.

/// Whose side the trouble is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// This program or its files.
    Caller,
    /// Between here and there.
    Network,
    /// The service that handed out the ticket.
    Service,
    /// Object storage.
    Storage,
}

impl Side {
    /// `caller`, `network`, `service` or `storage`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Network => "network",
            Self::Service => "service",
            Self::Storage => "storage",
        }
    }
}

//! Who wrote a ticket, and so who can mend it.

use crate::error::{Error, ErrorKind};

/// Who wrote a ticket, and so who can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TicketOrigin {
    /// The caller handed it to raw storage.
    Caller,
    /// A service answered with it a moment ago.
    Service,
}

pub(super) fn broken_ticket(from: TicketOrigin, what: String) -> Error {
    match from {
        TicketOrigin::Caller => {
            Error::invalid(format!("the upload cannot work: {what}; give it as it was handed out"))
        }
        TicketOrigin::Service => Error::new(
            ErrorKind::Rejected,
            format!("the ticket cannot work: {what}; ask the service for a new one, or report it"),
        ),
    }
}

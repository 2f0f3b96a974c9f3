//! How far a transfer is, file by file. Sends nothing, and knows no journal.

use super::confirm::PriorConfirm;
use super::result::SentFile;
use super::ticket::{Delivery, Ticket};
use crate::error::{Error, Result};
use crate::storage::StoredPart;

/// How far a transfer is.
pub(crate) struct TransferState {
    pub(super) files: Vec<FileState>,
    /// The fate of earlier tries to confirm it.
    pub(super) confirming: PriorConfirm,
}

#[derive(Clone, Default)]
pub(super) struct FileState {
    /// Storage has it, as far as is known.
    pub(super) sent: Option<SentFile>,
    /// Parts that storage has.
    pub(super) parts: Vec<StoredPart>,
    /// Completing it was asked for, and the answer is not known.
    pub(super) completing: bool,
}

impl TransferState {
    pub(super) fn new(files: usize) -> Self {
        Self { files: vec![FileState::default(); files], confirming: PriorConfirm::None }
    }

    /// The service misses a file. One in parts that was completed for sure stays so: it must be another.
    pub(super) fn forget_whole(&mut self) {
        // A try to confirm that got no answer may be handled yet, and then a 409 is our own doing.
        self.confirming = PriorConfirm::ByAnother;
        for file in self.files.iter_mut().filter(|file| file.parts.is_empty()) {
            file.sent = None;
        }
    }

    /// The files' facts, once storage has all of them.
    pub(super) fn sent(&mut self) -> Result<Vec<SentFile>> {
        let sent: Option<Vec<SentFile>> = self.files.iter_mut().map(|file| file.sent.take()).collect();
        sent.ok_or_else(|| Error::internal("a file was forgotten"))
    }
    /// The service misses a file and does not say which: what can be done about it, and the error that says
    /// so.
    pub(super) fn missing(&mut self, ticket: &Ticket, error: Error) -> (Error, Resend) {
        self.forget_whole();
        let (mut again, mut error) = (Resend::None, error);
        for ((file, destination), entry) in
            self.files.iter_mut().zip(&ticket.destinations).zip(&ticket.promised)
        {
            match destination.delivery {
                Delivery::Whole(_) => again = Resend::Put,
                Delivery::Parts { .. } if file.completing => {
                    file.sent = None;
                    again = Resend::Completion;
                    error = error.with_note(&format!(
                        "completing the file {:?} got no clear answer, so it is probably that one",
                        entry.name
                    ));
                }
                Delivery::Parts { .. } => {}
            }
        }
        (error, again)
    }
}

/// The remedy for a file that the service misses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resend {
    /// Nothing: what was completed for sure cannot be sent again.
    None,
    /// A file of one PUT may be sent again.
    Put,
    /// A file in parts may not have been put together yet.
    Completion,
}

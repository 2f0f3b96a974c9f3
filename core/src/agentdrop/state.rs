//! How far a transfer is, file by file. Sends nothing, and knows no journal.

use super::confirm::Earlier;
use super::result::SentFile;
use super::ticket::{How, Ticket};
use crate::error::{Error, Result};
use crate::storage::StoredPart;

/// How far a transfer is.
pub(crate) struct State {
    pub(super) files: Vec<FileState>,
    /// What became of earlier tries to confirm it.
    pub(super) confirming: Earlier,
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

impl State {
    pub(super) fn new(files: usize) -> Self {
        Self { files: vec![FileState::default(); files], confirming: Earlier::None }
    }

    /// The service misses a file. One in parts that was completed for sure stays so: it must be another.
    pub(super) fn forget_whole(&mut self) {
        // A try to confirm that got no answer may be handled yet, and then a 409 is our own doing.
        self.confirming = Earlier::Elsewhere;
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
    pub(super) fn missing(&mut self, ticket: &Ticket, error: Error) -> (Error, Again) {
        self.forget_whole();
        let (mut again, mut error) = (Again::None, error);
        for ((file, place), entry) in self.files.iter_mut().zip(&ticket.places).zip(&ticket.promised) {
            match place.how {
                How::Whole(_) => again = Again::Put,
                How::Parts { .. } if file.completing => {
                    file.sent = None;
                    again = Again::Completion;
                    error = error.with_note(&format!(
                        "completing the file {:?} got no clear answer, so it is probably that one",
                        entry.name
                    ));
                }
                How::Parts { .. } => {}
            }
        }
        (error, again)
    }
}

/// What can be done about a file that the service misses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// Nothing: what was completed for sure cannot be sent again.
    None,
    /// A file of one PUT may be sent again.
    Put,
    /// A file in parts may not have been put together yet.
    Completion,
}

//! Whether a resumed call may go on: the sources are those of the first call, and the URLs live.

use super::prepare::PreparedFile;
use super::state::TransferState;
use super::ticket::{Delivery, Ticket};
use super::transfer_journal::FirstRecord;
use crate::digest::Digests;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::source::{SentRange, SourceComparison};
use crate::storage;

/// Refuses sources that are not those of the first call: what was sent of them does not fit what would be.
pub(super) async fn check(
    files: &[PreparedFile],
    then: &FirstRecord,
    ticket: &Ticket,
    state: &TransferState,
    journal: &Journal,
) -> Result<()> {
    for (index, file) in files.iter().enumerate() {
        let since = match then.sources.get(index) {
            Some(identity) => file.source.since(identity).await?,
            None => SourceComparison::Other("was not among its files".to_owned()),
        };
        let same_size = then.promised.get(index).is_some_and(|entry| entry.size == file.entry.size);
        let difference = match since {
            SourceComparison::Same if same_size => continue,
            SourceComparison::Doubtful(_)
                if same_size && is_what_was_sent(file, ticket, state, index).await? =>
            {
                continue;
            }
            SourceComparison::Same => "is of another size".to_owned(),
            SourceComparison::Doubtful(difference) | SourceComparison::Other(difference) => difference,
        };
        let (shown, name) = (journal.path().display(), &file.entry.name);
        return Err(Error::new(
            ErrorKind::SourceChanged,
            format!(
                "the file {name:?} {difference} since the journal {shown} was begun, and a part of it may have been sent; remove the journal to send it as a new transfer"
            ),
        ));
    }
    Ok(())
}

/// Whether what storage has of a file is what the file holds now. Of a sealed one that is not there whole
/// every block is compared when it is sealed again.
async fn is_what_was_sent(
    file: &PreparedFile,
    ticket: &Ticket,
    state: &TransferState,
    index: usize,
) -> Result<bool> {
    let (Some(destination), Some(so_far)) = (ticket.destinations.get(index), state.files.get(index)) else {
        return Ok(false);
    };
    let sealed = ticket.seals.get(index).is_some_and(Option::is_some);
    match (&destination.delivery, &so_far.sent) {
        (_, None) if sealed => Ok(true),
        (Delivery::Parts { plan, .. }, _) => {
            file.source.holds(&storage::sent_ranges(plan, &so_far.parts)).await
        }
        (Delivery::Whole(_), None) => Ok(true),
        (Delivery::Whole(_), Some(facts)) => {
            let (md5, sha256) = (facts.md5.as_deref(), facts.sha256.as_deref());
            let digests = Digests::of_result(md5, sha256, facts.crc64nvme.as_deref());
            file.source.holds(&[SentRange { start: 0, len: facts.bytes, digests }]).await
        }
    }
}

/// The name of a file that cannot be sent any more, since its URLs ran out.
pub(super) fn expired(ticket: &Ticket, state: &TransferState) -> Option<String> {
    let over = |index: usize| {
        let file = &state.files[index];
        match &ticket.destinations[index].delivery {
            _ if file.sent.is_some() => false,
            Delivery::Whole(target) => target.is_over(),
            Delivery::Parts { targets, .. } => (1..).zip(targets).any(|(number, target)| {
                target.is_over() && !file.parts.iter().any(|part| u64::from(part.part_number) == number)
            }),
        }
    };
    (0..state.files.len()).find(|index| over(*index)).map(|index| ticket.promised[index].name.clone())
}

pub(super) fn ran_out(name: &str) -> Error {
    Error::new(
        ErrorKind::Expired,
        format!(
            "the upload URLs ran out before the file {name:?} was sent, and a transfer cannot get new ones"
        ),
    )
}

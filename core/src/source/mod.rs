//! Where bytes come from. A source is a *factory of bodies*: each attempt opens a fresh one at the
//! start, so a retry sends the same bytes again. Knows nothing of HTTP or of any service.

mod buffers;
mod files;
mod identity;
mod input;
mod plain_reader;
mod prepared;
mod proof;
mod reader;
mod sealed;
mod sequential_reader;
mod spool;
mod stream;

pub(crate) use buffers::BufferReserve;
pub(crate) use files::{blocking_with_timeout, no_answer_within};
pub(crate) use identity::{Identity, Reading};
pub use input::Source;
pub(crate) use prepared::Prepared;
pub(crate) use proof::{SentRange, SourceComparison};
pub(crate) use reader::SourceReader;
pub(crate) use sequential_reader::SequentialReader;
pub(crate) use spool::{Spool, Spooled};
pub(crate) use stream::{Stream, StreamState, drop_streams};

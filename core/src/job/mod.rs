//! The one way anything long runs: a [`Job`] that can be waited for, awaited, watched and cancelled. Blocking
//! calls are `start_…(…)?.wait()`.

mod context;
mod erased;
mod handle;
mod record;
mod runner;
mod spawn;

pub(crate) use context::JobContext;
pub use erased::ErasedJob;
pub use handle::Job;
pub(crate) use record::{EARLIER_CALL, RawUpload};
pub(crate) use runner::start;

//! Hands an agent's files to presigned object storage.
//!
//! A drop-off has three steps: ask a service for a presigned target, send the bytes straight to
//! object storage, tell the service it is done. This crate does all three for two services, and the
//! middle one for any:
//!
//! * [`HCompany`]: browser profiles (a presigned POST form with the zip of a user-data folder),
//! * [`AgentDrop`]: transfers (a presigned PUT per file, or per part of large ones; sealed if asked for),
//! * [`Storage`]: presigned targets that another program asked for.
//!
//! ```no_run
//! use dropoff::{AgentDrop, Transfer};
//!
//! # fn main() -> dropoff::Result<()> {
//! let drop = AgentDrop::builder().build()?; // AGENTDROP_API_KEY
//! let sent = drop.send(Transfer::new("data-pipeline", "analysis-agent").file("report.pdf"))?;
//! println!("{} is {}", sent.id, sent.status);
//! # Ok(())
//! # }
//! ```
//!
//! Calls block; each has a `start_…` twin that returns a [`Job`], which can be waited for, awaited on
//! any async runtime, watched and cancelled. A call ends settled: completed, not completed, or unknown
//! with the reason ([`Error::outcome`]).

mod agentdrop;
pub mod diagnosis;
mod digest;
mod error;
mod exhausted;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod hcompany;
mod http;
mod job;
mod journal;
pub mod logs;
mod options;
mod os_limits;
mod paths;
mod prepare_source;
mod profile;
mod progress;

#[doc(hidden)]
pub mod runtime;
mod seal;
mod secret;
mod service;
mod source;
mod storage;
mod sys;
mod threads;
pub mod tools;

pub use agentdrop::{
    AgentDrop, AgentDropBuilder, Confirmed, Encryption, File, OpenedFile, PlannedFile, SealedFile, SentFile,
    SentTransfer, Transfer, TransferInfo, TransferPlan, TransferTicket, open_sealed, start_open_sealed,
};
pub use error::{Cleanup, Detail, Error, ErrorKind, Outcome, Resource, ResourceKind, Result, Side};
pub use hcompany::{HCompany, HCompanyBuilder, Profile, ProfileDetails, ProfileTicket, ProfileUpload};
#[doc(hidden)]
pub use job::ErasedJob;
pub use job::Job;
pub use options::{IntegrityCheck, OPTIONS, OptionKind, OptionSpec, OptionValue, Options};
pub use profile::{
    CategorySize, Consistency, CookieKeys, FileSize, IfRunning, LeftOut, Level, LockState, Pack, PackReport,
    ProfileInspection, Verdict, inspect_profile, start_inspect_profile,
};
pub use progress::{Phase, Progress};
pub use seal::KeyPair;
pub use service::ServiceCheck;
pub use source::Source;
pub use storage::{
    PostFormRequest, PostRequest, PutPartsRequest, PutRequest, SendRequest, Storage, StorageReply,
    StoredObject, StoredPart, StoredParts,
};
#[doc(hidden)]
pub use sys::WakePair;

/// The kinds of resources that services keep for a call, each named by its service: those that
/// [`Error::resource`] may name.
pub static RESOURCE_KINDS: &[&ResourceKind] = &[&agentdrop::TRANSFER, &hcompany::PROFILE];

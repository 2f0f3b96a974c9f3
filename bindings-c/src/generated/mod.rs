//! Made by dropoff-generate from the core's sources. Do not edit.

pub(crate) mod agentdrop;
pub(crate) mod error;
pub(crate) mod error_facts;
pub(crate) mod hcompany;
pub(crate) mod inspection;
pub(crate) mod options;
pub(crate) mod profile;
pub(crate) mod profile_upload;
pub(crate) mod progress;
pub(crate) mod sealed_file;
pub(crate) mod sent;
pub(crate) mod storage_requests;
pub(crate) mod stored_object;
pub(crate) mod stored_parts;
pub(crate) mod transfer;

/// What the modules use of each other and of the rest.
pub(crate) mod prelude {
    pub(crate) use std::ffi::{c_char, c_int, c_void};
    pub(crate) use std::mem::{MaybeUninit, offset_of, size_of};
    pub(crate) use std::ptr;
    pub(crate) use std::time::Duration;

    pub(crate) use dropoff::Result;

    pub(crate) use super::options::*;
    pub(crate) use super::stored_object::*;
    pub(crate) use crate::arena::{self, Arena, Described};
    pub(crate) use crate::callback::dropoff_finalizer;
    pub(crate) use crate::caller_struct::{CallerStruct, dropoff_pair, dropoff_pairs};
    pub(crate) use crate::error::{dropoff_error, dropoff_status};
    pub(crate) use crate::fields::Fields;
    pub(crate) use crate::given_options::GivenOptions;
    pub(crate) use crate::guard;
    pub(crate) use crate::handle::needed;
    pub(crate) use crate::job::{self, Outcome, dropoff_job};
    pub(crate) use crate::key_pair::dropoff_key_pair;
    pub(crate) use crate::progress::{Callback, dropoff_progress_fn};
    pub(crate) use crate::source::dropoff_source;
}

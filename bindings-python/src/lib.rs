//! The Python face of dropoff: the module table of `dropoff._native`.
//!
//! Nothing here knows a protocol. A call goes `inputs` → core job → `wait` → `results` or `errors`.
//!
//! Only `start_…` methods are compiled. Their waiting and awaiting forms, and every loop that runs the
//! caller's code, are Python (`dropoff/_waiting.py`, `_awaiting.py`, `_threads.py`): on a thread that is in
//! the interpreter when the program ends, Rust must not be below the caller's code (see `reader`).

mod agentdrop;
mod call_context;
mod client_state;
mod defect;
mod encryption;
mod errors;
mod file;
mod hcompany;
mod inputs;
mod job;
mod json;
mod keywords;
mod logs;
mod loop_waker;
mod opening;
mod options;
mod profile;
mod progress;
mod reader;
mod results;
mod storage;
mod stream_inputs;
mod tickets;
mod tools;
mod wait;

use pyo3::prelude::*;

/// The compiled half of `dropoff`; import the names from there.
#[pymodule]
mod _native {
    use super::*;

    #[pymodule_export]
    use super::agentdrop::AgentDrop;
    #[cfg(debug_assertions)]
    #[pymodule_export]
    use super::defect::_panic;
    #[pymodule_export]
    use super::encryption::{Encryption, KeyPair};
    #[pymodule_export]
    use super::errors::_error_kinds;
    #[pymodule_export]
    use super::file::File;
    #[pymodule_export]
    use super::hcompany::HCompany;
    #[pymodule_export]
    use super::inputs::_is_callback;
    #[pymodule_export]
    use super::job::{_start_into, Job};
    #[pymodule_export]
    use super::logs::{_records_handled, _records_owed, _records_queued, _records_settle, _records_take};
    #[pymodule_export]
    use super::loop_waker::LoopWaker;
    #[pymodule_export]
    use super::opening::{OpenedFile, start_open_sealed};
    #[pymodule_export]
    use super::profile::{Pack, start_inspect_profile};
    #[pymodule_export]
    use super::progress::Progress;
    #[pymodule_export]
    use super::results::{
        CategorySize, Confirmed, CookieKeys, FileSize, LeftOut, PackReport, PlannedFile, Profile,
        ProfileInspection, SentFile, SentTransfer, StorageReply, StoredObject, StoredPart, StoredParts,
        TransferInfo, TransferPlan,
    };
    #[pymodule_export]
    use super::storage::Storage;
    #[pymodule_export]
    use super::tickets::{ProfileTicket, TransferTicket};
    #[pymodule_export]
    use super::tools::{_ToolRoots, _tool_arguments, _tool_sentence, _tools_description};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // The waits of the sync forms, which the async ones share; in seconds.
        module.add("_POLL_INTERVAL", super::wait::POLL_INTERVAL.as_secs_f64())?;
        module.add("_CANCEL_WAIT_LIMIT", super::wait::CANCEL_WAIT_LIMIT.as_secs_f64())?;
        module.add("_LOG_DRAIN_LIMIT", super::wait::LOG_DRAIN_LIMIT.as_secs_f64())?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}

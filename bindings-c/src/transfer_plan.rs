//! AgentDrop: what a transfer would send
//!
//! What dropoff_agentdrop_plan results in.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;

use dropoff::{PlannedFile, TransferPlan};

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, needed};
use crate::job::{self, Outcome, dropoff_job};
use crate::text::{Json, Text};

/// What sending a transfer would send. Free it with dropoff_transfer_plan_free. `index` counts files from 0, in the
/// order they were added; one that is not below dropoff_transfer_plan_files_count gives NULL or 0.
///
/// Threads: it never changes, so any number of threads may read it at once.
pub struct dropoff_transfer_plan {
    plan: TransferPlan,
    files: Vec<File>,
    request: Json,
    json: Json,
    _live: LiveHandle,
}

struct File {
    name: Text,
    content_type: Text,
}

impl dropoff_transfer_plan {
    fn number<T: Default>(&self, index: usize, read: impl FnOnce(&PlannedFile) -> T) -> T {
        self.plan.files.get(index).map_or_else(T::default, read)
    }
    fn text(&self, index: usize, read: impl FnOnce(&File) -> &Text) -> *const c_char {
        self.files.get(index).map_or(ptr::null(), |file| read(file).as_ptr())
    }
}

impl Outcome for TransferPlan {
    type Handle = dropoff_transfer_plan;
    const NAME: &'static str = "transfer_plan";
    fn handle(self) -> dropoff_transfer_plan {
        let files = self.files.iter();
        let file =
            |f: &PlannedFile| File { name: Text::new(&f.name), content_type: Text::new(&f.content_type) };
        dropoff_transfer_plan {
            files: files.map(file).collect(),
            request: Json::new(),
            json: Json::new(),
            plan: self,
            _live: LiveHandle::new(),
        }
    }
}

/// Waits for a job of dropoff_agentdrop_start_plan and gives its result, which is yours to free; or what the job failed
/// with.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_transfer_plan(
    job: Option<&dropoff_job>,
    plan: Option<&mut MaybeUninit<*mut dropoff_transfer_plan>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<TransferPlan>(job, needed!(plan)))
}

/// Frees a plan. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_plan_free(plan: Option<Box<dropoff_transfer_plan>>) {
    guard::free(plan);
}

/// Whether its files would go in parts.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_plan_multipart(plan: Option<&dropoff_transfer_plan>) -> bool {
    guard::get(plan, false, |p| p.plan.multipart)
}

/// Whether they would be sealed.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_plan_encrypted(plan: Option<&dropoff_transfer_plan>) -> bool {
    guard::get(plan, false, |p| p.plan.encrypted)
}

/// Bytes that would be sent in all.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_plan_total_bytes(plan: Option<&dropoff_transfer_plan>) -> u64 {
    guard::get(plan, 0, |p| p.plan.total_bytes)
}

/// How many files it has.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_plan_files_count(plan: Option<&dropoff_transfer_plan>) -> usize {
    guard::get(plan, 0, |p| p.files.len())
}

/// A file's name. Lives as long as the plan.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_plan_files_name(
    plan: Option<&dropoff_transfer_plan>,
    index: usize,
) -> *const c_char {
    guard::get(plan, ptr::null(), |p| p.text(index, |file| &file.name))
}

/// Bytes that would be sent of it: 16 more than the file has if it would be sealed here.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_plan_files_size(
    plan: Option<&dropoff_transfer_plan>,
    index: usize,
) -> u64 {
    guard::get(plan, 0, |p| p.number(index, |file| file.size))
}

/// Its media type. Lives as long as the plan.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_plan_files_content_type(
    plan: Option<&dropoff_transfer_plan>,
    index: usize,
) -> *const c_char {
    guard::get(plan, ptr::null(), |p| p.text(index, |file| &file.content_type))
}

/// How many parts it would be sent in; 0 if it would go whole.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_plan_files_parts(
    plan: Option<&dropoff_transfer_plan>,
    index: usize,
) -> u32 {
    guard::get(plan, 0, |p| p.number(index, |file| file.parts))
}

/// Bytes of each of its parts but the last; 0 if it would go whole.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_plan_files_part_size(
    plan: Option<&dropoff_transfer_plan>,
    index: usize,
) -> u64 {
    guard::get(plan, 0, |p| p.number(index, |file| file.part_size.unwrap_or(0)))
}

/// The body of the first request, as one JSON object. What would be secret or random in it is "[hidden]". Lives as long
/// as the plan.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_plan_request_json(plan: Option<&dropoff_transfer_plan>) -> *const c_char {
    guard::get(plan, ptr::null(), |p| p.request.of(&p.plan.request))
}

/// Every field as one JSON object, the same in all languages. Lives as long as the plan.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_plan_to_json(plan: Option<&dropoff_transfer_plan>) -> *const c_char {
    guard::get(plan, ptr::null(), |p| p.json.of(&p.plan))
}

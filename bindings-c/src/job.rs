//! Jobs
//!
//! Each call that takes time has a form that waits and a `_start_` form that gives a job. Ask the job for its
//! result with the function of its kind, such as dropoff_job_profile; each of these waits until the job is
//! over, and may be called again. In a forked child a job of the parent is DROPOFF_CANCELLED; the child can
//! start jobs of its own.

use std::any::Any;
use std::ffi::{c_int, c_void};
use std::mem::{MaybeUninit, size_of};
use std::ptr::{self, NonNull};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use dropoff::{ErasedJob, Error, Job, Result};

use crate::callback::{UserData, dropoff_finalizer};
use crate::callback_state::CallbackState;
use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, give, needed, not_null};
use crate::job_fd::JobFd;
use crate::progress::{Callback, PROGRESS_INTERVAL, dropoff_progress, dropoff_progress_fn};
use crate::sys;

/// A call that was started and may still be running. Freeing it does not stop the call; only
/// dropoff_job_cancel does.
///
/// Threads: any number may use one job at once, but for freeing it.
pub struct dropoff_job {
    shared: Arc<SharedJob>,
    _live: LiveHandle,
}

struct SharedJob {
    job: Arc<dyn ErasedJob<AnyResult>>,
    /// The rest of the function that gives the result.
    result_name: &'static str,
    callback_state: OnceLock<Arc<CallbackState>>,
    fd: JobFd,
}

/// Told once that a job is over. `job` is the job's own, for this call only: ask it for its result, and do
/// not free it.
///
/// Threads: it is called on a thread of dropoff's own, where it may use all of dropoff.
pub type dropoff_done_fn = Option<unsafe extern "C" fn(job: *const dropoff_job, user_data: *mut c_void)>;

/// What a job can result in, and what C gets for it, which it frees.
pub(crate) trait Outcome: Clone + Send + 'static {
    type Handle;
    /// The rest of the function that gives it: dropoff_job_….
    const NAME: &'static str;
    fn handle(self) -> *mut Self::Handle;
}

/// What a job resulted in, whatever that is.
type AnyResult = Box<dyn Any + Send>;

/// The size of dropoff_progress in 0.1. The struct may grow, but a program compiled before goes on asking for
/// this.
const FIRST_SIZE: usize = 48;
const _: () = assert!(size_of::<dropoff_progress>() >= FIRST_SIZE);

/// Starts a call, and telling its progress.
pub(crate) fn started<T: Outcome>(
    progress: Option<Callback>,
    start: impl FnOnce() -> Result<Job<T>>,
) -> Result<dropoff_job> {
    let job = sys::starting_threads(start)?.erased(|result| Box::new(result) as AnyResult);
    let job = dropoff_job::new(Arc::new(SharedJob {
        job,
        result_name: T::NAME,
        callback_state: OnceLock::new(),
        fd: JobFd::default(),
    }));
    if let Some(callback) = progress {
        job.tell(callback)?;
    }
    Ok(job)
}

impl dropoff_job {
    fn new(shared: Arc<SharedJob>) -> Self {
        Self { shared, _live: LiveHandle::new() }
    }

    fn tell(&self, callback: Callback) -> Result<()> {
        let (tell, state) = callback.into_running();
        if self.shared.callback_state.set(state).is_err() {
            return Err(Error::bad_argument("this job already tells its progress; give one callback for it"));
        }
        sys::starting_threads(|| self.shared.job.watch(PROGRESS_INTERVAL, Box::new(tell)));
        Ok(())
    }

    /// How it ended, if it does within `limit`; the last call of its progress callback is a part of it.
    fn wait(&self, limit: Option<Duration>) -> Option<Result<()>> {
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        let ended = self.shared.job.wait_timeout(limit.unwrap_or(Duration::MAX))?;
        if let Some(state) = self.shared.callback_state.get() {
            loop {
                let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
                if state.over_within(left.unwrap_or(PROGRESS_INTERVAL)) {
                    break;
                }
                if left.is_some_and(|left| left.is_zero()) {
                    return None;
                }
            }
        }
        Some(ended)
    }

    /// A descriptor that becomes readable at its end.
    fn fd(&self) -> Result<c_int> {
        self.shared.fd.get(|waker| {
            let registration = self.shared.job.wake_when_over(waker);
            // One of the parent's is over in a forked child, and nobody wakes there.
            if self.shared.job.wait_timeout(Duration::ZERO).is_some() {
                waker.wake_by_ref();
            }
            registration
        })
    }

    /// Waits for its result.
    pub(crate) fn result<T: Outcome>(&self) -> Result<T> {
        let (is, asked) = (self.shared.result_name, T::NAME);
        if is != asked {
            return Err(Error::bad_argument(&format!(
                "this job results in a {is}, not in a {asked}; ask it with dropoff_job_{is}"
            )));
        }
        // The result itself is told by the core; this waits for what goes with it.
        let _ = self.wait(None);
        let result = self.shared.job.try_result().and_then(|result| match result {
            Ok(result) => result.downcast::<T>().ok().map(|result| Ok(*result)),
            Err(error) => Some(Err(error)),
        });
        result.unwrap_or_else(|| Err(Error::internal("a job ended without its result")))
    }
}

/// The body of dropoff_job_profile and its like.
pub(crate) fn give_result<T: Outcome>(
    job: Option<&dropoff_job>,
    place: Result<&mut MaybeUninit<*mut T::Handle>>,
) -> Result<()> {
    let job = needed!(job)?;
    let place = place?;
    place.write(job.result::<T>()?.handle());
    Ok(())
}

/// The body of a call that waits.
pub(crate) fn finish<T: Outcome>(
    place: Result<&mut MaybeUninit<*mut T::Handle>>,
    start: impl FnOnce() -> Result<dropoff_job>,
) -> Result<()> {
    let place = place?;
    place.write(start()?.result::<T>()?.handle());
    Ok(())
}

/// The body of a call that does not wait.
pub(crate) fn give_started(
    place: Result<&mut MaybeUninit<*mut dropoff_job>>,
    start: impl FnOnce() -> Result<dropoff_job>,
) -> Result<()> {
    let place = place?;
    give(place, start()?);
    Ok(())
}

/// Waits until the job is over. DROPOFF_OK if it succeeded, otherwise what it failed with.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_wait(
    job: Option<&dropoff_job>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || needed!(job)?.wait(None).unwrap_or(Ok(())))
}

/// Waits `ms` milliseconds at most. DROPOFF_OK and `over` false: it is still running. DROPOFF_OK and `over`
/// true: it succeeded. Another status is what it failed with, and `over` is not written.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_wait_ms(
    job: Option<&dropoff_job>,
    ms: u64,
    over: Option<&mut MaybeUninit<bool>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (job, place) = (needed!(job)?, needed!(over)?);
        let ended = job.wait(Some(Duration::from_millis(ms)));
        let over = ended.is_some();
        ended.unwrap_or(Ok(()))?;
        place.write(over);
        Ok(())
    })
}

/// Whether the job is over, one way or the other, and its progress callback is through. Does not wait. False
/// for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_is_done(job: Option<&dropoff_job>) -> bool {
    guard::get(job, false, |job| job.wait(Some(Duration::ZERO)).is_some())
}

/// Asks the job to stop. It ends with DROPOFF_CANCELLED unless it was over already; wait for it to know
/// which. Does not wait. NULL, or a job that is over, is fine.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_cancel(job: Option<&dropoff_job>) {
    guard::get(job, (), |job| job.shared.job.cancel());
}

/// How far the job is. `size` is sizeof(dropoff_progress): no more is written than that.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_job_progress(
    job: Option<&dropoff_job>,
    size: usize,
    progress: *mut dropoff_progress,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (job, place) = (needed!(job)?, not_null(NonNull::new(progress), "progress")?);
        if size < FIRST_SIZE {
            return Err(Error::bad_argument("size is too small; pass sizeof(dropoff_progress)"));
        }
        let mut snapshot = dropoff_progress::of(job.shared.job.progress());
        snapshot.size = size.min(size_of::<dropoff_progress>());
        // SAFETY: the caller says that `size` bytes can be written there; no more are, and no more are read.
        unsafe {
            ptr::copy_nonoverlapping(
                ptr::from_ref(&snapshot).cast::<u8>(),
                place.as_ptr().cast(),
                snapshot.size,
            )
        };
        Ok(())
    })
}

/// Tells the job's progress to a callback from now on. A job has one such callback; a request's on_progress
/// is the same.
///
/// May be NULL: user_data, finalizer.
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_job_on_progress(
    job: Option<&dropoff_job>,
    callback: dropoff_progress_fn,
    user_data: *mut c_void,
    finalizer: dropoff_finalizer,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    let user_data = UserData::new(user_data, finalizer);
    guard::run(error, || {
        let (job, callback) = (needed!(job)?, needed!(callback)?);
        job.tell(Callback::new(callback, user_data))
    })
}

/// Calls `callback` once when the job is over; at once, on another thread, if it is already. A job takes any
/// number of these. They are called also when the handle is freed before. Waiting for the job does not wait
/// for them.
///
/// May be NULL: user_data, finalizer.
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_job_on_done(
    job: Option<&dropoff_job>,
    callback: dropoff_done_fn,
    user_data: *mut c_void,
    finalizer: dropoff_finalizer,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    let user_data = UserData::new(user_data, finalizer);
    guard::run(error, || {
        let (job, callback) = (needed!(job)?, needed!(callback)?);
        let shared = Arc::clone(&job.shared);
        let call = move || {
            let job = dropoff_job::new(shared);
            // SAFETY: the function C gave for this user_data, called once; `job` outlives the call.
            unsafe { callback(ptr::from_ref(&job), user_data.pointer()) };
        };
        sys::starting_threads(|| job.shared.job.on_done(Box::new(call)));
        Ok(())
    })
}

/// A descriptor that becomes readable when the job is over, for poll, epoll, GLib or libuv, and stays so.
/// Then ask for the result, which waits for the last call of the progress callback at most. It does not wait
/// for on_done callbacks. It is the job's: do not read from it, and do not close it; it goes with the last
/// handle of the job. Each call gives the same one; a forked child asks anew.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_fd(
    job: Option<&dropoff_job>,
    fd: Option<&mut MaybeUninit<c_int>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (job, place) = (needed!(job)?, needed!(fd)?);
        place.write(job.fd()?);
        Ok(())
    })
}

/// Frees the handle, at any time. A job that is still running goes on, its callbacks are still called, and
/// nothing waits for it any more. NULL is fine. Not while another thread uses the same handle.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_free(job: Option<Box<dropoff_job>>) {
    guard::free(job);
}

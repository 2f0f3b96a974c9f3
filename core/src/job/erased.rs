//! A job without its result type, for languages whose classes have no type parameters.

use std::any::Any;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use super::handle::Job;
use crate::error::Result;
use crate::progress::Progress;

/// A handle to a job, whatever it results in: its result comes as `R`.
pub trait ErasedJob<R>: Send + Sync {
    /// See [`Job::wait_timeout`].
    fn wait_timeout(&self, limit: Duration) -> Option<Result<()>>;
    /// See [`Job::try_result`].
    fn try_result(&self) -> Option<Result<R>>;
    /// See [`Job::cancel`].
    fn cancel(&self);
    /// See [`Job::progress`].
    fn progress(&self) -> Progress;
    /// See [`Job::number`].
    fn number(&self) -> u64;
    /// See [`Job::watch`].
    fn watch(&self, interval: Duration, f: Box<dyn FnMut(Progress) -> ControlFlow<()> + Send>);
    /// See [`Job::on_done`].
    fn on_done(&self, f: Box<dyn FnOnce() + Send>);
    /// Wakes `waker` when the job is over, unless what this gives is dropped before. It starts no thread,
    /// which a full process may not have.
    fn wake_when_over(&self, waker: &Waker) -> Box<dyn Any + Send + Sync>;
    /// The job as its `Debug` shows it.
    fn shown(&self) -> String;
}

struct Converted<T, R> {
    job: Job<T>,
    convert: fn(T) -> R,
}

impl<T: Clone + Send + 'static> Job<T> {
    /// The same job, its result converted whenever somebody asks for it.
    #[doc(hidden)]
    pub fn erased<R: 'static>(self, convert: fn(T) -> R) -> Arc<dyn ErasedJob<R>> {
        Arc::new(Converted { job: self, convert })
    }

    /// A job that results in `value` and does nothing, for the tests of bindings.
    ///
    /// # Errors
    /// `unavailable` if there is no thread for it.
    #[doc(hidden)]
    pub fn ready(value: T) -> Result<Self> {
        super::runner::start("ready", None, |_| async { Ok(value) })
    }
}

impl<T: Clone + Send + 'static, R> ErasedJob<R> for Converted<T, R> {
    fn wait_timeout(&self, limit: Duration) -> Option<Result<()>> {
        self.job.wait_timeout(limit).map(|result| result.map(drop))
    }
    fn try_result(&self) -> Option<Result<R>> {
        self.job.try_result().map(|result| result.map(self.convert))
    }
    fn cancel(&self) {
        self.job.cancel();
    }
    fn progress(&self) -> Progress {
        self.job.progress()
    }
    fn number(&self) -> u64 {
        self.job.number()
    }
    fn watch(&self, interval: Duration, f: Box<dyn FnMut(Progress) -> ControlFlow<()> + Send>) {
        self.job.watch(interval, f);
    }
    fn on_done(&self, f: Box<dyn FnOnce() + Send>) {
        self.job.on_done(|_| f());
    }
    fn wake_when_over(&self, waker: &Waker) -> Box<dyn Any + Send + Sync> {
        let mut handle = self.job.clone();
        if Pin::new(&mut handle).poll(&mut Context::from_waker(waker)).is_ready() {
            waker.wake_by_ref();
        }
        Box::new(handle)
    }
    fn shown(&self) -> String {
        format!("{:?}", self.job)
    }
}

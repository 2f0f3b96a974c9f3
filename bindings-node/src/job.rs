//! `Job`: a call that runs while JavaScript goes on, whatever it will result in.

use std::sync::Arc;
use std::time::Duration;

use dropoff::{ErasedJob, Error};
use napi::bindgen_prelude::Object;
use napi::{Either, Env};
use napi_derive::napi;

use crate::errors::{Failed, caught, facts, guarded, refused};
use crate::results::{ToJs, Value};
use crate::teardown;

/// A core job without its result type, since a JavaScript class has no type parameters.
pub(crate) type AnyJob = dyn ErasedJob<Value>;

/// A call that was started.
#[napi]
pub struct Job(Arc<AnyJob>);

/// How a call ended: one of the two.
#[napi(object, object_from_js = false)]
pub struct Settled {
    /// The result: a ticket, or JSON text.
    pub value: Option<Value>,
    /// The facts of the error, as JSON text.
    pub error: Option<String>,
}

/// How far a call is.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct Snapshot {
    /// What it is doing.
    pub phase: &'static str,
    /// Source bytes handed to the network, or packed.
    pub bytes_done: f64,
    /// Source bytes in all.
    pub bytes_total: f64,
    /// Files storage has accepted.
    pub files_done: u32,
    /// Files in all.
    pub files_total: u32,
    /// Requests that were repeated.
    pub retries: u32,
    /// Milliseconds since the start.
    pub elapsed: f64,
    /// Milliseconds in which the bytes were counted.
    pub active_for: f64,
    /// Average rate of packing or sending.
    pub bytes_per_second: f64,
    /// Milliseconds in which uploads may still start.
    pub ticket_left: Option<f64>,
    /// Milliseconds that sending takes.
    pub time_needed: Option<f64>,
    /// What is likely to go wrong.
    pub warning: Option<String>,
}

impl Job {
    /// Makes the request and starts it.
    pub(crate) fn start<T: ToJs + Clone + Send + 'static>(
        env: &Env,
        request: impl FnOnce() -> Result<dropoff::Job<T>, Error>,
    ) -> Either<Self, Failed> {
        guarded(|| {
            // First: a call that could not be stopped must not start.
            let teardown = teardown::of(env).map_err(|e| refused(&e))?;
            let job = request()?.erased(|result| result.to_js());
            teardown.remember(&job);
            Ok(Self(job))
        })
    }
}

#[napi]
impl Job {
    /// A promise that is kept when the call is over, well or not. It keeps the program alive till then.
    #[napi(ts_return_type = "Promise<void>", catch_unwind)]
    pub fn over<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        let (deferred, promise) = env.create_deferred::<(), _>()?;
        self.0.on_done(Box::new(move || deferred.resolve(|_| Ok(()))));
        Ok(promise)
    }

    /// How it ended; null while it runs. `closed`: a stream of the caller's was closed with it.
    #[napi]
    pub fn settled(&self, closed: bool) -> Option<Settled> {
        match caught(|| self.0.try_result()) {
            Ok(None) => None,
            Ok(Some(Ok(value))) => Some(Settled { value: Some(value), error: None }),
            Ok(Some(Err(error))) | Err(error) => {
                let error = if closed { error.stream_is_closed() } else { error };
                Some(Settled { value: None, error: Some(facts(&error).to_string()) })
            }
        }
    }

    /// Whether it is over.
    #[napi(getter, catch_unwind)]
    pub fn done(&self) -> bool {
        self.0.wait_timeout(Duration::ZERO).is_some()
    }

    /// Asks it to stop.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// How far it is.
    #[napi(catch_unwind)]
    pub fn progress(&self) -> Snapshot {
        let now = self.0.progress();
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        Snapshot {
            phase: now.phase.as_str(),
            bytes_done: now.bytes_done as f64,
            bytes_total: now.bytes_total as f64,
            files_done: now.files_done,
            files_total: now.files_total,
            retries: now.retries,
            elapsed: milliseconds(now.elapsed),
            active_for: milliseconds(now.active_for),
            bytes_per_second: now.bytes_per_second(),
            ticket_left: now.ticket_left.map(milliseconds),
            time_needed: now.time_needed.map(milliseconds),
            warning: now.warning(),
        }
    }

    /// As it may be printed.
    #[napi(catch_unwind)]
    pub fn shown(&self) -> String {
        self.0.shown()
    }
}

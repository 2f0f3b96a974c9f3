//! Panics on order, for the test that they stop at the boundary. Debug builds only.

use std::sync::Arc;
use std::thread;

use dropoff::Error;
use napi::Either;
use napi_derive::napi;

use crate::errors::{Failed, guarded};
use crate::job::{Job, Work};
use crate::results::Value;

/// Panics while a call is started, or while its result is made.
#[napi(js_name = "_panic")]
pub fn panic_now(at_start: bool) -> Either<Job, Failed> {
    guarded(|| {
        assert!(!at_start, "a panic on order, at the start");
        Ok(Job::of(Arc::new(PanicsAtTheEnd)))
    })
}

struct PanicsAtTheEnd;

impl Work for PanicsAtTheEnd {
    fn result(&self) -> Option<Result<Value, Error>> {
        panic!("a panic on order, at the end")
    }
    fn on_over(&self, f: Box<dyn FnOnce() + Send>) {
        thread::spawn(f);
    }
    fn is_over(&self) -> bool {
        true
    }
    fn cancel(&self) {}
    fn progress(&self) -> dropoff::Progress {
        dropoff::Progress { phase: dropoff::Phase::Done, ..Default::default() }
    }
    fn shown(&self) -> String {
        "Job(panic, done)".to_owned()
    }
}

//! Panics on order, for the test that they stop at the boundary. Debug builds only.

use napi::{Either, Env};
use napi_derive::napi;

use crate::errors::Failed;
use crate::job::Job;
use crate::results::{ToJs, Value};

/// Panics while a call is started, or while its result is made.
#[napi(js_name = "_panic")]
pub fn panic_now(env: &Env, at_start: bool) -> Either<Job, Failed> {
    Job::start(env, || {
        assert!(!at_start, "a panic on order, at the start");
        dropoff::Job::ready(PanicsAtTheEnd)
    })
}

#[derive(Clone)]
struct PanicsAtTheEnd;

impl ToJs for PanicsAtTheEnd {
    fn to_js(&self) -> Value {
        panic!("a panic on order, at the end")
    }
}

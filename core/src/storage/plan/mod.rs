//! Plans: what a backend hands out, as JSON, so that an upload can be sent without a word of the backend's
//! own API. `read` finds out which form a text has, `presigned`, `own` and `git_lfs` read one form each, by
//! the `cursor`, into the `model`; `targets` puts every request of it past the guard, `fit` holds it against
//! the source, and `execute` sends it with the engine that sends every other upload. It knows no backend and
//! no binding.

mod cursor;
mod execute;
mod fit;
mod git_lfs;
mod headers;
mod model;
mod own;
mod presigned;
mod read;
mod steps;
mod targets;
mod want_digest;

pub(super) use execute::send_now;
#[cfg(any(test, fuzzing))]
pub(crate) use read::read as read_plan;
#[cfg(any(test, fuzzing))]
pub(crate) use targets::Targets as PlanTargets;

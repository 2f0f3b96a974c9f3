//! H Company's API for browser profiles. Knows storage only through tickets and the question "what lies under
//! this key".

mod complete;
mod complete_body;
mod errors;
mod initiate;
mod profiles;
mod routes;

pub(crate) use profiles::all_profiles;
pub(crate) use routes::{API_KEY, PREFIX, handle};

//! H Company's API.

pub(crate) mod routes;

//! AgentDrop's API.

pub(crate) mod agents;
pub(crate) mod create;
pub(crate) mod multipart;
pub(crate) mod read;
pub(crate) mod routes;

//! AgentDrop's API. Knows storage only through presigned URLs and the question "what lies under this key".

mod agents;
mod channels;
mod checks;
mod confirm;
mod create;
mod download;
mod encryption;
mod errors;
mod inbox;
mod multipart;
mod multipart_presign;
mod presign;
mod reader;
mod registration;
mod routes;
mod show;
mod transfer;
mod transfer_file;

pub(crate) use agents::{all_agents, register};
pub(crate) use create::MAX_FORM;
pub(crate) use routes::{API_KEY, handle};
pub(crate) use show::all_transfers;

//! H Company's browser profiles: initiate → presigned POST form with a zip → complete → proof by the
//! service's own SHA-256.

mod archive;
mod client;
mod complete;
mod initiate;
mod profile;
mod profile_source;
mod request;
mod resource;
mod ticket;
mod unchanged;
mod upload_archive;
mod upload_profile;
pub(crate) mod wire;

pub use client::{HCompany, HCompanyBuilder};
pub use profile::Profile;
pub use request::{ProfileDetails, ProfileUpload};
pub(crate) use resource::PROFILE;
pub use ticket::ProfileTicket;

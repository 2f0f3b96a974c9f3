//! Storage: what holds the uploaded bytes, and how it answers.

pub(crate) mod external;
pub(crate) mod handler;
pub(crate) mod objects;
pub(crate) mod s3_backend;
pub(crate) mod uploads;

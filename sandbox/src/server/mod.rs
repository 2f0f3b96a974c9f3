//! Connections, and the requests on them.

pub(crate) mod faulty_io;
pub(crate) mod listener;
pub(crate) mod tls;

//! Connections, and the requests on them, with the faults they meet. Knows no service's rules.

mod altered_reply;
mod connection;
mod dispatch;
mod fault_injection;
mod faulty_io;
mod listener;
mod takeover;
mod tls;

pub(crate) use listener::{listen, serve};
pub(crate) use tls::{Acceptors, make as make_certificates};

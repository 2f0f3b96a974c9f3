//! The two HTTP clients. [`api`] talks JSON to a service and carries the key; [`storage`] sends bytes
//! to presigned targets and has no way to hold one. Neither knows a provider.

pub(crate) mod api;
mod api_call;
mod attempt;
mod bandwidth;
mod body;
mod budget;
mod certificate;
mod clients;
mod connections;
mod connector;
mod guard;
mod limits;
mod line;
mod messages;
mod meter;
pub(crate) mod page;
mod pool;
mod proxies;
mod resolve;
pub(crate) mod retry;
pub(crate) mod status;
pub(crate) mod storage;
mod tls;
mod tls_error;
mod transport_error;
pub(crate) mod tries;
mod tunnel;
mod x509;

pub(crate) use body::Payload;
pub(crate) use clients::{Clients, HttpClients};
pub(crate) use connections::ConnectionTurn;
pub(crate) use guard::{Target, is_loopback};
pub(crate) use messages::{Handling, Outgoing, Reply};
pub(crate) use tls::system_roots;

//! The sandbox as a client meets it: bytes on sockets. One program, so that it links once.

mod agents;
mod client;
mod create;
mod dialects;
mod external;
mod faults;
mod multipart;
mod pace;
mod program;
mod providers;
mod storage;
mod tls;

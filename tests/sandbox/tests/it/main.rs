//! The sandbox as a client meets it: bytes on sockets. One program, so that it links once.

mod client;
mod faults;
mod program;
mod providers;
mod storage;
mod tls;

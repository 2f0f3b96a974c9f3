//! Peers that behave badly on purpose, below what an HTTP server lets one do.

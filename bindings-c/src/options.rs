//! Options
//!
//! Settings of a client, shared by all of them: time limits, retries, sizes, proxies and trust.
//!
//!     dropoff_options options = DROPOFF_OPTIONS_INIT;
//!     options.stall_timeout_ms = 60000;
//!     dropoff_storage_new(&options, &client, &error);

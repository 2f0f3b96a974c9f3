//! What both programs share: the job they are given, and the probe that measures it.

pub mod job;
pub mod probe;

/// Of a program that ends with its first error.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

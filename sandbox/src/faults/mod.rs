//! Faults that a test ordered, or that hostile mode draws.

pub(crate) mod hostile;
pub(crate) mod orders;

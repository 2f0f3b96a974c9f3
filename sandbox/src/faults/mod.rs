//! Faults that requests meet: ordered, or drawn at random.

mod action;
mod hostile;
mod orders;

pub(crate) use action::{Action, Fault, OrderedReply};
pub(crate) use hostile::Hostile;
pub(crate) use orders::Faults;

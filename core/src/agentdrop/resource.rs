//! A transfer, as an error names it.

use crate::error::{Error, ResourceKind};

pub(crate) static TRANSFER: ResourceKind = ResourceKind {
    name: "transfer",
    id_fact: "transfer_id",
    getter: "get_transfer",
    settled: "was confirmed",
};

impl Error {
    /// The transfer that was reserved before the failure.
    #[must_use]
    pub fn transfer_id(&self) -> Option<&str> {
        self.resource_id(&TRANSFER)
    }
}

//! A profile, as an error names it.

use crate::error::{Error, ResourceKind};

pub(crate) static PROFILE: ResourceKind =
    ResourceKind { name: "profile", id_fact: "profile_id", getter: "get_profile", settled: "is registered" };

impl Error {
    /// The profile that was reserved before the failure.
    #[must_use]
    pub fn profile_id(&self) -> Option<&str> {
        self.resource_id(&PROFILE)
    }
}

//! The thing that a service keeps for a call. Each service's folder says what kinds there are, and
//! [`crate::RESOURCE_KINDS`] lists them.

/// A kind of thing that a service keeps for a call.
#[derive(Debug, PartialEq, Eq)]
pub struct ResourceKind {
    /// Its name, in one word that may stand in a sentence.
    pub name: &'static str,
    /// The fact of an error that is its id, beside [`Error::resource`](crate::Error::resource).
    pub id_fact: &'static str,
    /// The call that tells how it stands.
    pub getter: &'static str,
    /// The effect of a call's last step on it, for a sentence after its name.
    pub(crate) settled: &'static str,
}

/// One thing that a service keeps for a call, which was reserved before the call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    kind: &'static ResourceKind,
    id: String,
}

impl Resource {
    pub(crate) fn new(kind: &'static ResourceKind, id: &str) -> Self {
        Self { kind, id: id.to_owned() }
    }
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> &'static ResourceKind {
        self.kind
    }
    /// The service's id for it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

//! A reserved profile and where its archive goes.

use std::time::Duration;

use serde_json::Value;

use super::wire::Initiated;
use crate::error::Result;
use crate::service::Service;
use crate::storage::FormTarget;

/// A reserved profile and the presigned form to send its archive with. Printing shows no secret.
#[derive(Clone)]
pub struct ProfileTicket {
    pub(super) wire: Initiated,
    pub(super) received: tokio::time::Instant,
}

impl ProfileTicket {
    /// The reserved id; give it to [`HCompany::complete_upload`](crate::HCompany::complete_upload).
    #[must_use]
    pub fn profile_id(&self) -> &str {
        &self.wire.profile_id
    }
    /// How long an upload may still start.
    #[must_use]
    pub fn expires_in(&self) -> Duration {
        Duration::from_secs(self.wire.upload_expires_in).saturating_sub(self.received.elapsed())
    }
    /// The service's reply, secrets included. Do not log it.
    #[must_use]
    pub fn reveal(&self) -> Value {
        self.wire.reveal()
    }
}

impl std::fmt::Debug for ProfileTicket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.wire.fmt(f)
    }
}

/// The form to send the archive with, for as long as the ticket lasts.
pub(super) fn form(service: &Service, ticket: &ProfileTicket) -> Result<FormTarget> {
    let (fields, left) = (ticket.wire.fields()?, ticket.expires_in());
    FormTarget::new(&ticket.wire.upload_url, fields, Some(left), &service.clients.options)
}

//! Tickets: the presigned targets of a call done step by step.

use napi_derive::napi;

/// A reserved profile and the presigned form to send its archive with.
#[napi]
pub struct ProfileTicket(pub(crate) dropoff::ProfileTicket);

#[napi]
impl ProfileTicket {
    /// The reserved id.
    #[napi(getter)]
    pub fn profile_id(&self) -> &str {
        self.0.profile_id()
    }
    /// Milliseconds in which an upload may still start.
    #[napi(getter)]
    pub fn expires_in(&self) -> f64 {
        self.0.expires_in().as_secs_f64() * 1000.0
    }
    /// The service's reply as JSON text, secrets included.
    #[napi]
    pub fn reveal(&self) -> String {
        self.0.reveal().to_string()
    }
}

/// A pending transfer and its presigned URLs.
#[napi]
pub struct TransferTicket(pub(crate) dropoff::TransferTicket);

#[napi]
impl TransferTicket {
    /// The transfer's id.
    #[napi(getter)]
    pub fn id(&self) -> &str {
        self.0.id()
    }
    /// When the service says its URLs expire.
    #[napi(getter)]
    pub fn expires_at(&self) -> Option<&str> {
        self.0.expires_at()
    }
    /// The service's reply as JSON text, secrets included.
    #[napi]
    pub fn reveal(&self) -> String {
        self.0.reveal().to_string()
    }
}

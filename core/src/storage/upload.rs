//! One upload: what goes where, and until when it may start.

use std::borrow::Cow;

use super::demanded_checksum::FilledChecksums;
use super::expiry::Expiry;
use super::ticket_origin::TicketOrigin;
use super::url_query::parameter;
use crate::http::Outgoing;
use crate::http::Target;
use crate::secret::Mask;

/// One upload: what goes where, and until when it may start.
pub(super) struct Upload<'a> {
    pub(super) operation: &'static str,
    /// For what storage's answers to such requests have in common: a part's may be others than an object's.
    pub(super) kind: &'static str,
    pub(super) target: &'a Target,
    pub(super) outgoing: Outgoing,
    /// The fields of a form.
    pub(super) fields: Cow<'a, [(String, String)]>,
    /// The checksums that its ticket demanded and did not tell.
    pub(super) filled: FilledChecksums,
    pub(super) expiry: Option<Expiry>,
    pub(super) from: TicketOrigin,
    /// Whether a digest that costs as much as the upload is worth it.
    pub(super) costly_check: bool,
    /// Secrets of the ticket that storage may echo.
    pub(super) mask: Mask,
}

impl Upload<'_> {
    /// For the sentences about it.
    pub(super) fn host(&self) -> &str {
        self.target.url().host_str().unwrap_or("")
    }

    /// The ticket's value under this name (in lower case): as a header, a field, or a parameter of its URL.
    pub(super) fn says(&self, name: &str) -> Option<String> {
        // Not `get`, which makes a name of each text first: there are few headers, and many names to ask for.
        if let Some((_, value)) = self.outgoing.headers.iter().find(|(n, _)| n.as_str() == name) {
            return Some(String::from_utf8_lossy(value.as_bytes()).trim().to_owned());
        }
        if let Some((_, value)) = self.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)) {
            return Some(value.trim().to_owned());
        }
        parameter(self.target.url(), name).map(Cow::into_owned)
    }
}

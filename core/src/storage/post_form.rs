//! A presigned `POST` form: every field as it was given, then the file.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method};

use super::checksums::demandable;
use super::demanded_checksum::FilledChecksums;
use super::expiry::Expiry;
use super::form::{self, Fields, FilePart};
use super::policy::Policy;
use super::ticket_origin::TicketOrigin;
use super::upload::Upload;
use super::url_query;
use crate::digest::AlgorithmSet;
use crate::error::{Error, Result};
use crate::http::Target;
use crate::http::{Handling, Outgoing, Payload};
use crate::options::Options;
use crate::secret::Mask;
use crate::source::Prepared;

#[derive(Debug)]
pub(crate) struct FormTarget {
    target: Target,
    fields: Fields,
    policy: Option<Policy>,
    expiry: Option<Expiry>,
    from: TicketOrigin,
    file_name: String,
    file_field: String,
    user_agent: String,
}

impl FormTarget {
    /// `lifetime` is what the service said just now; without it the policy's own date counts.
    pub(crate) fn new(
        url: &str,
        fields: Vec<(String, String)>,
        lifetime: Option<Duration>,
        options: &Options,
    ) -> Result<Self> {
        Self::with_file_field(url, fields, "file", lifetime, options)
    }

    /// The same for a form whose file stands in a field of another name.
    pub(crate) fn with_file_field(
        url: &str,
        fields: Vec<(String, String)>,
        file_field: &str,
        lifetime: Option<Duration>,
        options: &Options,
    ) -> Result<Self> {
        let from = if lifetime.is_some() { TicketOrigin::Service } else { TicketOrigin::Caller };
        url_query::check_writing(url, from)?;
        let target = Target::check(url, options)?;
        let fields = Fields(fields);
        if file_field.is_empty() || file_field.len() > 255 {
            return Err(Error::invalid("file_field must be 1 to 255 bytes"));
        }
        if fields.get(file_field).is_some() {
            return Err(Error::invalid(format!(
                "the form has a field named {file_field:?}, which is the name of the upload itself; leave it out"
            )));
        }
        let policy = Policy::decode(&fields);
        let expiry = match lifetime {
            Some(lifetime) => {
                let period = policy.as_ref().and_then(|policy| policy.period);
                Some(Expiry::lasts(lifetime).with_period(period))
            }
            None => policy.as_ref().and_then(Policy::expiry_by_date),
        };
        Ok(Self {
            target,
            fields,
            policy,
            expiry,
            from,
            file_name: "file".to_owned(),
            file_field: file_field.to_owned(),
            user_agent: options.user_agent.clone(),
        })
    }

    pub(crate) fn file_name(mut self, name: &str) -> Result<Self> {
        if name.is_empty() || name.len() > 255 {
            return Err(Error::invalid("file_name must be 1 to 255 bytes"));
        }
        self.file_name = name.to_owned();
        Ok(self)
    }

    /// The same, until this moment at the latest.
    pub(super) fn until(self, expiry: Option<Expiry>) -> Self {
        let sooner = [self.expiry, expiry].into_iter().flatten().min_by_key(Expiry::at);
        Self { expiry: sooner, ..self }
    }

    /// The most bytes the ticket allows, if it says.
    pub(crate) fn largest(&self) -> Option<u64> {
        self.policy.as_ref()?.largest()
    }

    /// Whether an upload of this size can succeed, as far as the ticket tells.
    pub(crate) fn check(&self, size: u64) -> Result<()> {
        if let Some(expiry) = self.expiry {
            expiry.check("the upload ticket")?;
        }
        self.policy
            .as_ref()
            .map_or(Ok(()), |policy| policy.check(&self.fields, &self.file_name, size, self.from))
    }

    /// The checksums that it demands without their values, by the names of their fields.
    fn demanded(&self) -> Vec<&'static str> {
        let is_demanded = |name: &str| {
            let open = self.policy.as_ref().map(|policy| policy.leaves_open(name));
            match self.fields.get(name) {
                Some(value) => value.trim().is_empty() && open != Some(false),
                None => open == Some(true),
            }
        };
        demandable().filter(|name| is_demanded(name)).collect()
    }

    pub(super) async fn upload(&self, source: &Prepared) -> Result<Upload<'_>> {
        self.check(source.len()).map_err(|e| e.with_operation("post_form"))?;
        let filled = FilledChecksums::compute(&self.demanded(), None, source).await;
        let filled = filled.map_err(|e| e.with_operation("post_form"))?;
        let mut fields = Cow::Borrowed(&self.fields.0[..]);
        if !filled.digests.is_empty() {
            filled.put_into_fields(fields.to_mut());
        }
        // The part's own type is not what the policy checks. One that HTTP does not allow would end
        // the line it stands on.
        let file_type = self
            .fields
            .get("content-type")
            .filter(|text| HeaderValue::from_str(text).is_ok())
            .unwrap_or("application/octet-stream");
        let file = FilePart { field: &self.file_field, name: &self.file_name, content_type: file_type };
        let framing = form::frame(&fields, &file).map_err(|e| e.with_operation("post_form"))?;
        let mut headers = HeaderMap::new();
        let content_type = format!("multipart/form-data; boundary={}", framing.boundary);
        for (name, value) in [(CONTENT_TYPE, content_type.as_str()), (USER_AGENT, &self.user_agent)] {
            let value = HeaderValue::from_str(value)
                .map_err(|_| Error::internal("a form header could not be made"))?;
            headers.insert(name, value);
        }
        let redirect = self.fields.get("success_action_redirect").or_else(|| self.fields.get("redirect"));
        let outgoing = Outgoing {
            method: Method::POST,
            headers: Arc::new(headers),
            payload: Payload { before: framing.before, source: source.clone(), after: framing.after },
            digests: AlgorithmSet::NONE,
            expect_continue: true,
            redirect: redirect.map(str::to_owned),
            handling: Handling::default(),
        };
        let mut mask = Mask::of_query(self.target.url());
        for (name, value) in &self.fields.0 {
            mask.hide(name, value);
        }
        Ok(Upload {
            operation: "post_form",
            kind: "form",
            target: &self.target,
            outgoing,
            fields,
            filled,
            expiry: self.expiry,
            from: self.from,
            costly_check: false,
            mask,
        })
    }
}

//! The meaning of a SAS URL's parameters, as far as an upload depends on it.
//! <https://learn.microsoft.com/rest/api/storageservices/create-service-sas>

use std::borrow::Cow;

use http::HeaderMap;
use url::Url;

use super::super::ticket_origin::{TicketOrigin, broken_ticket};
use super::super::url_query::parameter;
use crate::error::Result;

/// Azure wants it with a blob that is sent whole, a SAS does not sign it, and nearly every signer forgets to
/// hand it out.
pub(in crate::storage) const BLOB_TYPE: &str = "x-ms-blob-type";

/// The parameters that an upload depends on.
pub(super) struct Sas {
    /// The version of the rules, a date.
    pub(super) version: String,
    /// `None` where a stored access policy holds them.
    pub(super) permissions: Option<String>,
}

impl Sas {
    /// Of a URL for a whole blob; `None` if it is none. One with `comp` is for a part of a blob, or for
    /// something else.
    pub(super) fn of_whole_blob(url: &Url) -> Option<Self> {
        let signed = is_sas(url) && parameter(url, "comp").is_none();
        let version = parameter(url, "sv").filter(|_| signed)?.into_owned();
        Some(Self { version, permissions: parameter(url, "sp").map(Cow::into_owned) })
    }
}

/// Whether it is a SAS URL at all.
pub(in crate::storage) fn is_sas(url: &Url) -> bool {
    let has = |wanted: &str| parameter(url, wanted).is_some_and(|value| !value.is_empty());
    has("sig") && has("sv")
}

/// Azurite refuses a header that is missing or wrong with 400 and an empty body.
pub(in crate::storage) const SILENT: &str = "no reason was given, as Azurite gives none for a header that is missing or wrong; check the headers of the upload";

/// Whether an upload with these headers needs [`BLOB_TYPE`] besides; an error if the URL permits no upload at
/// all.
pub(in crate::storage) fn lacks_blob_type(
    url: &Url,
    headers: &HeaderMap,
    from: TicketOrigin,
) -> Result<bool> {
    let Some(sas) = Sas::of_whole_blob(url) else { return Ok(false) };
    if let Some(permissions) = sas.permissions.filter(|permissions| !permissions.contains(['c', 'w'])) {
        let shown: String = permissions.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
        return Err(broken_ticket(
            from,
            format!(
                "the URL permits no upload: its permissions (sp) are {shown:?}, and an upload wants c or w"
            ),
        ));
    }
    Ok(!headers.contains_key(BLOB_TYPE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lacks(query: &str, headers: &[(&'static str, &'static str)]) -> Result<bool> {
        let url = Url::parse(&format!("https://a.blob.core.windows.net/c/b?{query}")).expect("a URL");
        let headers = headers.iter().map(|(name, value)| {
            (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
        });
        lacks_blob_type(&url, &headers.collect(), TicketOrigin::Caller)
    }

    #[test]
    fn only_a_whole_blob_wants_its_type() {
        for query in ["sv=2025-01-05&sr=b&sp=cw&sig=s", "sv=2025-01-05&si=policy&sig=s", "sp=racw&sv=1&sig=s"]
        {
            assert!(lacks(query, &[]).expect(query), "{query}");
            assert!(!lacks(query, &[(BLOB_TYPE, "AppendBlob")]).expect(query), "{query}");
        }
        for query in
            ["", "sig=s", "sv=2025-01-05", "sv=1&sp=cw&sig=", "sv=1&sp=w&sig=s&comp=block&blockid=QQ=="]
        {
            assert!(!lacks(query, &[]).expect(query), "{query}");
        }
    }

    #[test]
    fn a_url_that_permits_no_upload_is_told_before_anything_is_sent() {
        let error = lacks("sv=2025-01-05&sp=rl&sig=s", &[]).expect_err("it only reads");
        assert!(error.message().contains("\"rl\""), "{error}");
    }
}

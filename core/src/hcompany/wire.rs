//! The JSON of the browser-profile endpoints, as the service's API reference has it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

use super::request::ProfileDetails;
use crate::error::{Detail, Error, Result};
use crate::http::api::ApiReply;
use crate::profile::Browser;
use crate::service;

/// The reply of initiate-upload.
#[derive(Clone, Deserialize)]
pub(crate) struct Initiated {
    pub(crate) profile_id: String,
    pub(crate) upload_url: String,
    /// Kept in the order the service sent them.
    upload_fields: Map<String, Value>,
    pub(crate) upload_expires_in: u64,
}

impl Initiated {
    pub(crate) fn fields(&self) -> Result<Vec<(String, String)>> {
        self.upload_fields
            .iter()
            .map(|(name, value)| match value {
                Value::String(text) => Ok((name.clone(), text.clone())),
                _ => Err(Error::new(
                    crate::error::ErrorKind::Unavailable,
                    format!("the service's form field {name:?} is not text; report it to the service"),
                )),
            })
            .collect()
    }

    pub(crate) fn reveal(&self) -> Value {
        json!({
            "profile_id": self.profile_id,
            "upload_url": self.upload_url,
            "upload_fields": self.upload_fields,
            "upload_expires_in": self.upload_expires_in,
        })
    }
}

impl std::fmt::Debug for Initiated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let url = Url::parse(&self.upload_url).map(|u| crate::secret::without_secrets(&u));
        f.debug_struct("ProfileTicket")
            .field("profile_id", &self.profile_id)
            .field("upload_url", &url.unwrap_or_default())
            .field("upload_fields", &self.upload_fields.keys().collect::<Vec<_>>())
            .field("upload_expires_in", &self.upload_expires_in)
            .finish()
    }
}

/// The request body of complete-upload. Fields that are not set are left out: the schema does not allow null
/// for labels.
#[derive(Debug, Clone, Serialize)]
pub(super) struct CompleteBody {
    pub(super) name: String,
    pub(super) browser_name: String,
    pub(super) browser_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    labels: Map<String, Value>,
}

impl CompleteBody {
    /// `found` is what the packed folder says about its browser.
    pub(super) fn new(details: &ProfileDetails, found: Option<&Browser>) -> Result<Self> {
        check_name(details)?;
        let has_folder = found.is_some();
        let named = |value: Option<&str>, found: Option<&str>, what: &str| match value
            .or(found)
            .map(str::trim)
        {
            Some(text) if !text.is_empty() => Ok(text.to_owned()),
            _ if value.is_some() => Err(Error::invalid(format!("{what} is empty; every profile needs one"))),
            None if has_folder => {
                Err(Error::invalid(format!("{what} is missing, and the folder does not tell it; give one")))
            }
            _ => Err(Error::invalid(format!("{what} is missing; a zip does not tell it, so give one"))),
        };
        if details.browser_version.is_none()
            && let (Some(browser), Some(name)) = (found, details.browser_name.as_deref())
            && browser.is_other_than(name)
        {
            return Err(Error::invalid(format!(
                "browser_version is missing: the folder is {}'s, and tells no version of {name:?}; give one, or leave out browser_name",
                browser.product
            )));
        }
        Ok(Self {
            name: details.name.trim().to_owned(),
            browser_name: named(details.browser_name.as_deref(), found.map(|b| b.name), "browser_name")?,
            browser_version: named(
                details.browser_version.as_deref(),
                found.and_then(|b| b.version.as_deref()),
                "browser_version",
            )?,
            description: details.description.clone(),
            labels: details.labels.iter().map(|(k, v)| (k.clone(), json!(v))).collect(),
        })
    }

    pub(super) fn json(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|e| Error::internal("a request could not be written").cause(&e))
    }
}

/// Told before anything is packed or sent.
pub(super) fn check_name(details: &ProfileDetails) -> Result<()> {
    match details.name.trim() {
        "" => Err(Error::invalid("name is missing; every profile needs one")),
        _ => Ok(()),
    }
}

/// Ids become part of a path, so only a UUID is one.
pub(super) fn checked_id(id: &str, what: &str) -> Result<String> {
    match uuid::Uuid::try_parse(id) {
        Ok(uuid) => Ok(uuid.hyphenated().to_string()),
        Err(_) => Err(Error::invalid(format!("{what} must be a UUID, not {id:?}"))),
    }
}

/// The same for an id the service reserved.
pub(crate) fn reserved_id(id: &str) -> Result<String> {
    checked_id(id, "profile_id").map_err(|_| {
        Error::new(
            crate::error::ErrorKind::Unavailable,
            "the service reserved a profile id that is no UUID; report it to the service",
        )
        .retryable_is(false)
    })
}

/// The error for a refusal. Four shapes of error body are published; all are read.
pub(crate) fn refusal(reply: &ApiReply) -> Error {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
    let message =
        text(&body["message"]).or_else(|| text(&body["detail"])).or_else(|| text(&body["detail"]["message"]));
    let details = body["detail"].as_array().map(Vec::as_slice).unwrap_or_default();
    let details = details.iter().filter_map(detail).collect();
    let in_own_form = body.get("detail").is_some();
    service::refusal(reply, in_own_form, None, message, details, "check the key and its region")
}

fn detail(item: &Value) -> Option<Detail> {
    let message = text(&item["msg"]).or_else(|| text(&item["message"]))?;
    let path = item["loc"].as_array().map(Vec::as_slice).unwrap_or_default();
    let parts: Vec<String> = path
        .iter()
        .enumerate()
        .filter(|(at, part)| !(*at == 0 && part.as_str() == Some("body")))
        .map(|(_, part)| part.as_str().map_or_else(|| part.to_string(), str::to_owned))
        .collect();
    Some(Detail { field: parts.join("."), message })
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn refused(status: u16, body: &str) -> Error {
        refusal(&ApiReply {
            status: http::StatusCode::from_u16(status).expect("status"),
            headers: http::HeaderMap::new(),
            body: bytes::Bytes::copy_from_slice(body.as_bytes()),
            cut: false,
        })
    }

    #[test]
    fn a_version_is_not_taken_from_one_browser_for_another() {
        let firefox = Browser { name: "firefox", product: "Firefox", version: Some("153.7.0".to_owned()) };
        let body = |details| CompleteBody::new(&details, Some(&firefox));
        let named = |name: &str| ProfileDetails::new("p").browser_name(name);
        let error = body(named("chromium")).expect_err("a Firefox");
        assert!(error.message().contains("browser_version is missing: the folder is Firefox's"), "{error}");
        assert!(body(named("webkit")).is_err());
        for (details, name, version) in [
            (ProfileDetails::new("p"), "firefox", "153.7.0"),
            (named("firefox-esr"), "firefox-esr", "153.7.0"),
            (named("my-own"), "my-own", "153.7.0"),
            (ProfileDetails::new("p").browser("chromium", "131"), "chromium", "131"),
        ] {
            let body = body(details).expect("a body");
            assert_eq!((body.browser_name.as_str(), body.browser_version.as_str()), (name, version));
        }
    }

    #[test]
    fn every_published_error_shape_is_read() {
        let error = refused(404, r#"{"detail": "Profile not found."}"#);
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.message().contains("Profile not found."), "{error}");
        let error = refused(
            422,
            r#"{"detail":[{"type":"missing","loc":["body","labels",0],"msg":"Field required","input":{}}]}"#,
        );
        assert_eq!(error.details(), [Detail { field: "labels.0".into(), message: "Field required".into() }]);
        assert!(refused(401, r#"{"message":"Invalid key"}"#).message().contains("Invalid key"));
        let error = refused(422, r#"{"message":"Bad","detail":[{"type":"x","message":"too long"}]}"#);
        assert_eq!(error.details()[0].message, "too long");
        for body in ["", "<html>", "{\"detail\"", "null"] {
            assert_eq!(refused(503, body).kind(), ErrorKind::Unavailable);
        }
    }
}

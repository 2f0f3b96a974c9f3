//! The JSON of the transfer endpoints, as the service's API reference has it.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

use crate::error::{Detail, Error, ErrorKind, Result};
use crate::http::api::ApiReply;
use crate::secret::Secret;
use crate::service;

/// The request body of presigned. What is not set is left out, so that the service's defaults hold.
#[derive(Debug, Serialize)]
pub(super) struct PresignBody<'a> {
    pub(super) mode: &'a str,
    pub(super) sender: &'a str,
    pub(super) recipient: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recipient_account: Option<&'a str>,
    pub(super) files: &'a [FileEntry],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires_in: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_downloads: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metadata: Option<&'a Map<String, Value>>,
    pub(super) is_encrypted: bool,
    pub(super) auto_delete: bool,
}

/// One file as it is announced. `size` is what will be PUT.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub(super) struct FileEntry {
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) content_type: String,
}

/// The reply of presigned.
#[derive(Clone, Deserialize)]
pub(super) struct Presigned {
    pub(super) id: String,
    pub(super) upload_urls: Vec<UploadUrl>,
    /// Read so that [`TransferTicket::reveal`](super::TransferTicket::reveal) is whole. The path is
    /// built from the id instead, so the key cannot be sent to another origin.
    confirm_url: Option<String>,
    pub(super) expires_at: Option<String>,
}

#[derive(Clone, Deserialize)]
pub(super) struct UploadUrl {
    pub(super) file_id: String,
    pub(super) file_name: String,
    pub(super) upload_url: String,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
}

impl UploadUrl {
    /// `PUT` or `POST`; a reply that does not say means `PUT`.
    pub(super) fn method(&self) -> Result<Method> {
        match self.method.as_deref().unwrap_or("PUT").to_ascii_uppercase().as_str() {
            "PUT" => Ok(Method::PUT),
            "POST" => Ok(Method::POST),
            other => Err(bad_reply(format!("it asks for the method {other:?}"))),
        }
    }

    /// The headers to send exactly. A reply without any means the content type alone, as the official
    /// client takes it.
    pub(super) fn headers(&self, content_type: &str) -> Result<Vec<(String, Secret)>> {
        let Some(given) = &self.headers else {
            return Ok(vec![("Content-Type".to_owned(), Secret::new(content_type))]);
        };
        given
            .iter()
            .map(|(name, value)| match value {
                Value::String(text) => Ok((name.clone(), Secret::new(text.as_str()))),
                _ => Err(bad_reply(format!("its header {name:?} for {:?} is not text", self.file_name))),
            })
            .collect()
    }
}

impl Presigned {
    pub(super) fn reveal(&self) -> Value {
        let urls: Vec<Value> = self
            .upload_urls
            .iter()
            .map(|u| {
                json!({
                    "file_id": u.file_id,
                    "file_name": u.file_name,
                    "upload_url": u.upload_url,
                    "method": u.method,
                    "headers": u.headers,
                })
            })
            .collect();
        json!({
            "id": self.id,
            "upload_urls": urls,
            "confirm_url": self.confirm_url,
            "expires_at": self.expires_at,
        })
    }

    /// Refuses a reply that does not answer what was asked: URLs go with files by position, so their
    /// count and names must agree.
    pub(super) fn check(&self, asked: &[FileEntry]) -> Result<()> {
        if self.upload_urls.len() != asked.len() {
            return Err(bad_reply(format!(
                "it gave {} upload URLs for {} files",
                self.upload_urls.len(),
                asked.len()
            )));
        }
        for (url, file) in self.upload_urls.iter().zip(asked) {
            if url.file_name != file.name {
                return Err(bad_reply(format!(
                    "it gave a URL for {:?} where {:?} was due",
                    url.file_name, file.name
                )));
            }
            url.method()?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Presigned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let urls: Vec<String> = self
            .upload_urls
            .iter()
            .map(|u| Url::parse(&u.upload_url).map(|u| crate::secret::shown(&u)).unwrap_or_default())
            .collect();
        f.debug_struct("TransferTicket")
            .field("id", &self.id)
            .field("upload_urls", &urls)
            .field("expires_at", &self.expires_at)
            .finish()
    }
}

/// The reply of confirm.
#[derive(Debug, Deserialize)]
pub(super) struct ConfirmReply {
    pub(super) status: String,
}

/// A transfer as the service reports it.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct TransferInfo {
    /// The transfer's id.
    pub id: String,
    /// `pending`, `active`, `expired`, `deleted`, `downloaded`, and whatever the service adds.
    pub status: String,
    /// Every field of the reply, these two included.
    #[serde(skip_deserializing)]
    pub fields: Map<String, Value>,
}

impl TransferInfo {
    pub(super) fn read(operation: &'static str, reply: &ApiReply) -> Result<Self> {
        let mut info: Self = service::parse(operation, reply)?;
        info.fields = service::parse(operation, reply)?;
        Ok(info)
    }
}

pub(super) fn bad_reply(what: String) -> Error {
    Error::new(
        ErrorKind::Rejected,
        format!(
            "the service's reply does not fit the request: {what}; nothing was sent, report it to the service"
        ),
    )
}

/// An id becomes a part of a path and is percent-encoded there; only an empty one is refused.
pub(super) fn checked_id(id: &str) -> Result<String> {
    match id.trim() {
        "" => Err(Error::invalid("transfer_id is empty; give the id of a transfer")),
        "." | ".." => Err(Error::invalid("transfer_id is not an id; give the id of a transfer")),
        id => Ok(id.to_owned()),
    }
}

/// The error for a refusal.
pub(super) fn refusal(reply: &ApiReply) -> Error {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
    let error = &body["error"];
    let code = text(&error["code"]);
    let message = text(&error["message"]).or_else(|| text(error)).or_else(|| text(&body["message"]));
    let list = |name: &str| error[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut details: Vec<Detail> = list("details")
        .iter()
        .filter_map(|d| Some(Detail { field: text(&d["field"])?, message: text(&d["message"])? }))
        .collect();
    // Only AMBIGUOUS_RECIPIENT has candidates; naming them is what lets the caller choose.
    details.extend(list("candidates").iter().filter_map(|c| {
        let id = text(&c["account_id"])?;
        let name = text(&c["account_name"]).unwrap_or_default();
        let email = text(&c["email_masked"]).unwrap_or_default();
        Some(Detail { field: "recipient_account".to_owned(), message: format!("{id} ({name} {email})") })
    }));
    service::refusal(reply, code, message, details)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Any reply is read, or is an error that can be shown.
#[cfg(any(test, fuzzing))]
pub fn exercise(data: &[u8]) {
    let secret = crate::fuzzing::secret(data);
    let check = |error: &Error| crate::fuzzing::check(error, &secret);
    let reply = ApiReply::of(data);
    check(&refusal(&reply));
    let file = FileEntry { name: "a.bin".into(), size: 1, content_type: "a/b".into() };
    match service::parse::<Presigned>("presign", &reply) {
        Ok(presigned) => {
            if let Err(error) = presigned.check(std::slice::from_ref(&file)) {
                check(&error);
            }
            for url in &presigned.upload_urls {
                let options = crate::options::Options::new();
                let target = url.method().and_then(|method| {
                    let headers = url.headers("a/b")?;
                    crate::storage::PutTarget::fresh(&url.upload_url, method, &headers, &options)
                });
                if let Err(error) = target {
                    check(&error);
                }
            }
            let _ = (format!("{presigned:?}"), presigned.reveal());
        }
        Err(error) => check(&error),
    }
    if let Err(error) = service::parse::<ConfirmReply>("confirm", &reply) {
        check(&error);
    }
    if let Err(error) = TransferInfo::read("get_transfer", &reply) {
        check(&error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_code_message_details_and_candidates() {
        let reply = ApiReply {
            status: http::StatusCode::BAD_REQUEST,
            headers: http::HeaderMap::new(),
            body: br#"{"error":{"code":"AMBIGUOUS_RECIPIENT","message":"Two match","details":
                [{"field":"recipient","message":"ambiguous"},{"nothing":1}],
                "candidates":[{"account_id":"u1","account_name":"Et","email_masked":"e**"}]}}"#
                .as_slice()
                .into(),
            cut: false,
        };
        let error = refusal(&reply);
        assert_eq!(error.kind(), ErrorKind::Rejected);
        assert_eq!(error.service_code(), Some("AMBIGUOUS_RECIPIENT"));
        assert_eq!(error.details().len(), 2);
        assert!(error.details()[1].message.contains("u1"));
        assert!(error.message().contains("Two match"), "{error}");
    }

    #[test]
    fn urls_must_answer_the_files_asked_for() {
        let reply: Presigned = serde_json::from_value(json!({
            "id": "tr_1",
            "upload_urls": [{"file_id": "f", "file_name": "a", "upload_url": "https://s/k?X-Amz-Signature=canary"}],
        }))
        .expect("reply");
        let file = |name: &str| FileEntry { name: name.into(), size: 1, content_type: "a/b".into() };
        reply.check(&[file("a")]).expect("fits");
        reply.check(&[file("b")]).expect_err("another name");
        reply.check(&[file("a"), file("b")]).expect_err("one too few");
        assert!(!format!("{reply:?}").contains("canary"));
    }
}

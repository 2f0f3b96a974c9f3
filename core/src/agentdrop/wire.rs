//! The JSON of the transfer endpoints, as the service's API reference has it.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Detail, Error, ErrorKind, Result};
use crate::http::api::ApiReply;
use crate::secret::Secret;
use crate::service;

/// The request body of presigned. Fields that are not set are left out, so that the service's defaults hold.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encrypted_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encryption_algorithm: Option<&'a str>,
    pub(super) auto_delete: bool,
}

/// One file as it is announced. `size` is what will be PUT.
#[derive(Debug, Clone, Deserialize, Serialize, PartialEq, Eq)]
pub(crate) struct FileEntry {
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) content_type: String,
    /// Base64 of 12 bytes, for a sealed file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) encryption_iv: Option<String>,
    /// Bytes of each part but the last, for a file in parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) part_size: Option<u64>,
}

/// The members that the replies of presigned and multipart share.
pub(super) struct TicketHead {
    pub(super) id: String,
    pub(super) expires_at: Option<String>,
}

impl TicketHead {
    pub(super) fn of(reply: &Value) -> Result<Self> {
        let id = text(&reply["id"]).ok_or_else(|| bad_reply("it has no id".to_owned()))?;
        Ok(Self { id, expires_at: text(&reply["expires_at"]) })
    }
}

/// The reply of presigned/multipart. Known from the official SDK alone; no document describes it.
#[derive(Deserialize)]
pub(super) struct Multipart {
    pub(super) files: Vec<MultipartFile>,
}

/// One file of it. The SDK takes part URLs by position; their numbers are what counts.
#[derive(Deserialize)]
pub(super) struct MultipartFile {
    pub(super) file_id: String,
    pub(super) upload_id: String,
    #[serde(default, alias = "name")]
    file_name: Option<String>,
    pub(super) part_urls: Vec<PartUrl>,
}

#[derive(Deserialize)]
pub(super) struct PartUrl {
    part_number: u64,
    upload_url: Secret,
}

impl MultipartFile {
    /// Files go by position, so a name that is there must be the one that is due.
    pub(super) fn check_name(&self, due: &str) -> Result<()> {
        match self.file_name.as_deref() {
            Some(name) if name != due => {
                Err(bad_reply(format!("it gives URLs for {name:?} where {due:?} was due")))
            }
            _ => Ok(()),
        }
    }

    /// The URLs of part 1 to the last.
    pub(super) fn in_order(&self) -> Result<Vec<&Secret>> {
        checked_id(&self.file_id).map_err(|_| bad_reply("the id of a file is none".to_owned()))?;
        let mut urls: Vec<(u64, &Secret)> =
            self.part_urls.iter().map(|part| (part.part_number, &part.upload_url)).collect();
        urls.sort_by_key(|(number, _)| *number);
        match (1..).zip(&urls).find(|(due, (number, _))| due != number) {
            Some((due, _)) => Err(bad_reply(format!("it has no URL, or several, for part {due}"))),
            None => Ok(urls.into_iter().map(|(_, url)| url).collect()),
        }
    }
}

/// The reply of resolve, as far as it is needed.
#[derive(Deserialize)]
pub(crate) struct Agent {
    pub(super) public_key: Option<String>,
    pub(super) public_key_algorithm: Option<String>,
}

/// A part of a reply that was read already. A reply that lacks something does not fit its request.
pub(super) fn read<T: serde::de::DeserializeOwned>(reply: Value) -> Result<T> {
    // The parser's own words may quote a signed URL.
    serde_json::from_value(reply).map_err(|_| bad_reply("a field is missing or of another type".to_owned()))
}

/// The reply of presigned. Its `confirm_url` is not read: the path is built from the id, so that the key
/// cannot be sent to another origin.
#[derive(Clone, Deserialize)]
pub(super) struct Presigned {
    pub(super) upload_urls: Vec<UploadUrl>,
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

/// The reply of confirm.
#[derive(Debug, Deserialize)]
pub(crate) struct ConfirmReply {
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
    pub(crate) fn read(operation: &'static str, reply: &ApiReply) -> Result<Self> {
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
pub(crate) fn refusal(reply: &ApiReply) -> Error {
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
    let in_own_form = error.is_object() || error.is_string();
    service::refusal(reply, in_own_form, code, message, details, "check the key, and that it is still valid")
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
            "upload_urls": [{"file_id": "f", "file_name": "a", "upload_url": "https://s/k?X-Amz-Signature=canary"}],
        }))
        .expect("reply");
        let file = |name: &str| FileEntry {
            name: name.into(),
            size: 1,
            content_type: "a/b".into(),
            encryption_iv: None,
            part_size: None,
        };
        reply.check(&[file("a")]).expect("fits");
        reply.check(&[file("b")]).expect_err("another name");
        reply.check(&[file("a"), file("b")]).expect_err("one too few");
    }

    #[test]
    fn part_urls_go_by_their_numbers() {
        let file = |numbers: &[u64]| -> MultipartFile {
            let urls: Vec<Value> = numbers
                .iter()
                .map(|n| json!({"part_number": n, "upload_url": format!("https://s/k?partNumber={n}")}))
                .collect();
            let file = json!({"file_id": "f", "upload_id": "u", "name": "a", "part_urls": urls});
            serde_json::from_value(file).expect("a file")
        };
        let third = file(&[3, 1, 2]);
        let urls = third.in_order().expect("all there");
        assert!(urls[2].reveal().ends_with("partNumber=3"));
        for bad in [&[1, 3][..], &[2, 3], &[1, 1, 2], &[0, 1]] {
            file(bad).in_order().expect_err("one is missing, or twice there");
        }
        file(&[1]).check_name("b").expect_err("another name");
    }
}

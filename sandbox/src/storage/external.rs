//! An S3 endpoint elsewhere, asked with requests that are presigned here: reading objects back, storing
//! them, and beginning and ending uploads in parts. The parts themselves go there from the client.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::objects::Object;
use super::s3_reply::element;
use super::uploads::Refusal;
use crate::presign::{Signer, hex};

/// Seconds that our own requests are good for.
const REQUEST_LIFE: u64 = 60;

pub(crate) struct External {
    client: reqwest::Client,
    signer: Signer,
}

impl External {
    pub fn new(signer: Signer) -> std::io::Result<Self> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(std::io::Error::other)?;
        Ok(External { client, signer })
    }

    fn url(&self, method: &str, key: &str, query: &[(&str, &str)]) -> String {
        self.signer.url_with(method, key, query, &[], REQUEST_LIFE, OffsetDateTime::now_utc())
    }

    pub async fn find(&self, key: &str) -> Option<Object> {
        let mut reply = self.client.get(self.url("GET", key, &[])).send().await.ok()?;
        if !reply.status().is_success() {
            return None;
        }
        let header = |name: &str| {
            let value = reply.headers().get(name)?.to_str().ok()?;
            Some(value.trim_matches('"').to_string())
        };
        let content_type = header("content-type");
        let etag = header("etag");
        let mut sha256 = Sha256::new();
        let mut size = 0;
        while let Some(chunk) = reply.chunk().await.ok()? {
            size += chunk.len() as u64;
            sha256.update(&chunk);
        }
        Some(Object {
            size,
            sha256: Some(hex(&sha256.finalize())),
            md5: etag.clone().filter(|etag| etag.len() == 32),
            etag,
            content_type,
            path: None,
        })
    }

    pub async fn put(&self, key: &str, content: Bytes, content_type: &str) -> Result<(), Refusal> {
        let request = self.client.put(self.url("PUT", key, &[])).header("content-type", content_type);
        answer(request.body(content)).await.map(drop)
    }

    pub async fn begin(&self, key: &str, content_type: &str) -> Result<String, Refusal> {
        let url = self.url("POST", key, &[("uploads", "")]);
        let body = answer(self.client.post(url).header("content-type", content_type)).await?;
        let id = element(&body, "UploadId");
        if id.is_empty() { Err(Refusal::Failed(format!("no UploadId in {body:?}"))) } else { Ok(id) }
    }

    pub async fn complete(&self, key: &str, id: &str, parts: &[(u64, String)]) -> Result<(), Refusal> {
        let url = self.url("POST", key, &[("uploadId", id)]);
        let mut xml = "<CompleteMultipartUpload>".to_string();
        for (number, etag) in parts {
            // The text of a caller becomes markup here.
            let etag = etag.replace('&', "&amp;").replace('<', "&lt;");
            xml.push_str(&format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"));
        }
        xml.push_str("</CompleteMultipartUpload>");
        answer(self.client.post(url).header("content-type", "application/xml").body(xml)).await.map(drop)
    }

    pub async fn abort(&self, key: &str, id: &str) -> Result<(), Refusal> {
        answer(self.client.delete(self.url("DELETE", key, &[("uploadId", id)]))).await.map(drop)
    }
}

/// The body of a success. Joining parts may fail after its 200 was sent, so that is looked into too.
async fn answer(request: reqwest::RequestBuilder) -> Result<String, Refusal> {
    let failed = |error: reqwest::Error| Refusal::Failed(error.without_url().to_string());
    let reply = request.send().await.map_err(failed)?;
    let status = reply.status();
    let body = reply.text().await.map_err(failed)?;
    if status.is_success() && !body.contains("<Error>") {
        return Ok(body);
    }
    let message = element(&body, "Message");
    Err(match element(&body, "Code").as_str() {
        "NoSuchUpload" => Refusal::NoSuchUpload,
        "InvalidPart" | "InvalidPartOrder" => Refusal::InvalidPart(message),
        "EntityTooSmall" => Refusal::EntityTooSmall(message),
        code => Refusal::Failed(format!("{status} {code} {message}")),
    })
}

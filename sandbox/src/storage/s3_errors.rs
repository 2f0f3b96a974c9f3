//! The S3 library's refusals, said as S3 says them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::StatusCode;
use serde_json::Value;
use time::OffsetDateTime;

use super::form_upload::file_size;
use super::s3_reply::{element, s3_error};
use crate::http::form_fields::Preamble;
use crate::http::log::Entry;
use crate::http::reply::{self, Reply};
use crate::presign::rfc3339;

/// The library's refusals with the status, code and message that S3 gives. They differ most for forms, where
/// a client must tell an expired policy from a wrong field by the message.
pub(crate) async fn as_s3_error(
    reply: Reply,
    form: Option<PolicyForm<'_>>,
    entry: &Entry,
    expires: Option<String>,
) -> Reply {
    if reply.status().is_success() {
        return reply;
    }
    let (head, body) = reply::collect(reply).await;
    let text = String::from_utf8_lossy(&body);
    let code = element(&text, "Code");
    let message = element(&text, "Message");
    let of_form = form.and_then(|form| form_error(head.status, &code, &message, &form, entry));
    if let Some(reply) = of_form {
        return reply;
    }
    match code.as_str() {
        "AccessDenied" if message == "Request has expired" => {
            let now = rfc3339(OffsetDateTime::now_utc());
            let more = [("X-Amz-Expires", expires.unwrap_or_default()), ("ServerTime", now)];
            s3_error(StatusCode::FORBIDDEN, "AccessDenied", "Request has expired", &more)
        }
        "NotSignedUp" => s3_error(
            StatusCode::FORBIDDEN,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            &[],
        ),
        "SignatureDoesNotMatch" => s3_error(
            StatusCode::FORBIDDEN,
            &code,
            "The request signature we calculated does not match the signature you provided. \
             Check your key and signing method.",
            &[],
        ),
        "" => Reply::from_parts(head, reply::body(body)),
        _ => s3_error(head.status, &code, &message, &[]),
    }
}

/// None for an error that is the same without a form.
fn form_error(
    status: StatusCode,
    code: &str,
    message: &str,
    form: &PolicyForm<'_>,
    entry: &Entry,
) -> Option<Reply> {
    let denied = |why: String| {
        let message = format!("Invalid according to Policy: {why}");
        Some(s3_error(StatusCode::FORBIDDEN, "AccessDenied", &message, &[]))
    };
    match code {
        "AccessDenied" if message == "Request has expired" => denied("Policy expired.".into()),
        "AccessDenied" if message.contains("not specified in the policy") => {
            let field = message.rsplit('"').nth(1).unwrap_or_default();
            denied(format!("Extra input fields: {field}"))
        }
        "InvalidPolicyDocument" if !message.starts_with("failed to parse") => {
            // "Policy condition 'eq' for field 'tagging' failed: ...", "x-amz-date does not ...",
            // "Bucket in form field ...".
            let field = match message.split("for field '").nth(1) {
                Some(rest) => rest.split('\'').next().unwrap_or_default().to_string(),
                None => message.split(' ').next().unwrap_or_default().to_ascii_lowercase(),
            };
            denied(format!("Policy Condition failed: {}", form.condition(&field)))
        }
        "EntityTooLarge" | "EntityTooSmall" => {
            let [min, max] = form.range();
            let limit =
                if code == "EntityTooLarge" { ("MaxSizeAllowed", max) } else { ("MinSizeAllowed", min) };
            let size = form.file_size(entry.content_length).to_string();
            Some(s3_error(status, code, message, &[("ProposedSize", size), limit]))
        }
        _ => None,
    }
}

/// A form as far as its errors need it.
pub(crate) struct PolicyForm<'a> {
    pub preamble: &'a Preamble,
    pub boundary: &'a str,
}

impl PolicyForm<'_> {
    fn policy(&self) -> Option<Value> {
        let (_, policy) =
            self.preamble.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("policy"))?;
        serde_json::from_slice(&BASE64.decode(policy).ok()?).ok()
    }

    /// The first condition about `field`, as JSON text.
    fn condition(&self, field: &str) -> String {
        let policy = self.policy();
        let conditions = policy.as_ref().and_then(|policy| policy["conditions"].as_array());
        let named = format!("${field}");
        conditions
            .into_iter()
            .flatten()
            .find(|condition| condition[1].as_str().is_some_and(|name| name.eq_ignore_ascii_case(&named)))
            .map_or_else(|| format!("[\"eq\", \"{named}\", ...]"), Value::to_string)
    }

    /// Size of the file, from the length of the whole.
    fn file_size(&self, content_length: Option<u64>) -> u64 {
        file_size(content_length, self.preamble.file_at, self.boundary)
    }

    fn range(&self) -> [String; 2] {
        let policy = self.policy().unwrap_or_default();
        let range = policy["conditions"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|condition| condition[0] == "content-length-range");
        [1, 2].map(|at| range.map_or_else(String::new, |range| range[at].to_string()))
    }
}

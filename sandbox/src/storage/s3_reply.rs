//! S3's XML: errors as it writes them, and elements of what it says.

use hyper::StatusCode;
use hyper::header::HeaderValue;

use crate::http::reply::{Reply, with_type};

/// An S3 error: `Code`, `Message`, then `more` elements, then the request id.
pub(crate) fn s3_error(status: StatusCode, code: &str, message: &str, more: &[(&str, String)]) -> Reply {
    let id = request_id();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>",
        escape(code),
        escape(message)
    );
    for (name, value) in more {
        xml.push_str(&format!("<{name}>{}</{name}>", escape(value)));
    }
    xml.push_str(&format!("<RequestId>{id}</RequestId><HostId>sandbox</HostId></Error>"));
    let mut reply = with_type(status, "application/xml", xml);
    stamp(&mut reply, &id);
    reply
}

/// Adds the request id header that every storage reply carries.
pub(crate) fn stamp(reply: &mut Reply, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        reply.headers_mut().insert("x-amz-request-id", value);
    }
}

/// A new request id, in the shape S3 uses.
pub(crate) fn request_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()[..16].to_ascii_uppercase()
}

/// Text of the first element of this name, entities resolved.
pub(crate) fn element(xml: &str, name: &str) -> String {
    let open = format!("<{name}>");
    let text = xml
        .split_once(&open)
        .and_then(|(_, rest)| rest.split_once(&format!("</{name}>")))
        .map_or("", |(text, _)| text);
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&#39;", "'")
        .replace("&#34;", "\"")
        .replace("&amp;", "&")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

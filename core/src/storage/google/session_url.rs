//! Whether an upload goes in a session, by its URL and headers alone.

use http::HeaderMap;
use url::Url;

use super::super::url_query::parameter;

/// The header that asks for a session. Where it is signed its value can be no other than `start`.
pub(in crate::storage) const RESUMABLE: &str = "x-goog-resumable";

/// How an upload gets its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage) enum SessionKind {
    /// A POST to this URL begins one.
    Signed,
    /// It is that of one.
    Open,
}

/// Whether an upload goes in a session; `None` if not.
pub(in crate::storage) fn session_kind(url: &Url, headers: &HeaderMap) -> Option<SessionKind> {
    if headers.get(RESUMABLE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"start")) {
        return Some(SessionKind::Signed);
    }
    if is_open(url) {
        return Some(SessionKind::Open);
    }
    let signed = parameter(url, "X-Goog-SignedHeaders")?;
    let signed = signed.split(';').any(|name| name == RESUMABLE);
    signed.then_some(SessionKind::Signed)
}

/// Whether it is the URL of a session. Others have an `upload_id` too, and a server that knows no sessions
/// would take the question how far one is for an empty object; so something else has to be Google's.
fn is_open(url: &Url) -> bool {
    let has = |wanted: &str| parameter(url, wanted).is_some_and(|value| !value.is_empty());
    if !has("upload_id") {
        return false;
    }
    let host = url.host_str().unwrap_or_default();
    let is_googles = host.ends_with(".googleapis.com")
        || parameter(url, "uploadType").is_some_and(|value| value == "resumable")
        // A session that a signed URL began has the rest of that in its own.
        || has("X-Goog-Signature")
        || has("GoogleAccessId");
    is_googles && !has("X-Amz-Signature") && !(has("sig") && has("sv"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_or_a_header_says_whether_there_is_a_session() {
        let kind = |query: &str, resumable: Option<&'static str>| {
            let origin = if query.contains("elsewhere") { "files.example" } else { "storage.googleapis.com" };
            let url = Url::parse(&format!("https://{origin}/b/k?{query}")).expect("a URL");
            let header = resumable.map(|value| {
                (http::HeaderName::from_static(RESUMABLE), http::HeaderValue::from_static(value))
            });
            session_kind(&url, &header.into_iter().collect())
        };
        assert_eq!(kind("X-Goog-SignedHeaders=host%3Bx-goog-resumable", None), Some(SessionKind::Signed));
        assert_eq!(kind("GoogleAccessId=a&Expires=1&Signature=s", Some("start")), Some(SessionKind::Signed));
        for open in [
            "upload_id=ABC",
            "uploadType=resumable&upload_id=ABC&elsewhere",
            "X-Goog-SignedHeaders=host%3Bx-goog-resumable&X-Goog-Signature=s&upload_id=ABC",
            "GoogleAccessId=a&Expires=1&Signature=s&upload_id=ABC&elsewhere",
        ] {
            assert_eq!(kind(open, None), Some(SessionKind::Open), "{open}");
        }
        for of_others in [
            "upload_id=42&token=t&elsewhere",
            "upload_id=42&X-Amz-Signature=s&uploadType=resumable&elsewhere",
            "upload_id=42&X-Amz-Signature=s",
            "upload_id=42&sv=2025-01-05&sig=s&elsewhere",
        ] {
            assert_eq!(kind(of_others, None), None, "{of_others}");
        }
        for (query, header) in
            [("X-Goog-SignedHeaders=host", None), ("upload_id=", None), ("uploadId=ABC", None)]
        {
            assert_eq!(kind(query, header), None, "{query}");
        }
    }
}

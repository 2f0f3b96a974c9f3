//! Whether an upload goes in a session, by its URL and headers alone.

use http::HeaderMap;
use url::Url;

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
    let mut open = false;
    for (name, value) in url.query_pairs() {
        if name.eq_ignore_ascii_case("X-Goog-SignedHeaders") && value.split(';').any(|name| name == RESUMABLE)
        {
            return Some(SessionKind::Signed);
        }
        open |= name == "upload_id" && !value.is_empty();
    }
    if headers.get(RESUMABLE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"start")) {
        return Some(SessionKind::Signed);
    }
    open.then_some(SessionKind::Open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_or_a_header_says_whether_there_is_a_session() {
        let kind = |query: &str, resumable: Option<&'static str>| {
            let url = Url::parse(&format!("https://storage.googleapis.com/b/k?{query}")).expect("a URL");
            let header = resumable.map(|value| {
                (http::HeaderName::from_static(RESUMABLE), http::HeaderValue::from_static(value))
            });
            session_kind(&url, &header.into_iter().collect())
        };
        assert_eq!(kind("X-Goog-SignedHeaders=host%3Bx-goog-resumable", None), Some(SessionKind::Signed));
        assert_eq!(kind("GoogleAccessId=a&Expires=1&Signature=s", Some("start")), Some(SessionKind::Signed));
        assert_eq!(kind("uploadType=resumable&upload_id=ABC", None), Some(SessionKind::Open));
        for (query, header) in
            [("X-Goog-SignedHeaders=host", None), ("upload_id=", None), ("uploadId=ABC", None)]
        {
            assert_eq!(kind(query, header), None, "{query}");
        }
    }
}

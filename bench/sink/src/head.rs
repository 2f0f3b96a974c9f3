//! Request heads, as far as the sink cares.

use httparse::{EMPTY_HEADER, Request, Status};

/// Bytes. Longer ones are refused.
pub(crate) const MOST: usize = 64 << 10;
const MOST_HEADERS: usize = 256;

/// How a body tells its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
}

/// What one head says.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) method: String,
    /// The path, with its query.
    pub(crate) target: String,
    /// Those of storage's dialects, names in lower case.
    pub(crate) of_storage: Vec<(String, String)>,
    /// None when the head names neither a length nor the chunked coding.
    pub(crate) framing: Option<Framing>,
    /// The client waits for `100 Continue` before it sends the body.
    pub(crate) expects: bool,
    /// The connection ends with this request.
    pub(crate) close: bool,
    /// The bytes of the head, with the empty line.
    pub(crate) length: usize,
}

/// The head at the start of `bytes`; None while it is not all there, and for one that is too long.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Head>, httparse::Error> {
    // The end of a long one may come with the read that passes the limit.
    let bytes = &bytes[..bytes.len().min(MOST)];
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut request = Request::new(&mut headers);
    let Status::Complete(length) = request.parse(bytes)? else { return Ok(None) };

    let mut content_length = None;
    let mut chunked = false;
    let mut expects = false;
    let mut close = request.version == Some(0);
    let mut of_storage = Vec::new();
    for header in request.headers.iter() {
        let value = header.value.trim_ascii();
        let name = header.name;
        if name.eq_ignore_ascii_case("content-length") {
            let number = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
            content_length = Some(number.ok_or(httparse::Error::HeaderValue)?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            chunked |= value.eq_ignore_ascii_case(b"chunked");
        } else if name.eq_ignore_ascii_case("expect") {
            expects |= value.eq_ignore_ascii_case(b"100-continue");
        } else if name.eq_ignore_ascii_case("connection") {
            close |= value.eq_ignore_ascii_case(b"close");
        } else if is_of_storage(name) {
            of_storage.push((name.to_ascii_lowercase(), String::from_utf8_lossy(value).into_owned()));
        }
    }
    let framing = match (content_length, chunked) {
        // Against RFC 9112, and what the official SDK needs: it names both, and does not chunk.
        (Some(length), _) => Some(Framing::Length(length)),
        (None, true) => Some(Framing::Chunked),
        (None, false) => None,
    };
    let method = request.method.unwrap_or_default().to_owned();
    let target = request.path.unwrap_or_default().to_owned();
    Ok(Some(Head { method, target, of_storage, framing, expects, close, length }))
}

fn is_of_storage(name: &str) -> bool {
    const BEGINNINGS: [&str; 3] = ["x-amz-", "x-ms-", "content-encoding"];
    BEGINNINGS.iter().any(|text| name.get(..text.len()).is_some_and(|own| own.eq_ignore_ascii_case(text)))
}

impl Head {
    /// A header of storage's, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.of_storage.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_head_that_is_too_long_is_never_complete() {
        let around = "PUT / HTTP/1.1\r\nX: \r\n\r\n".len();
        for (length, is_taken) in [(MOST, true), (MOST + 1, false), (MOST + 4000, false)] {
            let head = format!("PUT / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(length - around));
            assert_eq!(head.len(), length);
            assert_eq!(parse(head.as_bytes()).unwrap().is_some(), is_taken, "{length}");
        }
    }
}

//! The fields of a form before its file, byte for byte. Knows no policy.

use hyper::HeaderMap;
use hyper::header::CONTENT_TYPE;
use memchr::memmem;

/// Where reading the preamble gives up.
pub(crate) const MAX_PREAMBLE: usize = 64 * 1024;
/// Everything before the first byte of the file.
#[derive(Debug, Clone)]
pub(crate) struct Preamble {
    /// Names and values as sent, in order of arrival, the file part's name last.
    pub fields: Vec<(String, String)>,
    /// Offset of the file's first byte in the body.
    pub file_at: usize,
}

#[derive(Debug)]
pub(crate) enum Parsed {
    NeedMore,
    Done(Preamble),
    Broken(&'static str),
}

/// The boundary named by a `multipart/form-data` content type.
pub(crate) fn boundary(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let (kind, parameters) = value.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_string())
    })
}

/// Parses what has arrived so far, from the start.
pub(crate) fn parse(seen: &[u8], boundary: &str) -> Parsed {
    let open = format!("--{boundary}\r\n");
    let delimiter = format!("\r\n--{boundary}");
    let mut fields = Vec::new();
    if seen.len() < open.len() {
        return Parsed::NeedMore;
    }
    if !seen.starts_with(open.as_bytes()) {
        return Parsed::Broken("the body does not begin with the boundary");
    }
    let mut at = open.len();
    loop {
        let Some(head_len) = memmem::find(&seen[at..], b"\r\n\r\n") else {
            return Parsed::NeedMore;
        };
        let Some((name, is_file)) = part_name(&seen[at..at + head_len]) else {
            return Parsed::Broken("a part has no name");
        };
        at += head_len + 4;
        if is_file {
            let value = "<file>".to_string();
            fields.push((name, value));
            return Parsed::Done(Preamble { fields, file_at: at });
        }
        let Some(value_len) = memmem::find(&seen[at..], delimiter.as_bytes()) else {
            return Parsed::NeedMore;
        };
        let value = String::from_utf8_lossy(&seen[at..at + value_len]).into_owned();
        fields.push((name, value));
        at += value_len + delimiter.len();
        match seen.get(at..at + 2) {
            None => return Parsed::NeedMore,
            Some(b"\r\n") => at += 2,
            Some(b"--") => return Parsed::Broken("the form has no file field"),
            Some(_) => return Parsed::Broken("a boundary is not followed by a line end"),
        }
    }
}

/// Name of a part, and whether it is the file.
fn part_name(head: &[u8]) -> Option<(String, bool)> {
    let head = String::from_utf8_lossy(head);
    let disposition = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then(|| value.to_string())
    })?;
    let start = disposition.find(" name=\"")? + " name=\"".len();
    let length = disposition[start..].find('"')?;
    let name = disposition[start..start + length].to_string();
    let is_file = name.eq_ignore_ascii_case("file");
    Some((name, is_file))
}

/// Reads a body as it passes, until its preamble is complete.
pub(crate) struct FieldReader {
    boundary: String,
    seen: Vec<u8>,
}

impl FieldReader {
    pub fn new(boundary: String) -> Self {
        FieldReader { boundary, seen: Vec::new() }
    }

    /// `Some` once nothing more can be learned: the fields, or none of them.
    pub fn read(&mut self, data: &[u8]) -> Option<Vec<(String, String)>> {
        let room = MAX_PREAMBLE - self.seen.len();
        self.seen.extend_from_slice(&data[..data.len().min(room)]);
        match parse(&self.seen, &self.boundary) {
            Parsed::Done(preamble) => Some(preamble.fields),
            Parsed::NeedMore if self.seen.len() < MAX_PREAMBLE => None,
            Parsed::NeedMore | Parsed::Broken(_) => Some(Vec::new()),
        }
    }
}

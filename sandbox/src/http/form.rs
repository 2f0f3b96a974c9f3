//! Reading a multipart form just far enough: the fields before the file, byte for byte, and the
//! proof that nothing follows the file. Knows no policy and never alters what passes through.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use hyper::HeaderMap;
use hyper::body::{Body, Frame};
use hyper::header::CONTENT_TYPE;
use memchr::memmem;

use super::reply::BoxError;

/// Where reading the preamble gives up.
pub(crate) const MAX_PREAMBLE: usize = 64 * 1024;
/// What may stand after the closing boundary.
const MAX_EPILOGUE: usize = 1024;

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

/// Watches a body go by until its preamble is complete.
pub(crate) struct Watcher {
    boundary: String,
    seen: Vec<u8>,
}

impl Watcher {
    pub fn new(boundary: String) -> Self {
        Watcher { boundary, seen: Vec::new() }
    }

    /// `Some` once nothing more can be learned: the fields, or none of them.
    pub fn saw(&mut self, data: &[u8]) -> Option<Vec<(String, String)>> {
        let room = MAX_PREAMBLE - self.seen.len();
        self.seen.extend_from_slice(&data[..data.len().min(room)]);
        match parse(&self.seen, &self.boundary) {
            Parsed::Done(preamble) => Some(preamble.fields),
            Parsed::NeedMore if self.seen.len() < MAX_PREAMBLE => None,
            Parsed::NeedMore | Parsed::Broken(_) => Some(Vec::new()),
        }
    }
}

/// Why a [`FormBody`] ended itself.
pub(crate) type Verdict = Arc<Mutex<Option<&'static str>>>;

/// A form body that has been read up to its file. It yields the bytes unchanged, but holds the last
/// ones back until it is sure that the file is the last part and that the body has really ended.
/// The storage library stops reading at the end of the file, stores it, and would never notice.
pub(crate) struct FormBody<B> {
    inner: B,
    preamble: Option<Bytes>,
    held: BytesMut,
    finder: memmem::Finder<'static>,
    delimiter_len: usize,
    closing_at: Option<usize>,
    ended: bool,
    verdict: Verdict,
}

impl<B> FormBody<B> {
    /// `read` is what was taken from `inner` already; the file begins at `file_at`.
    pub fn new(inner: B, read: Bytes, file_at: usize, boundary: &str) -> (Self, Verdict) {
        let verdict = Verdict::default();
        let delimiter = format!("\r\n--{boundary}");
        let body = FormBody {
            inner,
            preamble: Some(read.slice(..file_at)),
            held: BytesMut::from(&read[file_at..]),
            finder: memmem::Finder::new(delimiter.as_bytes()).into_owned(),
            delimiter_len: delimiter.len(),
            closing_at: None,
            ended: false,
            verdict: verdict.clone(),
        };
        (body, verdict)
    }

    fn refuse(&mut self, why: &'static str) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.ended = true;
        if let Ok(mut verdict) = self.verdict.lock() {
            *verdict = Some(why);
        }
        Poll::Ready(Some(Err(why.into())))
    }

    /// Looks at what is held. `Ok(Some)` is data that may go on.
    fn examine(&mut self) -> Result<Option<Bytes>, &'static str> {
        if let Some(at) = self.closing_at {
            return if self.held.len() - at > self.delimiter_len + MAX_EPILOGUE {
                Err("there is data after the closing boundary")
            } else {
                Ok(None)
            };
        }
        // Enough to see the delimiter and the two bytes that say what follows it.
        let keep = self.delimiter_len + 2;
        match self.finder.find(&self.held) {
            Some(at) => match self.held.get(at + self.delimiter_len..at + keep) {
                None => Ok(None),
                Some(b"--") => {
                    self.closing_at = Some(at);
                    Ok(None)
                }
                Some(_) => Err("the file must be the last field of the form"),
            },
            None if self.held.len() > keep => {
                let length = self.held.len() - keep;
                Ok(Some(self.held.split_to(length).freeze()))
            }
            None => Ok(None),
        }
    }
}

impl<B> Body for FormBody<B>
where
    B: Body<Data = Bytes, Error = BoxError> + Unpin,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if this.ended {
            return Poll::Ready(None);
        }
        if let Some(preamble) = this.preamble.take() {
            return Poll::Ready(Some(Ok(Frame::data(preamble))));
        }
        loop {
            match this.examine() {
                Ok(Some(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Ok(None) => {}
                Err(why) => return this.refuse(why),
            }
            match ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        this.held.extend_from_slice(&data);
                    }
                }
                Some(Err(error)) => {
                    this.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    this.ended = true;
                    let Some(at) = this.closing_at else {
                        return this.refuse("the form ends before its closing boundary");
                    };
                    let tail = &this.held[at + this.delimiter_len + 2..];
                    if !tail.is_empty() && tail != b"\r\n" {
                        return this.refuse("there is data after the closing boundary");
                    }
                    return Poll::Ready(Some(Ok(Frame::data(this.held.split().freeze()))));
                }
            }
        }
    }
}

/// One part of a form that is held in memory.
#[derive(Debug)]
pub(crate) struct Part {
    pub name: String,
    pub file_name: Option<String>,
    pub content_type: Option<String>,
    pub content: Bytes,
}

/// All parts of a whole form.
pub(crate) fn parts(body: &Bytes, boundary: &str) -> Result<Vec<Part>, &'static str> {
    let open = format!("--{boundary}");
    if !body.starts_with(open.as_bytes()) {
        return Err("the body does not begin with the boundary");
    }
    let delimiter = format!("\r\n--{boundary}");
    let finder = memmem::Finder::new(delimiter.as_bytes());
    let mut parts = Vec::new();
    let mut at = open.len();
    loop {
        match body.get(at..at + 2) {
            Some(b"\r\n") => at += 2,
            Some(b"--") => break,
            _ => return Err("a boundary is not followed by a line end"),
        }
        let length = memmem::find(&body[at..], b"\r\n\r\n").ok_or("a part has no end of its head")?;
        let head = String::from_utf8_lossy(&body[at..at + length]).into_owned();
        at += length + 4;
        let length = finder.find(&body[at..]).ok_or("the form ends before its closing boundary")?;
        let disposition = header(&head, "content-disposition").unwrap_or_default();
        parts.push(Part {
            name: parameter(&disposition, "name").ok_or("a part has no name")?,
            file_name: parameter(&disposition, "filename"),
            content_type: header(&head, "content-type"),
            content: body.slice(at..at + length),
        });
        at += length + delimiter.len();
    }
    match &body[at + 2..] {
        b"" | b"\r\n" => Ok(parts),
        _ => Err("there is data after the closing boundary"),
    }
}

fn header(head: &str, wanted: &str) -> Option<String> {
    head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().to_string())
    })
}

/// A quoted parameter. Of its escapes there are three, those of browsers.
fn parameter(disposition: &str, wanted: &str) -> Option<String> {
    let (_, rest) = disposition.split_once(&format!("; {wanted}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"))
}

//! A whole form that is held in memory.

use bytes::Bytes;
use memchr::memmem;

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

//! A `multipart/form-data` body in the exact shape presigned POST forms are checked in: every field
//! byte for byte, the file last, and the length known before the first byte.

use bytes::Bytes;

use crate::error::{Error, ErrorKind, Result};

/// Storage refuses more than this ahead of the file (S3: `MaxPostPreDataLengthExceeded`).
const FIELDS_LIMIT: usize = 20 * 1024;

/// Form fields in the order they were given. Their values are bearer secrets, so only the names are
/// ever printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Fields(pub(crate) Vec<(String, String)>);

impl Fields {
    /// A field's value. Storage compares names without case.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// The bytes around the file, and the boundary they use.
pub(super) struct Framing {
    pub(super) boundary: String,
    pub(super) before: Bytes,
    pub(super) after: Bytes,
}

/// The file's own part: the names of the field and the file, and its type.
pub(super) struct FilePart<'a> {
    pub(super) field: &'a str,
    pub(super) name: &'a str,
    pub(super) content_type: &'a str,
}

pub(super) fn frame(fields: &[(String, String)], file: &FilePart<'_>) -> Result<Framing> {
    let boundary = boundary(fields);
    let mut before = Vec::with_capacity(4096);
    for (name, value) in fields {
        part_head(&mut before, &boundary, name);
        before.extend_from_slice(b"\r\n\r\n");
        before.extend_from_slice(value.as_bytes());
        before.extend_from_slice(b"\r\n");
    }
    part_head(&mut before, &boundary, file.field);
    let file_name = escaped(file.name);
    before.extend_from_slice(format!("; filename=\"{file_name}\"\r\n").as_bytes());
    before.extend_from_slice(format!("Content-Type: {}\r\n\r\n", file.content_type).as_bytes());
    let after = format!("\r\n--{boundary}--\r\n");
    let around = before.len() + after.len();
    if around > FIELDS_LIMIT {
        return Err(Error::new(
            ErrorKind::Rejected,
            format!(
                "the form fields take {around} bytes and storage allows {FIELDS_LIMIT}; ask the service for a smaller form"
            ),
        ));
    }
    Ok(Framing { boundary, before: before.into(), after: after.into() })
}

fn part_head(out: &mut Vec<u8>, boundary: &str, name: &str) {
    let name = escaped(name);
    out.extend_from_slice(
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"").as_bytes(),
    );
}

/// The characters that would end a quoted name are written the way browsers write them (HTML standard,
/// multipart/form-data encoding algorithm). Values are never touched.
fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// 128 random bits, so no value can have been made to contain it; looked for all the same.
fn boundary(fields: &[(String, String)]) -> String {
    loop {
        let boundary = format!("dropoff-{:032x}", fastrand::u128(..));
        if !fields.iter().any(|(_, value)| value.contains(&boundary)) {
            return boundary;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file<'a>(name: &'a str, content_type: &'a str) -> FilePart<'a> {
        FilePart { field: "file", name, content_type }
    }

    #[test]
    fn values_are_verbatim_names_are_quoted_and_the_file_is_last() {
        let odd = "<Tagging>\r\n \"a\" é\u{1F600}\n";
        let fields = [("key".into(), "k/ÿ".into()), ("ta\"g\r\n".into(), odd.into())];
        let framing = frame(&fields, &file("profile.zip", "application/zip")).expect("small");
        let b = &framing.boundary;
        let expected = format!(
            "--{b}\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk/ÿ\r\n\
             --{b}\r\nContent-Disposition: form-data; name=\"ta%22g%0D%0A\"\r\n\r\n{odd}\r\n\
             --{b}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"profile.zip\"\r\n\
             Content-Type: application/zip\r\n\r\n"
        );
        assert_eq!(framing.before, expected.as_bytes());
        assert_eq!(framing.after, format!("\r\n--{b}--\r\n").as_bytes());
    }

    #[test]
    fn fields_beyond_the_limit_of_storage_are_refused_before_sending() {
        let fields = [("big".into(), "x".repeat(FIELDS_LIMIT))];
        let error = frame(&fields, &file("f", "t")).err().expect("too much");
        assert_eq!(error.kind(), ErrorKind::Rejected);
    }
}

//! A form upload as far as it is read before its file: the boundary, the fields, and what is wrong with them.

use bytes::BytesMut;
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::http::request::Parts;

use super::s3_reply::s3_error;
use crate::http::form_fields::{self, MAX_PREAMBLE, Parsed, Preamble};
use crate::http::reply::Reply;
use crate::http::request::RequestBody;

/// S3's limit for everything in a form but the file.
const MAX_PRE_DATA: usize = 20_480;

pub(crate) struct FormStart {
    pub preamble: Preamble,
    pub boundary: String,
    /// The preamble, and what came along with it.
    pub read: BytesMut,
    pub body: RequestBody,
}

/// Reads a form up to its file.
pub(crate) async fn open_form(head: &Parts, mut body: RequestBody) -> Result<FormStart, Reply> {
    let boundary = form_fields::boundary(&head.headers).ok_or_else(|| {
        s3_error(
            StatusCode::PRECONDITION_FAILED,
            "PreconditionFailed",
            "Bucket POST must be of the enclosure-type multipart/form-data",
            &[],
        )
    })?;
    let mut read = BytesMut::new();
    loop {
        match form_fields::parse(&read, &boundary) {
            Parsed::Done(preamble) => {
                return Ok(FormStart { preamble, boundary, read, body });
            }
            Parsed::Broken(why) => return Err(malformed(why)),
            Parsed::NeedMore if read.len() > MAX_PREAMBLE => return Err(too_much_pre_data()),
            Parsed::NeedMore => {}
        }
        match body.frame().await {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    read.extend_from_slice(data);
                }
            }
            Some(Err(_)) | None => {
                return Err(malformed("the form ends before its file"));
            }
        }
    }
}

pub(crate) fn refuse_fields(preamble: &Preamble) -> Option<Reply> {
    if preamble.file_at > MAX_PRE_DATA {
        return Some(too_much_pre_data());
    }
    // The library takes the last of several fields of one name; S3 refuses them.
    let mut names: Vec<String> = preamble.fields.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort();
    let twice = names.windows(2).find(|pair| pair[0] == pair[1])?;
    Some(s3_error(
        StatusCode::BAD_REQUEST,
        "InvalidArgument",
        &format!("The form field {} was sent more than once.", twice[0]),
        &[],
    ))
}

pub(crate) fn malformed(why: &str) -> Reply {
    s3_error(
        StatusCode::BAD_REQUEST,
        "MalformedPOSTRequest",
        &format!("The body of your POST request is not well-formed multipart/form-data: {why}."),
        &[],
    )
}

fn too_much_pre_data() -> Reply {
    s3_error(
        StatusCode::BAD_REQUEST,
        "MaxPostPreDataLengthExceeded",
        "Your POST request fields preceding the upload file were too large.",
        &[("MaxPostPreDataLengthBytes", MAX_PRE_DATA.to_string())],
    )
}

pub(crate) fn file_size(content_length: Option<u64>, file_at: usize, boundary: &str) -> u64 {
    let closing = "\r\n----\r\n".len() + boundary.len();
    content_length.unwrap_or(0).saturating_sub((file_at + closing) as u64)
}

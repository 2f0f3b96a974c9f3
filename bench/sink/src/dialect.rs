//! What S3's and Azure's requests for a body ask for, and how they are answered. No signature is looked at.

use percent_encoding::percent_decode_str;

use crate::exchange::with_body;
use crate::head::{Framing, Head};
use crate::payload::{AZURE_CRC64, Bad, CRC64NVME, Content, eight_bytes};
use crate::store::{Refusal, Store, Stored};

/// Azure's: what a name of a block may have, decoded.
const LONGEST_BLOCK_ID: usize = 64;

/// A request, as far as it is understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Begin,
    Part { id: String, number: u32 },
    Complete { id: String },
    Abort { id: String },
    Block { id: String },
    BlockList,
    Object,
    Look,
}

/// A request that makes no sense, by its status.
pub(crate) const UNKNOWN: &str = "501 Not Implemented";

impl Asked {
    /// None if it is nothing that is known here.
    pub(crate) fn of(head: &Head) -> Option<Self> {
        let query = head.target.split_once('?').map_or("", |(_, query)| query);
        let value = |wanted: &str| {
            let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
            let (_, value) = pairs.find(|(name, _)| *name == wanted)?;
            Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
        };
        let (id, number) = (value("uploadId"), value("partNumber"));
        Some(match (head.method.as_str(), id, value("comp").as_deref()) {
            ("POST", None, None) if value("uploads").is_some() => Self::Begin,
            ("POST", Some(id), None) => Self::Complete { id },
            ("DELETE", Some(id), None) => Self::Abort { id },
            ("PUT", Some(id), None) => {
                let number = number?.parse().ok().filter(|number| (1..=10_000).contains(number))?;
                Self::Part { id, number }
            }
            ("PUT", None, Some("block")) => {
                let id = value("blockid").filter(|id| (1..=LONGEST_BLOCK_ID * 4 / 3).contains(&id.len()))?;
                Self::Block { id }
            }
            ("PUT", None, Some("blocklist")) => Self::BlockList,
            ("PUT", None, None) if number.is_none() => Self::Object,
            ("HEAD", None, None) => Self::Look,
            _ => return None,
        })
    }

    /// What its body says has to be read.
    pub(crate) fn keeps_body(&self) -> bool {
        matches!(self, Self::Begin | Self::Complete { .. } | Self::BlockList)
    }

    /// How its body ends. Azure wants its length before it comes.
    pub(crate) fn framing(&self, head: &Head) -> Result<Framing, &'static str> {
        let may_be_empty = matches!(self, Self::Begin | Self::Abort { .. } | Self::Look);
        let framing = head.framing.or(may_be_empty.then_some(Framing::Length(0)));
        let is_azure = matches!(self, Self::Block { .. } | Self::BlockList);
        let framing = framing.filter(|framing| !is_azure || *framing != Framing::Chunked);
        framing.ok_or("411 Length Required")
    }

    /// Does it, and says what is answered.
    pub(crate) fn carry_out(self, head: &Head, content: Result<Content, Bad>, store: &Store) -> Answer {
        let path = head.target.split('?').next().unwrap_or_default();
        let content = match content {
            Ok(content) => content,
            Err(Bad::Digest) => return Answer::refusal("400 Bad Request", "BadDigest"),
            Err(Bad::Malformed) => return Answer::refusal("400 Bad Request", "IncompleteBody"),
        };
        let done = match self {
            Self::Begin => Ok(begun(path, &store.begin(path))),
            Self::Part { id, number } => {
                let part = stored(&content);
                store.put_part(path, &id, number, part.clone()).map(|()| taken(&part, &content))
            }
            Self::Complete { id } => {
                let object = store.complete(path, &id, &parts_of(&content.kept));
                object.map(|object| completed(path, &object))
            }
            Self::Abort { id } => store.abort(path, &id).map(|()| Answer::empty("204 No Content", "")),
            Self::Block { .. } if content.length == 0 => {
                return Answer::refusal("400 Bad Request", "InvalidHeaderValue");
            }
            Self::Block { id } => {
                let block = stored(&content);
                let crc = eight_bytes(block.crc64.swap_bytes());
                let said = format!("{AZURE_CRC64}: {crc}\r\n");
                store.put_block(path, &id, block).map(|()| Answer::empty("201 Created", &said))
            }
            Self::BlockList => {
                let blob = store.commit(path, &ids_of(&content.kept));
                blob.map(|blob| Answer::empty("201 Created", &format!("ETag: {}\r\n", blob.etag)))
            }
            Self::Object => {
                let object = stored(&content);
                store.put_object(path, object.clone());
                Ok(taken(&object, &content))
            }
            Self::Look => Ok(store.object(path).map_or_else(Answer::nothing, |object| looked(&object))),
        };
        done.unwrap_or_else(|refusal| Answer::refused(&refusal))
    }
}

/// What is sent back.
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) is_refusal: bool,
}

impl Answer {
    fn of(text: String) -> Self {
        Self { text, is_refusal: false }
    }

    fn empty(status: &str, headers: &str) -> Self {
        Self::of(format!("HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\n\r\n"))
    }

    /// Of what is not there; it is asked for before something is put there.
    fn nothing() -> Self {
        Self::empty("404 Not Found", "")
    }

    fn refused(refusal: &Refusal) -> Self {
        let status = match refusal {
            Refusal::NoSuchUpload => "404 Not Found",
            _ => "400 Bad Request",
        };
        Self::refusal(status, &format!("{refusal:?}"))
    }

    fn refusal(status: &str, code: &str) -> Self {
        let body =
            format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{code}</Message></Error>");
        Self { text: with_body(status, "application/xml", &body), is_refusal: true }
    }
}

fn stored(content: &Content) -> Stored {
    // No MD5, and nothing that looks like one.
    Stored { length: content.length, crc64: content.crc64, etag: format!("\"{:016x}\"", content.crc64) }
}

/// A part or an object, with what was computed of it.
fn taken(stored: &Stored, content: &Content) -> Answer {
    let mut headers = format!("ETag: {}\r\n{CRC64NVME}: {}\r\n", stored.etag, eight_bytes(stored.crc64));
    if let Some((name, value)) = &content.other {
        headers += &format!("{name}: {value}\r\n");
    }
    Answer::empty("200 OK", &headers)
}

fn looked(object: &Stored) -> Answer {
    let Stored { length, crc64, etag } = object;
    Answer::of(format!(
        "HTTP/1.1 200 OK\r\nETag: {etag}\r\n{CRC64NVME}: {}\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n",
        eight_bytes(*crc64)
    ))
}

fn begun(path: &str, id: &str) -> Answer {
    let (bucket, key) = bucket_and_key(path);
    let body = format!(
        "<?xml version=\"1.0\"?><InitiateMultipartUploadResult><Bucket>{bucket}</Bucket><Key>{key}</Key>\
         <UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
    );
    Answer::of(with_body("200 OK", "application/xml", &body))
}

fn completed(path: &str, object: &Stored) -> Answer {
    let (bucket, key) = bucket_and_key(path);
    let (etag, crc) = (&object.etag, eight_bytes(object.crc64));
    let body = format!(
        "<?xml version=\"1.0\"?><CompleteMultipartUploadResult><Location>{path}</Location>\
         <Bucket>{bucket}</Bucket><Key>{key}</Key><ETag>{etag}</ETag><ChecksumCRC64NVME>{crc}</ChecksumCRC64NVME>\
         <ChecksumType>FULL_OBJECT</ChecksumType></CompleteMultipartUploadResult>"
    );
    Answer::of(with_body("200 OK", "application/xml", &body))
}

fn bucket_and_key(path: &str) -> (&str, &str) {
    path.trim_start_matches('/').split_once('/').unwrap_or((path, ""))
}

/// The numbers and ETags of a list of parts; what cannot be read is no part that is there.
fn parts_of(list: &[u8]) -> Vec<(u32, String)> {
    let list = String::from_utf8_lossy(list);
    let parts = list.split("<Part>").skip(1).map(|part| {
        let number = between(part, "<PartNumber>", "</PartNumber>").and_then(|number| number.parse().ok());
        let etag = between(part, "<ETag>", "</ETag>").unwrap_or_default().replace("&quot;", "\"");
        let etag = etag.replace("&#34;", "\"");
        (number.unwrap_or_default(), format!("\"{}\"", etag.trim_matches('"')))
    });
    parts.collect()
}

fn ids_of(list: &[u8]) -> Vec<String> {
    let list = String::from_utf8_lossy(list);
    let ids =
        list.split("<Latest>").skip(1).map(|rest| rest.split('<').next().unwrap_or_default().to_owned());
    ids.collect()
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    Some(text.split_once(begin)?.1.split_once(end)?.0.trim())
}

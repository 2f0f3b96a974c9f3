//! `--looks`: CRCs are computed, answered and compared, and what is stored is made of what came.

#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write;

use common::{Sink, file, text};
use serde_json::json;

/// Of 3 MiB of `x`, by awscrt and zlib.
const CRC64: &str = "oCFjfdPNOCg=";
const CRC32: &str = "vswUSA==";

fn starts(options: &[&str]) -> Sink {
    Sink::start(&[&["--looks"], options].concat())
}

fn begin(sink: &Sink, url: &str) -> String {
    let out = sink.curl(&["-X", "POST", &format!("{url}?uploads")]);
    let (_, rest) = out.split_once("<UploadId>").unwrap();
    rest.split_once("</UploadId>").unwrap().0.to_owned()
}

fn etag(answer: &str) -> &str {
    answer.lines().find_map(|line| line.strip_prefix("ETag: ")).unwrap()
}

#[test]
fn an_object_is_made_of_its_parts() {
    for options in [&[] as &[&str], &["--tls"]] {
        let sink = starts(options);
        let (large, small) = (file(3 << 20), file(5));
        let url = format!("{}/bucket/key", sink.url);
        let id = begin(&sink, &url);
        let part = |number| format!("{url}?partNumber={number}&uploadId={id}");
        let one = sink.curl(&["-i", "-T", text(&large), &part(1)]);
        assert!(one.contains(&format!("x-amz-checksum-crc64nvme: {CRC64}\r\n")), "{one}");
        let two = sink.curl(&["-i", "-H", "Transfer-Encoding: chunked", "-T", text(&small), &part(2)]);
        let complete = |parts: &[(u32, &str)]| {
            let parts: String = parts
                .iter()
                .map(|(n, etag)| format!("<Part><PartNumber>{n}</PartNumber><ETag>{etag}</ETag></Part>"))
                .collect();
            let url = format!("{url}?uploadId={id}");
            sink.curl(&[
                "-i",
                "-d",
                &format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"),
                &url,
            ])
        };
        let answer = complete(&[(1, etag(&one)), (2, etag(&one))]);
        assert!(answer.contains("400 Bad Request") && answer.contains("InvalidPart"), "{answer}");
        assert_eq!(sink.counts()["objects"], 0);
        let answer = complete(&[(1, etag(&one)), (2, etag(&two))]);
        assert!(answer.contains("200 OK") && answer.contains("<ChecksumCRC64NVME>"), "{answer}");
        let counts = sink.counts();
        let found = ["objects", "object_bytes", "bytes", "refused", "checked"].map(|name| &counts[name]);
        assert_eq!(json!(found), json!([1, (3 << 20) + 5, (3 << 20) + 5, 1, 0]), "{options:?}");
        let looked = sink.curl(&["-I", &url]);
        assert!(looked.contains(&format!("Content-Length: {}\r\n", (3 << 20) + 5)), "{looked}");
        assert_eq!(sink.reset()["objects"], 0);
        assert!(sink.curl(&["-I", &url]).contains("404 Not Found"));
    }
}

#[test]
fn a_checksum_that_comes_with_a_body_is_compared() {
    let sink = starts(&["--tls"]);
    let file = file(3 << 20);
    let put =
        |header: &str| sink.curl(&["-i", "-H", header, "-T", text(&file), &format!("{}/b/k", sink.url)]);
    for (name, right, wrong) in
        [("x-amz-checksum-crc64nvme", CRC64, "AAAAAAAAAAA="), ("x-amz-checksum-crc32", CRC32, "AAAAAA==")]
    {
        sink.reset();
        let answer = put(&format!("{name}: {right}"));
        assert!(answer.contains("200 OK") && answer.contains(&format!("{name}: {right}\r\n")), "{answer}");
        let answer = put(&format!("{name}: {wrong}"));
        assert!(answer.contains("400 Bad Request") && answer.contains("BadDigest"), "{answer}");
        let counts = sink.counts();
        assert_eq!((&counts["checked"], &counts["refused"]), (&json!(1), &json!(1)), "{name}");
    }
}

#[test]
fn a_checksum_may_come_behind_the_body() {
    let sink = starts(&[]);
    let mut client = sink.connect();
    for (crc, status) in [("DUoRhQ==", "200 OK"), ("AAAAAA==", "400 Bad Request")] {
        let body = format!("b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:{crc}\r\n\r\n");
        let head = "PUT /b/k HTTP/1.1\r\nContent-Encoding: aws-chunked\r\nX-Amz-Trailer: x-amz-checksum-crc32\r\n\
                    X-Amz-Decoded-Content-Length: 11\r\n";
        write!(client, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let answer = common::answer(&mut client);
        assert!(answer.contains(status), "{answer}");
        let length = answer.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
        let mut rest = vec![0; length.parse().unwrap()];
        std::io::Read::read_exact(&mut client, &mut rest).unwrap();
    }
    let counts = sink.counts();
    let found = ["bytes", "objects", "object_bytes", "checked", "refused"].map(|name| &counts[name]);
    assert_eq!(json!(found), json!([22, 1, 11, 1, 1]));
}

#[test]
fn a_blob_is_made_of_its_blocks() {
    let sink = starts(&["--tls"]);
    let file = file(3 << 20);
    let url = format!("{}/container/blob?sv=2025-01-05&sig=s", sink.url);
    let block = |id: &str| sink.curl(&["-i", "-T", text(&file), &format!("{url}&comp=block&blockid={id}")]);
    let commit = |ids: &[&str]| {
        let list: String = ids.iter().map(|id| format!("<Latest>{id}</Latest>")).collect();
        let list = format!("<BlockList>{list}</BlockList>");
        sink.curl(&["-i", "-X", "PUT", "-d", &list, &format!("{url}&comp=blocklist")])
    };
    let answer = block("QUFB");
    assert!(answer.contains("201 Created") && answer.contains("x-ms-content-crc64: "), "{answer}");
    assert!(block("QUE%3D").contains("201 Created"), "decoded it is as long");
    assert!(block("QUFBQUFB").contains("InvalidBlobOrBlock"));
    assert!(commit(&["QUFB", "QUFC"]).contains("InvalidBlockList"));
    let chunked = ["-i", "-H", "Transfer-Encoding: chunked", "-T", text(&file)];
    let answer = sink.curl(&[&chunked[..], &[&format!("{url}&comp=block&blockid=QUFB")]].concat());
    assert!(answer.contains("411 Length Required"), "{answer}");
    assert!(commit(&["QUFB", "QUE="]).contains("201 Created"));
    let counts = sink.counts();
    assert_eq!((&counts["objects"], &counts["object_bytes"]), (&json!(1), &json!(6 << 20)));
}

#[test]
fn what_is_not_known_is_refused() {
    let sink = starts(&[]);
    let file = file(5);
    for query in ["?partNumber=0&uploadId=u", "?comp=lease", "?partNumber=1"] {
        let answer = sink.curl(&["-i", "-T", text(&file), &format!("{}/b/k{query}", sink.url)]);
        assert!(answer.contains("501 Not Implemented"), "{query}: {answer}");
    }
    let answer = sink.curl(&["-i", "-T", text(&file), &format!("{}/b/k?partNumber=1&uploadId=u", sink.url)]);
    assert!(answer.contains("404 Not Found") && answer.contains("NoSuchUpload"), "{answer}");
    assert_eq!(sink.counts()["objects"], 0);
}

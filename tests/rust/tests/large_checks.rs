//! What is compared of an upload above 256 MiB to a host that has not answered yet: whichever CRC its answer
//! has, also one that nobody computed meanwhile.

use dropoff::{ErrorKind, Options, Outcome, PutRequest, Source, Storage, StoredObject};
use dropoff_tests::misbehaving_server::{Behaviour, MisbehavingServer};

/// A byte more than what has an MD5 by default.
const SIZE: usize = 256 * 1024 * 1024 + 1;
/// Of so many zeros, by boto's awscrt and Python's zlib.
const CRC32C: &str = "qT6pqA==";
const CRC32: &str = "jpuL9A==";

fn answering(header: &str) -> MisbehavingServer {
    let reply = format!("HTTP/1.1 200 OK\r\n{header}\r\nETag: \"1-a\"\r\nContent-Length: 0\r\n\r\n");
    MisbehavingServer::start(Behaviour { take: SIZE, reply, continues: true, tls: false, lingers: false })
}

fn put(server: &MisbehavingServer) -> dropoff::Result<StoredObject> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    file.as_file().set_len(SIZE as u64).expect("a sparse file");
    let options = Options::new().trusted_storage([server.origin()]).expect("options");
    Storage::new(options).put(PutRequest::new(format!("{}/k", server.origin()), Source::path(file.path())))
}

#[test]
fn a_crc_that_nobody_expected_is_compared() {
    for (name, value) in [("crc32c", CRC32C), ("crc32", CRC32)] {
        let server = answering(&format!("x-amz-checksum-{name}: {value}"));
        let stored = put(&server).expect("it is stored");
        assert_eq!((stored.verified_by.as_deref(), stored.verified), (Some(name), true));
        assert_eq!((stored.bytes, stored.attempts, stored.md5), (SIZE as u64, 1, None));
    }
}

#[test]
fn a_crc_that_nobody_expected_tells_damage() {
    let server = answering("x-goog-hash: crc32c=AAAAAA==");
    let error = put(&server).expect_err("it is another's");
    let found = (error.kind(), error.outcome(), server.connections());
    assert_eq!(found, (ErrorKind::Integrity, Outcome::Completed, 2), "{error:?}");
    assert!(error.message().contains("took it twice"), "{error:?}");
}

use super::*;
use crate::sys::testing::symlink;
use std::path::PathBuf;

const ALL: Beside = Beside { log: true, journal: true };
const ALONE: Beside = Beside { log: false, journal: false };

/// Databases that SQLite made, and some that were cut.
fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/cookies").join(name)
}

fn of_chrome(name: &str) -> Option<Jar> {
    jar_of(&corpus(name), ALL)
}

fn jar_of(path: &Path, beside: Beside) -> Option<Jar> {
    chrome(path, beside, SystemTime::now(), &StallGuard::default())
}

fn kinds<const N: usize>(kinds: [(CookieEncryption, u32); N]) -> EncryptionCounts {
    EncryptionCounts::from(kinds)
}

#[test]
fn rows_are_counted_by_what_becomes_of_them() {
    let jar = of_chrome("chrome").expect("a database");
    assert_eq!(jar.lasting, kinds([(CookieEncryption::V10, 2), (CookieEncryption::Plain, 1)]));
    assert_eq!(jar.of_session, kinds([(CookieEncryption::V10, 1)]));
    assert_eq!(jar.expired, kinds([(CookieEncryption::V10, 1), (CookieEncryption::V11, 1)]));
    assert!(!jar.cut);
    // By this machine's clock: the one that has expired had not in 2009.
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_250_000_000);
    let jar = chrome(&corpus("chrome"), ALL, then, &StallGuard::default()).expect("a database");
    assert_eq!((jar.lasting.values().sum::<u32>(), jar.expired.len()), (5, 0));
    assert_eq!(of_chrome("chrome_empty"), Some(Jar::default()));
    assert_eq!(of_chrome("chrome_session").map(|jar| jar.lasting.len()), Some(0));
}

#[test]
fn values_of_windows_are_told_by_their_length() {
    let jar = of_chrome("chrome_windows").expect("a database");
    let all = [
        (CookieEncryption::V10, 1),
        (CookieEncryption::V10OfWindows, 1),
        (CookieEncryption::V20, 1),
        (CookieEncryption::Dpapi, 1),
    ];
    assert_eq!(jar.lasting, kinds(all));
    assert_eq!(CookieEncryption::V10OfWindows.prefix(), "v10");
    for (value, len, kind) in [
        (&b""[..], 0, CookieEncryption::Plain),
        (b"v10", 3, CookieEncryption::V10OfWindows),
        (b"v10", 3 + 32, CookieEncryption::V10),
        (b"v12", 3 + 32, CookieEncryption::V12),
        (b"v99", 20, CookieEncryption::Other(*b"v99")),
        (b"xyz", 20, CookieEncryption::Other(*b"???")),
    ] {
        assert_eq!(CookieEncryption::of(value, len), kind, "{value:?} of {len}");
    }
}

#[test]
fn rows_longer_than_a_page_and_trees_of_pages_are_read() {
    let jar = of_chrome("chrome_long_rows").expect("a database");
    assert_eq!((jar.lasting, jar.cut), (kinds([(CookieEncryption::V11, 4)]), false));
    let jar = of_chrome("chrome_many_rows").expect("a database");
    assert_eq!((jar.lasting, jar.cut), (kinds([(CookieEncryption::V12, 60)]), false));
}

#[test]
fn what_is_no_such_database_tells_nothing_and_what_is_cut_says_so() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("Cookies");
    for (bytes, why) in
        [(Vec::new(), "empty"), (vec![0; 8192], "zeros"), (b"SQLite format 3\0".to_vec(), "its first bytes")]
    {
        std::fs::write(&path, bytes).expect("write");
        assert_eq!(jar_of(&path, ALL), None, "{why}");
        assert_eq!(firefox(&path, ALL, SystemTime::now(), &StallGuard::default()), None, "{why}");
    }
    for other in ["one_leaf", "plain", "cut", "firefox", "webkit", "there is none"] {
        assert_eq!(of_chrome(other), None, "{other}");
    }
    // One that is shorter than its head says, and one with a page that is no page any more.
    let mut bytes = std::fs::read(corpus("chrome_many_rows")).expect("corpus");
    std::fs::write(&path, &bytes[..bytes.len() - 512]).expect("write");
    assert_eq!(jar_of(&path, ALL), None);
    let end = bytes.len();
    bytes[end - 512..].fill(0);
    std::fs::write(&path, &bytes).expect("write");
    assert!(jar_of(&path, ALL).expect("its schema can be read").cut);
}

#[test]
fn a_symlink_or_a_pipe_is_not_opened() {
    let dir = tempfile::tempdir().expect("dir");
    symlink(corpus("chrome"), dir.path().join("link")).expect("symlink");
    symlink("loop", dir.path().join("loop")).expect("symlink");
    for name in ["link", "loop", "."] {
        assert_eq!(jar_of(&dir.path().join(name), ALL), None, "{name}");
    }
}

/// A database with its log beside it, as the corpus has them one after the other.
fn with_log(dir: &Path, cut: usize) -> PathBuf {
    let both = std::fs::read(corpus("firefox_log")).expect("corpus");
    let at = both.windows(3).position(|bytes| bytes == b"\x37\x7f\x06").expect("a log");
    let path = dir.join("cookies.sqlite");
    std::fs::write(&path, &both[..at]).expect("write");
    std::fs::write(dir.join("cookies.sqlite-wal"), &both[at..both.len() - cut]).expect("write");
    path
}

#[test]
fn a_firefox_counts_milliseconds_or_seconds() {
    for name in ["firefox", "firefox_seconds"] {
        let jar = firefox(&corpus(name), ALL, SystemTime::now(), &StallGuard::default()).expect("a database");
        assert_eq!(
            (jar.lasting, jar.expired),
            (kinds([(CookieEncryption::Plain, 1)]), kinds([(CookieEncryption::Plain, 1)]))
        );
    }
    assert_eq!(owner(&corpus("firefox"), &StallGuard::default()), Some(Owner::Firefox));
    assert_eq!(owner(&corpus("webkit"), &StallGuard::default()), Some(Owner::WebKit));
    assert_eq!(firefox(&corpus("webkit"), ALL, SystemTime::now(), &StallGuard::default()), None);
    assert_eq!(owner(&corpus("chrome"), &StallGuard::default()), None);
}

#[test]
fn the_newest_rows_are_in_the_log_as_far_as_it_is_committed() {
    let dir = tempfile::tempdir().expect("dir");
    let path = with_log(dir.path(), 0);
    let count = |log| {
        let beside = Beside { log, journal: false };
        let jar = firefox(&path, beside, SystemTime::now(), &StallGuard::default()).expect("a database");
        (jar.lasting.values().sum::<u32>(), jar.expired.values().sum::<u32>(), jar.cut)
    };
    assert_eq!(count(true), (10, 1, false));
    assert_eq!(count(false), (0, 1, false), "without its log");
    // The last page of the transaction is torn, so none of it counts.
    with_log(dir.path(), 1);
    assert_eq!(count(true), (0, 1, false), "with a torn log");
    let log = dir.path().join("cookies.sqlite-wal");
    for (at, why) in [(0, "magic"), (20, "salt"), (30, "checksum"), (60, "page")] {
        with_log(dir.path(), 0);
        let mut bytes = std::fs::read(&log).expect("read");
        bytes[at] ^= 1 << 6;
        std::fs::write(&log, bytes).expect("write");
        assert_eq!(count(true), (0, 1, false), "{why}");
    }
    // A database that was just made: all of it is in the log.
    with_log(dir.path(), 0);
    std::fs::write(&path, "").expect("write");
    assert_eq!(
        firefox(&path, ALL, SystemTime::now(), &StallGuard::default()),
        None,
        "the schema is in neither"
    );
}

/// The beginning of a journal.
const MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

/// A database of the corpus beside its journal, in which `change` may have changed something.
fn with_journal(dir: &Path, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
    let all = std::fs::read(corpus(name)).expect("corpus");
    let at = all.windows(MAGIC.len()).position(|bytes| bytes == MAGIC).expect("a journal");
    let (main, journal) = all.split_at(at);
    let (path, mut journal) = (dir.join("Cookies"), journal.to_vec());
    change(&mut journal);
    std::fs::write(&path, main).expect("write");
    std::fs::write(dir.join("Cookies-journal"), journal).expect("write");
    path
}

/// The rows that sqlite3 finds in the database once it has undone the transaction.
fn undone() -> Option<Jar> {
    Some(Jar { lasting: kinds([(CookieEncryption::V10, 6), (CookieEncryption::V11, 1)]), ..Jar::default() })
}

#[test]
fn what_a_killed_browser_had_begun_is_undone() {
    let dir = tempfile::tempdir().expect("dir");
    for name in ["chrome_journal", "chrome_journal_not_counted"] {
        let path = with_journal(dir.path(), name, |_| ());
        assert_eq!(jar_of(&path, ALL), undone(), "{name}");
        assert_ne!(jar_of(&path, ALONE), undone(), "{name}, without");
        // Of another database that had its name.
        std::fs::write(&path, "").expect("write");
        assert_eq!(jar_of(&path, ALL), None, "{name}, empty");
    }
}

#[test]
fn a_journal_counts_as_far_as_it_is_whole() {
    let dir = tempfile::tempdir().expect("dir");
    let found = |change: &dyn Fn(&mut Vec<u8>)| {
        let path = with_journal(dir.path(), "chrome_journal", change);
        jar_of(&path, ALL)
    };
    let flipped = |at: usize| found(&|journal| journal[at] ^= 1);
    assert_eq!(found(&|_| ()), undone());
    // The second part of the journal begins at a sector of its own.
    let second = 512 + 3 * 520;
    let second = second + (512 - second % 512);
    for (at, why) in [
        (0, "no magic"),
        (14, "another nonce"),
        (512 + 4 + 312, "another sum"),
        (512 + 4 + 512, "another sum"),
        (second, "no second part"),
    ] {
        assert_ne!(flipped(at), undone(), "{why}");
    }
    assert_ne!(found(&|journal| journal[512..516].fill(0)), undone(), "no page has that number");
    assert_ne!(found(&|journal| journal.truncate(second)), undone(), "cut");
}

/// Of a transaction in several databases, whose journal names one more file (sqlite.org/atomiccommit.html,
/// 5).
#[test]
fn a_journal_that_counts_as_long_as_another_is_there_counts_nowhere_else() {
    let dir = tempfile::tempdir().expect("dir");
    let name = "/home/zo\u{eb}/Default/Cookies-mj012345678";
    let sum = name.bytes().fold(0_u32, |sum, byte| sum.wrapping_add_signed(byte.cast_signed().into()));
    let path = with_journal(dir.path(), "chrome_journal", |journal| {
        journal.extend((0x4000_0000_u32 / 512 + 1).to_be_bytes());
        journal.extend(name.as_bytes());
        journal.extend(u32::try_from(name.len()).expect("short").to_be_bytes());
        journal.extend(sum.to_be_bytes());
        journal.extend(MAGIC);
    });
    assert!(jar_of(&path, ALONE).is_some());
    assert_eq!(jar_of(&path, ALL), jar_of(&path, ALONE), "it was finished");
    std::fs::write(dir.path().join("Cookies-mj012345678"), "x").expect("write");
    assert_eq!(jar_of(&path, ALL), None, "only here it can be undone");
}

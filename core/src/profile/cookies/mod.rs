//! What a browser's database of cookies tells: how many rows a browser will keep when it starts, and how
//! those are encrypted, by their first three bytes and their length. Nothing is decrypted, and no name or
//! value is looked at.

use std::collections::BTreeMap;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::open_nofollow::open_plain;
use super::sqlite::{Database, Record, Table};

/// How a cookie is encrypted, as far as its value shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Plain,
    /// AES-CBC: the fixed key on Linux, a key of the Keychain on macOS (components/os_crypt).
    V10,
    /// AES-GCM, which only Windows has there: 12 bytes of a nonce before and 16 of a tag after, so that the
    /// length is mostly none of AES-CBC's.
    V10OfWindows,
    /// A key in the keyring of a Linux desktop.
    V11,
    V12,
    /// A key that Windows gives to that one browser.
    V20,
    /// DPAPI itself, as Chrome on Windows had it before version 80.
    Dpapi,
    Other([u8; 3]),
}

impl Kind {
    fn of(value: &[u8], len: usize) -> Self {
        const BLOCK: usize = 16;
        match value {
            [] => Self::Plain,
            [b'v', b'1', b'0', ..] if len > 3 && (len - 3).is_multiple_of(BLOCK) => Self::V10,
            [b'v', b'1', b'0', ..] => Self::V10OfWindows,
            [b'v', b'1', b'1', ..] => Self::V11,
            [b'v', b'1', b'2', ..] => Self::V12,
            [b'v', b'2', b'0', ..] => Self::V20,
            // The version of a blob of DPAPI's, and the first of its provider's bytes.
            [1, 0, 0, 0, 0xd0, ..] => Self::Dpapi,
            [b'v', a, b, ..] if a.is_ascii_digit() && b.is_ascii_digit() => Self::Other([b'v', *a, *b]),
            _ => Self::Other(*b"???"),
        }
    }

    /// What a value begins with; "plain" is one that is not encrypted.
    pub(crate) fn prefix(self) -> String {
        match self {
            Self::Plain => "plain".to_owned(),
            Self::V10 | Self::V10OfWindows => "v10".to_owned(),
            Self::V11 => "v11".to_owned(),
            Self::V12 => "v12".to_owned(),
            Self::V20 => "v20".to_owned(),
            Self::Other(text) if text[0] == b'v' => String::from_utf8_lossy(&text).into_owned(),
            Self::Dpapi | Self::Other(_) => "other".to_owned(),
        }
    }
}

/// How many rows are of which kind.
pub(crate) type Kinds = BTreeMap<Kind, u32>;

/// Cookies by what becomes of them when a browser starts.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Jar {
    /// They are there.
    pub(super) lasting: Kinds,
    /// They are thrown away, unless the browser restores its session.
    pub(super) of_session: Kinds,
    /// They are thrown away.
    pub(super) expired: Kinds,
    /// Some rows could not be read, or there are more than a browser keeps. A browser that finds its database
    /// damaged begins a new one, so the others prove nothing.
    pub(super) cut: bool,
}

impl Jar {
    pub(crate) fn all(&self) -> Kinds {
        let mut all = self.lasting.clone();
        for (kind, rows) in self.of_session.iter().chain(&self.expired) {
            *all.entry(*kind).or_default() += rows;
        }
        all
    }
}

/// A Chromium's `Cookies`. None if that is no such database.
pub(super) fn chrome(path: &Path, now: SystemTime) -> Option<Jar> {
    // It has a rollback journal and no log: net/extras/sqlite/sqlite_persistent_store_backend_base.cc.
    read(path, false, |database| chrome_jar(database, now))
}

/// A Firefox's `cookies.sqlite`, with the log beside it or without.
pub(super) fn firefox(path: &Path, with_log: bool, now: SystemTime) -> Option<Jar> {
    read(path, with_log, |database| firefox_jar(database, now))
}

/// Which browser a `cookies.sqlite` is of, if it is one's.
pub(super) fn owner(path: &Path) -> Option<Owner> {
    read(path, true, owner_of)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Firefox,
    /// libsoup wrote it, for WebKitGTK: libsoup/cookies/soup-cookie-jar-db.c has the same table.
    WebKit,
}

fn read<T>(path: &Path, with_log: bool, tell: impl FnOnce(&Database<'_>) -> Option<T>) -> Option<T> {
    let file = open_plain(path).ok()?;
    let mut log = path.to_owned().into_os_string();
    log.push("-wal");
    let log = with_log.then(|| open_plain(Path::new(&log)).ok()).flatten();
    let main = |at: u64, bytes: &mut [u8]| file.read_exact_at(bytes, at).ok();
    let logged = log.map(|log| move |at: u64, bytes: &mut [u8]| log.read_exact_at(bytes, at).ok());
    let logged = logged.as_ref().map(|read| read as &dyn Fn(u64, &mut [u8]) -> Option<()>);
    tell(&Database::open(&main, logged)?)
}

pub(crate) fn chrome_jar(database: &Database<'_>, now: SystemTime) -> Option<Jar> {
    let table = database.table("cookies")?;
    // Older ones have the shorter name: net/extras/sqlite/sqlite_persistent_cookie_store.cc, "Version 10".
    let is_persistent = table.column("is_persistent").or_else(|| table.column("persistent"))?;
    let (value, expires) = (table.column("encrypted_value")?, table.column("expires_utc")?);
    let has_expires = table.column("has_expires")?;
    let now = since_1601(now);
    Some(jar(database, &table, |row| {
        let lasting = row.integer(has_expires)? != 0 && row.integer(is_persistent)? != 0;
        let fate = match row.integer(expires)? {
            _ if !lasting => Fate::OfSession,
            at if at <= now => Fate::Expired,
            _ => Fate::Lasting,
        };
        Some((Kind::of(row.bytes(value)?, row.len(value)?), fate))
    }))
}

pub(crate) fn firefox_jar(database: &Database<'_>, now: SystemTime) -> Option<Jar> {
    if owner_of(database)? != Owner::Firefox {
        return None;
    }
    let table = database.table("moz_cookies")?;
    let expiry = table.column("expiry")?;
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // Milliseconds since version 16 of the schema: netwerk/cookie/CookiePersistentStorage.cpp.
    let now = if database.user_version() >= 16 { now.as_millis() } else { u128::from(now.as_secs()) };
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    // Those of a session are not in it at all.
    Some(jar(database, &table, |row| {
        let fate = if row.integer(expiry)? <= now { Fate::Expired } else { Fate::Lasting };
        Some((Kind::Plain, fate))
    }))
}

fn owner_of(database: &Database<'_>) -> Option<Owner> {
    database.table("moz_cookies")?;
    Some(if database.user_version() > 0 { Owner::Firefox } else { Owner::WebKit })
}

#[derive(Clone, Copy)]
enum Fate {
    Lasting,
    OfSession,
    Expired,
}

fn jar(database: &Database<'_>, table: &Table, tell: impl Fn(&Record<'_>) -> Option<(Kind, Fate)>) -> Jar {
    let mut jar = Jar::default();
    let mut skipped = false;
    let all = database.rows(table, |row| match tell(row) {
        Some((kind, fate)) => {
            let kinds = match fate {
                Fate::Lasting => &mut jar.lasting,
                Fate::OfSession => &mut jar.of_session,
                Fate::Expired => &mut jar.expired,
            };
            *kinds.entry(kind).or_default() += 1;
        }
        None => skipped = true,
    });
    jar.cut = skipped || all.is_none();
    jar
}

/// Chromium counts microseconds since 1601 (base/time/time.h).
fn since_1601(now: SystemTime) -> i64 {
    const SECONDS_TO_1970: u64 = 11_644_473_600;
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = now.saturating_add(Duration::from_secs(SECONDS_TO_1970));
    i64::try_from(now.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// Databases that SQLite made, and some that were cut.
    fn corpus(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/cookies").join(name)
    }

    fn of_chrome(name: &str) -> Option<Jar> {
        chrome(&corpus(name), SystemTime::now())
    }

    fn kinds<const N: usize>(kinds: [(Kind, u32); N]) -> Kinds {
        Kinds::from(kinds)
    }

    #[test]
    fn rows_are_counted_by_what_becomes_of_them() {
        let jar = of_chrome("chrome").expect("a database");
        assert_eq!(jar.lasting, kinds([(Kind::V10, 2), (Kind::Plain, 1)]));
        assert_eq!(jar.of_session, kinds([(Kind::V10, 1)]));
        assert_eq!(jar.expired, kinds([(Kind::V10, 1), (Kind::V11, 1)]));
        assert!(!jar.cut);
        // By this machine's clock: the one that has expired had not in 2009.
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_250_000_000);
        let jar = chrome(&corpus("chrome"), then).expect("a database");
        assert_eq!((jar.lasting.values().sum::<u32>(), jar.expired.len()), (5, 0));
        assert_eq!(of_chrome("chrome_empty"), Some(Jar::default()));
        assert_eq!(of_chrome("chrome_session").map(|jar| jar.lasting.len()), Some(0));
    }

    #[test]
    fn values_of_windows_are_told_by_their_length() {
        let jar = of_chrome("chrome_windows").expect("a database");
        let all = [(Kind::V10, 1), (Kind::V10OfWindows, 1), (Kind::V20, 1), (Kind::Dpapi, 1)];
        assert_eq!(jar.lasting, kinds(all));
        assert_eq!(Kind::V10OfWindows.prefix(), "v10");
        for (value, len, kind) in [
            (&b""[..], 0, Kind::Plain),
            (b"v10", 3, Kind::V10OfWindows),
            (b"v10", 3 + 32, Kind::V10),
            (b"v12", 3 + 32, Kind::V12),
            (b"v99", 20, Kind::Other(*b"v99")),
            (b"xyz", 20, Kind::Other(*b"???")),
        ] {
            assert_eq!(Kind::of(value, len), kind, "{value:?} of {len}");
        }
    }

    #[test]
    fn rows_longer_than_a_page_and_trees_of_pages_are_read() {
        let jar = of_chrome("chrome_long_rows").expect("a database");
        assert_eq!((jar.lasting, jar.cut), (kinds([(Kind::V11, 4)]), false));
        let jar = of_chrome("chrome_many_rows").expect("a database");
        assert_eq!((jar.lasting, jar.cut), (kinds([(Kind::V12, 60)]), false));
    }

    #[test]
    fn what_is_no_such_database_tells_nothing_and_what_is_cut_says_so() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("Cookies");
        for (bytes, why) in [
            (Vec::new(), "empty"),
            (vec![0; 8192], "zeros"),
            (b"SQLite format 3\0".to_vec(), "its first bytes"),
        ] {
            std::fs::write(&path, bytes).expect("write");
            assert_eq!(chrome(&path, SystemTime::now()), None, "{why}");
            assert_eq!(firefox(&path, true, SystemTime::now()), None, "{why}");
        }
        for other in ["one_leaf", "plain", "cut", "firefox", "webkit", "there is none"] {
            assert_eq!(of_chrome(other), None, "{other}");
        }
        // One that is shorter than its head says, and one with a page that is no page any more.
        let mut bytes = std::fs::read(corpus("chrome_many_rows")).expect("corpus");
        std::fs::write(&path, &bytes[..bytes.len() - 512]).expect("write");
        assert_eq!(chrome(&path, SystemTime::now()), None);
        let end = bytes.len();
        bytes[end - 512..].fill(0);
        std::fs::write(&path, &bytes).expect("write");
        assert!(chrome(&path, SystemTime::now()).expect("its schema can be read").cut);
    }

    #[test]
    fn a_symlink_or_a_pipe_is_not_opened() {
        let dir = tempfile::tempdir().expect("dir");
        std::os::unix::fs::symlink(corpus("chrome"), dir.path().join("link")).expect("symlink");
        std::os::unix::fs::symlink("loop", dir.path().join("loop")).expect("symlink");
        for name in ["link", "loop", "."] {
            assert_eq!(chrome(&dir.path().join(name), SystemTime::now()), None, "{name}");
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
            let jar = firefox(&corpus(name), false, SystemTime::now()).expect("a database");
            assert_eq!((jar.lasting, jar.expired), (kinds([(Kind::Plain, 1)]), kinds([(Kind::Plain, 1)])));
        }
        assert_eq!(owner(&corpus("firefox")), Some(Owner::Firefox));
        assert_eq!(owner(&corpus("webkit")), Some(Owner::WebKit));
        assert_eq!(firefox(&corpus("webkit"), false, SystemTime::now()), None);
        assert_eq!(owner(&corpus("chrome")), None);
    }

    #[test]
    fn the_newest_rows_are_in_the_log_as_far_as_it_is_committed() {
        let dir = tempfile::tempdir().expect("dir");
        let path = with_log(dir.path(), 0);
        let count = |log| {
            let jar = firefox(&path, log, SystemTime::now()).expect("a database");
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
        assert_eq!(firefox(&path, true, SystemTime::now()), None, "the schema is in neither");
    }
}

//! A browser's database of cookies: how many rows a browser will keep when it starts, and how
//! those are encrypted, by their first three bytes and their length. Nothing is decrypted, and no name or
//! value is looked at.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::open_nofollow::open_plain;
use super::sqlite::{Database, Journal, ReadAt, Record, Table};
use super::stall_guard::StallGuard;
use crate::sys::{self, PositionalIo as _};

/// How a cookie is encrypted, as far as its value shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CookieEncryption {
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

impl CookieEncryption {
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

    /// The beginning of a value; "plain" is one that is not encrypted.
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
pub(crate) type EncryptionCounts = BTreeMap<CookieEncryption, u32>;

/// Cookies by what becomes of them when a browser starts.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Jar {
    /// They are there.
    pub(super) lasting: EncryptionCounts,
    /// They are thrown away, unless the browser restores its session.
    pub(super) of_session: EncryptionCounts,
    /// They are thrown away.
    pub(super) expired: EncryptionCounts,
    /// Some rows could not be read, or there are more than a browser keeps. A browser that finds its database
    /// damaged begins a new one, so the others prove nothing.
    pub(super) cut: bool,
}

impl Jar {
    pub(crate) fn all(&self) -> EncryptionCounts {
        let mut all = self.lasting.clone();
        for (kind, rows) in self.of_session.iter().chain(&self.expired) {
            *all.entry(*kind).or_default() += rows;
        }
        all
    }
}

/// A Chromium's `Cookies`. None if that is no such database.
pub(super) fn chrome(path: &Path, beside: Beside, now: SystemTime, guard: &StallGuard) -> Option<Jar> {
    read(path, beside, guard, |database| chrome_jar(database, now))
}

/// A Firefox's `cookies.sqlite`. None if that is no such database.
pub(super) fn firefox(path: &Path, beside: Beside, now: SystemTime, guard: &StallGuard) -> Option<Jar> {
    read(path, beside, guard, |database| firefox_jar(database, now))
}

/// The browser that a `cookies.sqlite` is of, if it is one's.
pub(super) fn owner(path: &Path, guard: &StallGuard) -> Option<Owner> {
    read(path, Beside { log: true, journal: true }, guard, owner_of)
}

/// The files of a database's own that count: those that would be packed with it. Chromium has a rollback
/// journal (net/extras/sqlite/sqlite_persistent_store_backend_base.cc), Firefox a log; SQLite heeds either.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beside {
    /// The write-ahead log.
    pub(super) log: bool,
    /// The journal that undoes a transaction of a browser that was killed.
    pub(super) journal: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Firefox,
    /// libsoup wrote it, for WebKitGTK: libsoup/cookies/soup-cookie-jar-db.c has the same table.
    WebKit,
}

fn read<T>(
    path: &Path,
    beside: Beside,
    guard: &StallGuard,
    tell: impl FnOnce(&Database<'_>) -> Option<T>,
) -> Option<T> {
    let open = |end: &str, counts: bool| {
        let mut own = path.to_owned().into_os_string();
        own.push(end);
        match open_plain(Path::new(&own)) {
            _ if !counts => Some(None),
            Ok(file) => Some(Some(file)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Some(None),
            // Without it the database is not as a browser would find it.
            Err(_) => None,
        }
    };
    let (main, log, journal) =
        (open("", true)??, open("-wal", beside.log)?, open("-journal", beside.journal)?);
    // A disk may take its time for each page.
    let read_at = |file: File| {
        move |at: u64, bytes: &mut [u8]| {
            guard.checkpoint().ok()?;
            file.read_exact_at(bytes, at).ok()
        }
    };
    let len = journal.as_ref().map_or(Some(0), |journal| Some(journal.metadata().ok()?.len()))?;
    let (main, log, journal) = (read_at(main), log.map(read_at), journal.map(read_at));
    let is_there = |other: &[u8]| {
        let name = sys::name_from_bytes(other).and_then(|path| Path::new(path).file_name());
        name.is_some_and(|name| fs::metadata(path.with_file_name(name)).is_ok_and(|file| file.len() > 0))
    };
    let journal = journal.as_ref().map(|read| Journal { read, len, is_there: &is_there });
    tell(&Database::open(&main, log.as_ref().map(|read| read as ReadAt<'_>), journal)?)
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
        Some((CookieEncryption::of(row.bytes(value)?, row.len(value)?), fate))
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
        Some((CookieEncryption::Plain, fate))
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

fn jar(
    database: &Database<'_>,
    table: &Table,
    tell: impl Fn(&Record<'_>) -> Option<(CookieEncryption, Fate)>,
) -> Jar {
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
mod tests;

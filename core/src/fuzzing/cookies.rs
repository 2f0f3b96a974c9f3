//! The databases of a browser's cookies, and the session that Firefox stores.

use std::time::{Duration, SystemTime};

use crate::profile::cookies::{chrome_jar, firefox_jar};
use crate::profile::session::{cookies_in, lz4};
use crate::profile::sqlite::{Database, Journal};

/// Any file is read, or tells nothing. A journal and a log may follow the database.
pub fn fuzz_cookies(data: &[u8]) {
    let starts =
        |magic: &[u8]| data.windows(magic.len()).position(|bytes| bytes == magic).filter(|at| *at > 0);
    let log = starts(b"\x37\x7f\x06").unwrap_or(data.len());
    let journal = starts(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7").unwrap_or(log).min(log);
    let (main, journal, log) = (&data[..journal], &data[journal..log], &data[log..]);
    let main_read = |at: u64, bytes: &mut [u8]| part(main, at, bytes);
    let log_read = |at: u64, bytes: &mut [u8]| part(log, at, bytes);
    let journal_read = |at: u64, bytes: &mut [u8]| part(journal, at, bytes);
    let len = journal.len() as u64;
    let journal = Journal { read: &journal_read, len, is_there: &|path| path.len() % 2 == 0 };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let logs = [None, Some(&log_read as &dyn Fn(u64, &mut [u8]) -> Option<()>)];
    for (log, journal) in logs.into_iter().flat_map(|log| [(log, None), (log, Some(journal))]) {
        let Some(database) = Database::open(&main_read, log, journal) else { continue };
        for jar in [chrome_jar(&database, now), firefox_jar(&database, now)].into_iter().flatten() {
            for kind in jar.all().keys() {
                let prefix = kind.prefix();
                assert!(prefix == "plain" || prefix == "other" || prefix.len() == 3, "{prefix:?}");
            }
        }
    }
    stored_session(data);
}

fn part(data: &[u8], at: u64, bytes: &mut [u8]) -> Option<()> {
    let at = usize::try_from(at).ok()?;
    bytes.copy_from_slice(data.get(at..at.checked_add(bytes.len())?)?);
    Some(())
}

fn stored_session(data: &[u8]) {
    let _ = cookies_in(data);
    if let Some(text) = lz4(data, 1 << 16) {
        assert!(text.len() <= 1 << 16);
    }
}

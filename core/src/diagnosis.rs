//! What a program over the library may want to know of the machine it runs on, before it sends anything: what
//! of it the library will use. It sends nothing, and knows no service.

use std::path::PathBuf;

use crate::error::Result;
use crate::options::Options;
use crate::source::Spool;

/// The certificates that connections are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedRoots {
    /// How many there are.
    pub count: usize,
    /// Where they come from: `system`, `SSL_CERT_FILE`, `SSL_CERT_DIR`, or `bundled` where the system has
    /// none.
    pub source: &'static str,
}

/// The roots that are trusted beside those of the option `ca_file`.
///
/// # Errors
/// `invalid_input` if the environment names roots that are not there.
pub fn trusted_roots() -> Result<TrustedRoots> {
    let (count, source) = crate::http::system_roots()?;
    Ok(TrustedRoots { count, source })
}

/// The folder where packed profiles and streams lie while they are sent, after a file was made in it.
///
/// # Errors
/// `disk_full` or `source_unreadable` if none can be made.
pub fn try_spool(options: &Options) -> Result<PathBuf> {
    let spool = Spool::new(options.spool_dir.as_deref());
    spool.create().map(|_| spool.place().to_owned())
}

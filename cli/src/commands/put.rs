//! `dropoff put`: a file to a presigned URL.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dropoff::{Error, PutRequest, Result, Storage, StoredObject};

use super::shared::shown;
use crate::client_options::{ClientOptions, parse_bytes, parse_duration};
use crate::report::{Report, size};
use crate::run::Session;
use crate::secrets::Target;

/// Sends a file with a presigned PUT.
///
/// The URL is a secret and no argument: it comes from --url-file, or from the environment variable
/// DROPOFF_URL; either holds the URL alone, or JSON with the headers that were signed into it: {"url":
/// "https://…", "headers": {…}}.
#[derive(Debug, clap::Args)]
pub struct Put {
    /// The file; - is standard input.
    file: PathBuf,
    /// The file with the presigned URL; - is standard input.
    #[arg(long, value_name = "FILE")]
    url_file: Option<PathBuf>,
    /// A header that was signed into the URL, such as "Content-Type: text/plain".
    #[arg(short = 'H', long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// Bytes that standard input must have; where it has others, nothing is sent.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    size: Option<u64>,
    /// Bounds the whole command, retries included, such as 10min.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    options: ClientOptions,
}

impl Put {
    pub fn run(self, session: &Session) -> Result<Report> {
        check_one_stdin(&self.file, self.url_file.as_deref())?;
        let (url, headers) = Target::find(self.url_file.as_deref())?.put()?;
        let mut request = PutRequest::new(url, session.source(&self.file, self.size)?);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        for header in &self.header {
            let (name, value) = header.split_once(':').ok_or_else(|| {
                Error::bad_argument(
                    "a header is like \"Content-Type: text/plain\"; give name, colon and value",
                )
            })?;
            request = request.header(name.trim(), value.trim());
        }
        if let Some(limit) = self.timeout {
            request = request.timeout(limit);
        }
        let storage = Storage::new(self.options.options()?);
        session.wait(|| storage.start_put(request)).map(|stored| report(&stored, &self.file))
    }
}

/// Standard input is one thing only.
pub fn check_one_stdin(file: &Path, other: Option<&Path>) -> Result<()> {
    let stdin = Path::new("-");
    if file == stdin && other == Some(stdin) {
        return Err(Error::bad_argument(
            "standard input cannot be both what is sent and where it goes; give one of them as a file",
        ));
    }
    Ok(())
}

/// An object that storage has.
pub fn report(stored: &StoredObject, file: &Path) -> Report {
    let mut report = Report::of(stored, format!("stored {}, {}", shown(file), size(stored.bytes)));
    report.fact("bytes", Some(stored.bytes));
    report.fact("etag", stored.etag.as_deref());
    report.fact("verified", Some(stored.verified));
    report.fact("verified_by", stored.verified_by.as_deref());
    report.fact("sha256", stored.sha256.as_deref());
    report.fact("attempts", Some(stored.attempts).filter(|attempts| *attempts > 1));
    report.ids.extend(stored.etag.clone());
    report.warnings.clone_from(&stored.warnings);
    report
}

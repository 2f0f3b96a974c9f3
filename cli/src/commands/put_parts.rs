//! `dropoff put-parts`: a file to a presigned URL for each of its parts.

use std::path::PathBuf;
use std::time::Duration;

use dropoff::{PutPartsRequest, Result, Storage};

use super::put::check_one_stdin;
use crate::client_options::{ClientOptions, parse_bytes, parse_duration};
use crate::report::{Report, count, size};
use crate::run::Session;
use crate::secrets::Target;

/// Sends a file in parts, with a presigned PUT for each.
///
/// The URLs are secrets and no arguments: they come from --url-file, or from the environment variable
/// DROPOFF_URL, one a line in the order of the parts' numbers, or as JSON: {"urls": ["https://…", …]}, which
/// may tell what was signed besides: "headers" and "part_size" of all parts, "part_sizes" and "part_headers"
/// of each. Completing the upload with the ETags of the result is left to whoever began it.
#[derive(Debug, clap::Args)]
pub struct PutParts {
    /// The file; - is standard input.
    file: PathBuf,
    /// The file with the presigned URLs; - is standard input.
    #[arg(long, value_name = "FILE")]
    url_file: Option<PathBuf>,
    /// Bytes that standard input must have; where it has others, nothing is sent.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    size: Option<u64>,
    /// Bounds the whole command, retries included, such as 10min.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    timeout: Option<Duration>,
    // With `--part-size` among them.
    #[command(flatten)]
    options: ClientOptions,
}

impl PutParts {
    pub fn run(self, session: &Session) -> Result<Report> {
        check_one_stdin(&self.file, self.url_file.as_deref())?;
        let targets = Target::find(self.url_file.as_deref())?.parts()?;
        let mut request = PutPartsRequest::new(targets.urls, session.source(&self.file, self.size)?);
        for (name, value) in targets.headers {
            request = request.header(name, value);
        }
        if let Some(bytes) = targets.part_size {
            request = request.part_size(bytes);
        }
        if let Some(sizes) = targets.part_sizes {
            request = request.part_sizes(sizes);
        }
        if let Some(own) = targets.part_headers {
            request = request.part_headers(own);
        }
        if let Some(limit) = self.timeout {
            request = request.timeout(limit);
        }
        let storage = Storage::new(self.options.options()?);
        let stored = session.wait(|| storage.start_put_parts(request))?;
        let parts = count(stored.parts.len(), "part");
        let mut report = Report::of(&stored, format!("stored {parts}, {}", size(stored.bytes)));
        report.fact("bytes", Some(stored.bytes));
        report.fact("part_size", Some(stored.part_size));
        report.fact("verified", Some(stored.verified));
        report.fact("verified_by", stored.verified_by.as_deref());
        report.warnings.clone_from(&stored.warnings);
        report.ids.extend(stored.parts.iter().map(|part| format!("{} {}", part.part_number, part.etag)));
        report
            .lines
            .extend(stored.parts.iter().map(|part| format!("  part {}  {}", part.part_number, part.etag)));
        Ok(report)
    }
}

//! `dropoff post-form`: a file to a presigned form.

use std::path::PathBuf;
use std::time::Duration;

use dropoff::{PostFormRequest, Result, Storage};

use super::put::{check_one_stdin, report};
use crate::client_options::{ClientOptions, parse_bytes, parse_duration};
use crate::report::Report;
use crate::run::Session;
use crate::secrets::Target;

/// Sends a file with a presigned POST form.
///
/// The form is a secret and no argument: it comes from --url-file, or from the environment variable
/// DROPOFF_URL, as JSON the way presigners give it: {"url": "https://…", "fields": {"key": "…", …}}.
#[derive(Debug, clap::Args)]
pub struct PostForm {
    /// The file; - is standard input.
    file: PathBuf,
    /// The file with the form as JSON; - is standard input.
    #[arg(long, value_name = "FILE")]
    url_file: Option<PathBuf>,
    /// The file name that storage is told.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Bytes that standard input must have; where it has others, nothing is sent.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    size: Option<u64>,
    /// Bounds the whole command, retries included, such as 10min.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    options: ClientOptions,
}

impl PostForm {
    pub fn run(self, session: &Session) -> Result<Report> {
        check_one_stdin(&self.file, self.url_file.as_deref())?;
        let (url, fields) = Target::find(self.url_file.as_deref())?.form()?;
        let mut request = PostFormRequest::new(url, fields, session.source(&self.file, self.size)?);
        if let Some(name) = self.name {
            request = request.file_name(name);
        }
        if let Some(limit) = self.timeout {
            request = request.timeout(limit);
        }
        let storage = Storage::new(self.options.options()?);
        session.wait(|| storage.start_post_form(request)).map(|stored| report(&stored, &self.file))
    }
}

//! `dropoff key`: an agent's key pair.

use std::io::Write;
use std::path::PathBuf;

use clap::Subcommand;
use dropoff::{Error, KeyPair, Result};
use serde_json::json;

use super::shared::{key_pair, shown};
use crate::report::Report;
use crate::sys;

/// The key pair that files are sealed and opened with.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Makes a key pair, and keeps the private key in a new file that its owner alone may read.
    New {
        /// The file, where nothing is yet.
        file: PathBuf,
    },
    /// Prints the public key and its fingerprint, never the private one.
    Show {
        /// A file of `dropoff key new`, or the official SDK's folder or config.json; - is standard input
        /// [default: the environment variable DROPOFF_PRIVATE_KEY, else ~/.agentdrop].
        file: Option<PathBuf>,
    },
}

impl KeyCommand {
    pub fn run(self) -> Result<Report> {
        match self {
            Self::New { file } => {
                let pair = KeyPair::generate()?;
                let failed = |error: std::io::Error| match error.kind() {
                    std::io::ErrorKind::AlreadyExists => Error::bad_argument(&format!(
                        "there is something at {} already, and a key is never replaced; give another path",
                        file.display()
                    )),
                    _ => Error::bad_argument(&format!(
                        "{} cannot be written ({error}); give another path",
                        file.display()
                    )),
                };
                let mut kept = sys::create_private_file(&file).map_err(failed)?;
                writeln!(kept, "{}", *pair.reveal_private_key())
                    .and_then(|()| kept.sync_all())
                    .map_err(failed)?;
                Ok(report(&pair, format!("made a key pair in {}", file.display())))
            }
            Self::Show { file } => {
                let pair = key_pair(file.as_deref())?;
                let place = file.as_deref().map(|file| format!(" of {}", shown(file))).unwrap_or_default();
                Ok(report(&pair, format!("public key{place}")))
            }
        }
    }
}

fn report(pair: &KeyPair, headline: String) -> Report {
    let facts = json!({"public_key": pair.public_key(), "fingerprint": pair.fingerprint()});
    let mut report = Report::of(&facts, headline);
    report.fact("public_key", Some(pair.public_key()));
    report.fact("fingerprint", Some(pair.fingerprint()));
    report.ids.push(pair.public_key());
    report
}

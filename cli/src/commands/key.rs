//! `dropoff key`: an agent's key pair.

use std::path::PathBuf;

use clap::Subcommand;
use dropoff::{KeyPair, Result};
use serde_json::json;

use super::shared::{key_pair, shown};
use crate::report::Report;

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
                pair.save(&file)?;
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

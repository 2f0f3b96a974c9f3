//! `dropoff completion` and `dropoff man`: what shells and `man` know of the command, made from the command
//! itself.

use std::path::PathBuf;

use clap::CommandFactory;
use clap_complete::Shell;
use dropoff::{Error, Result};
use serde_json::json;

use crate::arguments::Cli;
use crate::report::Report;

/// Prints what makes a shell complete this command.
///
/// bash: eval "$(dropoff completion bash)" in ~/.bashrc; zsh: dropoff completion zsh > a folder of
/// fpath/_dropoff; fish: dropoff completion fish > ~/.config/fish/completions/dropoff.fish
#[derive(Debug, clap::Args)]
pub struct Completion {
    shell: Shell,
}

impl Completion {
    pub fn run(self) -> Result<Report> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "dropoff", &mut script);
        let script = String::from_utf8_lossy(&script).trim_end().to_owned();
        let json = json!({"shell": self.shell.to_string(), "script": script});
        Ok(Report { text: Some(script), json, ..Report::default() })
    }
}

/// Writes the manual's pages into a folder.
#[derive(Debug, clap::Args)]
pub struct Man {
    /// The folder, which must be there.
    folder: PathBuf,
}

impl Man {
    pub fn run(self) -> Result<Report> {
        clap_mangen::generate_to(Cli::command(), &self.folder).map_err(|error| {
            let shown = self.folder.display();
            Error::bad_argument(&format!(
                "the pages cannot be written to {shown} ({error}); give another folder"
            ))
        })?;
        let mut report =
            Report { headline: format!("wrote the pages to {}", self.folder.display()), ..Report::default() };
        report.json = json!({"folder": self.folder.to_string_lossy()});
        report.ids.push(self.folder.display().to_string());
        Ok(report)
    }
}

//! `dropoff mcp`: the tools for agents, served to a client of the Model Context Protocol.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use dropoff::{Error, KeyPair, Result};
use dropoff_mcp::{Asking, McpServer, Settings, Targets};

use crate::client_options::ClientOptions;
use crate::commands::shared::{find_key_pair, key_pair};
use crate::interrupt;
use crate::report::Report;
use crate::run::Session;
use crate::secrets;

/// The environment variable for targets.
const TARGETS_VARIABLE: &str = "DROPOFF_TARGETS";

/// Serves tools for agents to a client of the Model Context Protocol, on standard input and output.
///
/// The client starts it, by its settings; see docs/guides/mcp.md. A model chooses only among the folders,
/// recipients and targets given here. The services' keys come from the environment.
#[derive(Debug, clap::Args)]
pub struct Mcp {
    /// A folder, or a single file, that a model may name files of [default: the client's roots].
    #[arg(long, value_name = "PATH")]
    allow_root: Vec<PathBuf>,
    /// An agent that files may be sent to.
    #[arg(long, value_name = "AGENT")]
    allow_to: Vec<String>,
    /// The agent that sends.
    #[arg(long, value_name = "AGENT")]
    from: Option<String>,
    /// Seals every file before it leaves, for the key that the service names for the recipient.
    #[arg(long)]
    seal: bool,
    /// The agent's key, which opens what was sealed for it: a file of `dropoff key new`, or the official
    /// SDK's folder or config.json [default: the environment variable DROPOFF_PRIVATE_KEY, else
    /// ~/.agentdrop].
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Presigned URLs by name, as JSON, that files may be put to [default: the environment variable
    /// DROPOFF_TARGETS].
    #[arg(long, value_name = "FILE")]
    targets_file: Option<PathBuf>,
    /// When the user is asked before something is sent, by a client that can ask.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Ask::First)]
    ask: Ask,
    #[command(flatten)]
    options: ClientOptions,
}

/// When the user is asked.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Ask {
    /// Before the first send to each recipient or target, and before each folder that is uploaded.
    First,
    /// Before each call that sends.
    Always,
    /// Never.
    Never,
}

impl Mcp {
    pub fn run(self, session: &Session) -> Result<Report> {
        let server = McpServer::new(self.settings()?)?;
        for note in server.notes() {
            session.screen.line(&note);
        }
        if std::io::stdin().is_terminal() {
            session.screen.line("a client of the Model Context Protocol is awaited here; Ctrl-D ends it");
        }
        interrupt::listen(&session.screen);
        let stopper = server.stopper();
        interrupt::set_running(Box::new(move || stopper.stop()));
        server.serve()?;
        Ok(Report::default())
    }

    fn settings(self) -> Result<Settings> {
        // Standard input is the client's.
        for file in [&self.key_file, &self.targets_file].into_iter().flatten() {
            if file == Path::new("-") {
                return Err(Error::bad_argument(
                    "standard input is the client's here and cannot hold a secret; give a file or the environment",
                ));
            }
        }
        Ok(Settings {
            key_pair: self.key_pair()?,
            targets: self.targets()?,
            options: self.options.options()?,
            roots: self.allow_root,
            sender: self.from,
            recipients: self.allow_to,
            seal: self.seal,
            asking: match self.ask {
                Ask::First => Asking::First,
                Ask::Always => Asking::Always,
                Ask::Never => Asking::Never,
            },
        })
    }

    /// One that is not asked for may be missing, but not broken.
    fn key_pair(&self) -> Result<Option<KeyPair>> {
        if self.seal {
            key_pair(self.key_file.as_deref()).map(Some)
        } else {
            find_key_pair(self.key_file.as_deref())
        }
    }

    fn targets(&self) -> Result<Targets> {
        let text = match &self.targets_file {
            Some(file) => secrets::read(file, "presigned URLs by name")?,
            None => secrets::from_environment(TARGETS_VARIABLE)?.unwrap_or_default(),
        };
        if text.trim().is_empty() { Ok(Targets::default()) } else { Targets::from_json(&text) }
    }
}

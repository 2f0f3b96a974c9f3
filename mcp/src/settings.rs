//! What the user allows: all that a model has no say in.

use std::path::PathBuf;

use dropoff::tools::Roots;
use dropoff::{Error, KeyPair, Options, Result};

use crate::targets::Targets;

/// What a server offers and to whom it may send. Keys of the services come from the environment, as the core
/// reads them.
#[derive(Debug, Default)]
pub struct Settings {
    /// The folders, and single files, that a model's paths may be in. None: those that the client names as
    /// its roots.
    pub roots: Vec<PathBuf>,
    /// The id that transfers come from.
    pub sender: Option<String>,
    /// The ids that files may be sent to.
    pub recipients: Vec<String>,
    /// Whether files are sealed before they leave; it needs a key pair.
    pub seal: bool,
    /// Opens what came sealed for it, and seals.
    pub key_pair: Option<KeyPair>,
    /// Where files may be put, by name.
    pub targets: Targets,
    /// When the user is asked before something is sent.
    pub asking: Asking,
    /// The transport's settings.
    pub options: Options,
}

/// When the user is asked before something is sent, by clients that can ask.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// Before the first call that sends to a recipient or target, or that uploads a folder.
    #[default]
    First,
    /// Before each call that sends.
    Always,
    /// Never: what the settings allow is sent.
    Never,
}

impl Settings {
    pub(crate) fn check(&self) -> Result<()> {
        if self.seal && self.key_pair.is_none() {
            return Err(Error::bad_argument("files can only be sealed with a private key; give one"));
        }
        if !self.roots.is_empty() {
            Roots::new(self.roots.iter().cloned())?;
        }
        Ok(())
    }
}

//! Arguments that several commands have, and what is made of them: clients, keys, lists.

use std::path::{Path, PathBuf};

use dropoff::{AgentDrop, Error, HCompany, KeyPair, Result};
use zeroize::Zeroizing;

use crate::client_options::ClientOptions;
use crate::secrets;

/// The environment variable for a private key.
pub const KEY_VARIABLE: &str = "DROPOFF_PRIVATE_KEY";
/// Where the official SDK keeps an agent's key pair.
const OFFICIAL_CONFIG: &str = ".agentdrop/config.json";

/// How a service is reached.
#[derive(Debug, clap::Args)]
pub struct ServiceArguments {
    /// A file with the API key; - is standard input [default: the environment].
    #[arg(long, value_name = "FILE")]
    pub api_key_file: Option<PathBuf>,
    /// Another place for the API [default: the environment's, else the service's own].
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    #[command(flatten)]
    pub options: ClientOptions,
}

impl ServiceArguments {
    /// The API key of the file, if one is named.
    ///
    /// # Errors
    /// Those of [`secrets::read`].
    pub fn api_key(&self) -> Result<Option<Zeroizing<String>>> {
        self.api_key_file.as_deref().map(|path| secrets::read(path, "an API key")).transpose()
    }

    /// A client of AgentDrop.
    ///
    /// # Errors
    /// `authentication` without a key; `invalid_input`.
    pub fn agentdrop(&self) -> Result<AgentDrop> {
        self.agentdrop_with(self.api_key()?)
    }

    /// The same with a key that was read.
    ///
    /// # Errors
    /// As for [`Self::agentdrop`].
    pub fn agentdrop_with(&self, key: Option<Zeroizing<String>>) -> Result<AgentDrop> {
        let mut builder = AgentDrop::builder().options(self.options.options()?);
        if let Some(key) = key {
            builder = builder.api_key(&*key);
        }
        if let Some(url) = &self.base_url {
            builder = builder.base_url(url);
        }
        builder.build()
    }

    /// A client of H Company.
    ///
    /// # Errors
    /// `authentication` without a key; `invalid_input`.
    pub fn hcompany(&self, region: Option<&str>) -> Result<HCompany> {
        self.hcompany_with(self.api_key()?, region)
    }

    /// The same with a key that was read.
    ///
    /// # Errors
    /// As for [`Self::hcompany`].
    pub fn hcompany_with(&self, key: Option<Zeroizing<String>>, region: Option<&str>) -> Result<HCompany> {
        let mut builder = HCompany::builder().options(self.options.options()?);
        if let Some(key) = key {
            builder = builder.api_key(&*key);
        }
        if let Some(url) = &self.base_url {
            builder = builder.base_url(url);
        }
        if let Some(region) = region {
            builder = builder.region(region);
        }
        builder.build()
    }
}

/// The key pair in a file: what the official SDK keeps (its folder or its config.json), or the private key
/// alone. Without a file: the environment's, else the official SDK's.
///
/// # Errors
/// `source_unreadable`, `encryption`; `invalid_input` if there is none at all.
pub fn key_pair(file: Option<&Path>) -> Result<KeyPair> {
    find_key_pair(file)?.ok_or_else(|| {
        Error::bad_argument(&format!(
            "there is no key pair; make one with `dropoff key new FILE` and give it by --key-file, or set the environment variable {KEY_VARIABLE}"
        ))
    })
}

/// The same, where there may be none.
///
/// # Errors
/// Those of one that is there.
pub fn find_key_pair(file: Option<&Path>) -> Result<Option<KeyPair>> {
    if let Some(path) = file {
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "json") {
            return KeyPair::from_agentdrop_config(path).map(Some);
        }
        return KeyPair::from_private_key(&secrets::read(path, "a private key")?).map(Some);
    }
    if let Some(key) = secrets::from_environment(KEY_VARIABLE)? {
        return KeyPair::from_private_key(&key).map(Some);
    }
    let config = std::env::home_dir().map(|home| home.join(OFFICIAL_CONFIG));
    config.filter(|config| config.exists()).map(KeyPair::from_agentdrop_config).transpose()
}

/// A file as it is named to people.
pub fn shown(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

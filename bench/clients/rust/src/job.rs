//! What a program is told to do: one JSON object, its only argument.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Result;

/// See bench/clients/README.md for what each field means, and which task needs it.
#[derive(Deserialize)]
pub struct Job {
    #[serde(rename = "do")]
    pub task: String,
    #[serde(default)]
    pub url: String,
    #[serde(default)]
    pub urls: Vec<String>,
    #[serde(default)]
    pub fields: Vec<(String, String)>,
    #[serde(default)]
    pub file: PathBuf,
    #[serde(default)]
    pub files: Vec<PathBuf>,
    pub part_size: Option<u64>,
    #[serde(default)]
    pub plan: Value,
    pub ca_file: Option<PathBuf>,
    pub storage_url: Option<String>,
    #[serde(default)]
    pub options: Map<String, Value>,
    pub concurrency: Option<u64>,
    pub api_url: Option<String>,
    pub api_key: Option<String>,
    pub multipart: Option<bool>,
    pub private_key: Option<String>,
    #[serde(default)]
    pub sealed: bool,
    pub journal: Option<PathBuf>,
    /// For reqwest alone.
    pub chunk_size: Option<usize>,
}

impl Job {
    pub fn from_argument() -> Result<Self> {
        let argument = std::env::args().nth(1).ok_or("the job is missing, one JSON object")?;
        Ok(serde_json::from_str(&argument)?)
    }
}

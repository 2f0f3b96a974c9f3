//! The scenario files, as data. The format is described in `tests/README.md`.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

/// One scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name, unique over all files.
    pub name: String,
    /// What a user would suffer without it.
    pub why: String,
    /// The row of `tests/vectors/matrix.json` it shows, as `fault / phase / flow`.
    #[serde(default)]
    pub row: Option<String>,
    /// The call made.
    pub call: String,
    /// Options of the client.
    #[serde(default)]
    pub options: Map<String, Value>,
    /// Changes to the sandbox's settings.
    #[serde(default)]
    pub settings: Map<String, Value>,
    /// A key other than the sandbox's.
    #[serde(default)]
    pub api_key: Option<String>,
    /// Agents that the sandbox knows.
    #[serde(default)]
    pub agents: Vec<Value>,
    /// What is done between the two calls of `agentdrop.resume`.
    #[serde(default)]
    pub between: Map<String, Value>,
    /// The same upload is made once before.
    #[serde(default)]
    pub first: bool,
    /// Arguments of the call.
    #[serde(default)]
    pub args: Map<String, Value>,
    /// What is sent.
    #[serde(default)]
    pub sources: Vec<Map<String, Value>>,
    /// Orders to the sandbox.
    #[serde(default)]
    pub faults: Vec<Value>,
    /// The job is cancelled once the sandbox has seen a request of this operation.
    #[serde(default)]
    pub cancel_at: Option<String>,
    /// What must come out.
    pub expect: Map<String, Value>,
    /// Requests the sandbox must have seen.
    #[serde(default)]
    pub requests: Map<String, Value>,
    /// What its log must say of the requests of an operation, in their order.
    #[serde(default)]
    pub seen: Map<String, Value>,
}

/// `tests/vectors`.
pub fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors")
}

/// Part of a name: only those scenarios are run, and what passed is told elsewhere. See `tests/scenario.py`.
fn chosen() -> String {
    std::env::var("DROPOFF_SCENARIO").unwrap_or_default()
}

/// Every scenario of every file, or those that were chosen.
pub fn all() -> Vec<Scenario> {
    let folder = vectors().join("scenarios");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the scenarios folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a readable file");
        let mut read: Vec<Scenario> =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        all.append(&mut read);
    }
    let chosen = chosen();
    all.retain(|scenario| scenario.name.contains(&chosen));
    assert!(!all.is_empty(), "no scenarios in {}", folder.display());
    all
}

/// Leaves word for `tests/table.py` that a scenario passed. A file each, since a test may have a process
/// of its own.
pub fn passed(scenario: &Scenario) -> std::io::Result<()> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let folder = target.join(if chosen().is_empty() { "scenarios/rust" } else { "scenario/rust" });
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(&scenario.name), "")
}

//! A result as commands hand it to the printer: one list of facts for people and agents, ids for scripts, and
//! JSON with everything. It must not know how these look.

use serde::Serialize;
use serde_json::Value;

use crate::exit::Exit;

/// One command's result.
#[derive(Debug, Default)]
pub struct Report {
    /// One sentence for people, without a full stop.
    pub headline: String,
    /// What people and agents are told beside it, by name; an absent one is left out.
    pub facts: Vec<(&'static str, String)>,
    /// What agents are told in place of these facts, where people have lines.
    pub for_agents: Vec<(&'static str, String)>,
    /// What scripts go on with, a line each.
    pub ids: Vec<String>,
    /// Doubts that are left, each a sentence.
    pub warnings: Vec<String>,
    /// Lines for people alone, below the facts.
    pub lines: Vec<String>,
    /// The whole of what people, agents and scripts get, in place of all this.
    pub text: Option<String>,
    /// All of it, for programs.
    pub json: Value,
    /// What the command ends with, if it is done and that is not all to say.
    pub exit: Option<Exit>,
}

impl Report {
    /// A report of the library's result, whose JSON is that of all languages.
    pub fn of(result: &impl Serialize, headline: impl Into<String>) -> Self {
        let json = serde_json::to_value(result).unwrap_or_default();
        Self { headline: headline.into(), json, ..Self::default() }
    }

    /// Adds a fact, if there is one.
    pub fn fact(&mut self, name: &'static str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.facts.push((name, value.to_string()));
        }
    }
}

/// A number of bytes for people.
pub fn size(bytes: u64) -> String {
    indicatif::DecimalBytes(bytes).to_string()
}

/// A number with its noun.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

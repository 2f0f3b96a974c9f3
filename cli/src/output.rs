//! How results and errors are printed: for people, agents, programs and scripts. It owns all that goes to
//! standard output, and must not know which command ran.

use std::io::{IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use dropoff::{Error, Outcome};
use serde_json::json;

use crate::exit::Exit;
use crate::report::Report;
use crate::screen::Screen;

/// What `--format` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatChoice {
    Auto,
    Human,
    Agent,
    Json,
    Quiet,
}

/// How everything is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A sentence, then facts, in colour on a terminal.
    Human,
    /// One line of `name=value`.
    Agent,
    /// One object.
    Json,
    /// Ids alone.
    Quiet,
}

/// What agents' shells set for what runs in them.
const AGENT_VARIABLES: &[&str] =
    &["AI_AGENT", "CLAUDECODE", "CODEX_SANDBOX", "CURSOR_AGENT", "GEMINI_CLI", "OPENCODE"];

impl FormatChoice {
    /// The format meant.
    #[must_use]
    pub fn settle(self) -> Format {
        let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match self {
            Self::Auto if AGENT_VARIABLES.iter().any(is_set) => Format::Agent,
            Self::Auto | Self::Human => Format::Human,
            Self::Agent => Format::Agent,
            Self::Json => Format::Json,
            Self::Quiet => Format::Quiet,
        }
    }
}

impl Format {
    /// Whether results go to somebody who looks at them.
    #[must_use]
    pub fn is_watched(self) -> bool {
        self == Self::Human && std::io::stderr().is_terminal()
    }
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();

/// Prints a result. Whoever closed standard output has read enough.
pub fn print(report: &Report, format: Format, screen: &Screen) {
    let text = match format {
        Format::Human | Format::Agent | Format::Quiet if report.text.is_some() => {
            report.text.clone().unwrap_or_default()
        }
        Format::Human => human(report),
        Format::Agent if !report.for_agents.is_empty() => line_of(&report.for_agents),
        Format::Agent => line_of(&report.facts),
        Format::Json => report.json.to_string(),
        Format::Quiet => report.ids.join("\n"),
    };
    // Nothing is the result of what only runs.
    write_out(if report.json.is_null() && format == Format::Json { "" } else { &text });
    if format != Format::Json {
        for warning in &report.warnings {
            screen.line(&format!("{YELLOW}warning:{YELLOW:#} {warning}"));
        }
    }
}

/// Writes to standard output, with a line's end unless there is nothing.
pub fn write_out(text: &str) {
    if !text.is_empty() {
        let mut out = anstream::stdout().lock();
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    }
}

fn human(report: &Report) -> String {
    let width = report.facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let headline = Some(&report.headline).filter(|headline| !headline.is_empty());
    let mut text: Vec<String> =
        headline.map(|headline| format!("{BOLD}{headline}{BOLD:#}")).into_iter().collect();
    text.extend(
        report
            .facts
            .iter()
            .map(|(name, value)| format!("  {DIM}{:<width$}{DIM:#}  {value}", name.replace('_', " "))),
    );
    text.extend(report.lines.iter().cloned());
    text.retain(|line| !line.is_empty());
    text.join("\n")
}

/// `name=value`, a value in quotes where it would otherwise be several words.
fn line_of(facts: &[(&'static str, String)]) -> String {
    let word = |(name, value): &(&str, String)| {
        let plain =
            !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '='));
        if plain { format!("{name}={value}") } else { format!("{name}={value:?}") }
    };
    facts.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// Prints an error: as an object on standard output for programs, otherwise on standard error.
pub fn print_error(error: &Error, exit: Exit, format: Format, screen: &Screen) {
    match format {
        Format::Json => write_out(&json!({"error": error.to_json()}).to_string()),
        Format::Human => {
            screen.line(&format!("{RED}error:{RED:#} {error}"));
            for (name, value) in what_remains(error, exit) {
                screen.line(&format!("  {DIM}{}{DIM:#}  {value}", name.replace('_', " ")));
            }
        }
        Format::Agent => {
            let mut facts = vec![("error", error.kind().to_string())];
            facts.push(("message", error.message().to_owned()));
            facts.push(("retryable", error.retryable().to_string()));
            facts.extend(what_remains(error, exit));
            screen.line(&line_of(&facts));
        }
        Format::Quiet => screen.line(&format!("error: {error}")),
    }
}

/// What is left of the call, and what to do about it, beyond the sentence.
fn what_remains(error: &Error, exit: Exit) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut fact = |name, value: Option<String>| facts.extend(value.map(|value| (name, value)));
    let outcome = error.outcome();
    fact(
        "outcome",
        (outcome != Outcome::NotCompleted || exit == Exit::Interrupted).then(|| outcome.as_str().to_owned()),
    );
    fact("service_code", error.service_code().map(str::to_owned));
    fact("request_id", error.request_id().map(str::to_owned));
    for detail in error.details() {
        fact("detail", Some(format!("{}: {}", detail.field, detail.message)));
    }
    fact("retry_after", error.retry_after().map(|wait| format!("{} s", wait.as_secs_f64().ceil())));
    fact("cleanup", Some(error.cleanup().as_str().to_owned()).filter(|what| what != "none"));
    if let Some(resource) = error.resource() {
        let kind = resource.kind().name;
        fact("reserved", Some(format!("{kind} {}", resource.id())));
        if outcome == Outcome::Unknown {
            fact("look_first", Some(format!("dropoff {kind} get {}", resource.id())));
        }
    }
    if let Some(journal) = error.journal() {
        fact("resume", Some(format!("the same command goes on from {}", journal.display())));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_agents_can_be_taken_apart_again() {
        let facts = [("id", "tr_1".to_owned()), ("note", "a \"b\" c".to_owned()), ("empty", String::new())];
        assert_eq!(line_of(&facts), r#"id=tr_1 note="a \"b\" c" empty="""#);
    }
}

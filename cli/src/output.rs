//! How results and errors are printed: for people, agents, programs and scripts. It owns all that goes to
//! standard output, and must not know which command ran.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

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

/// Prints a result, and gives how the command ends by that.
#[must_use]
pub fn print(report: &Report, format: Format, screen: &Screen) -> Exit {
    let exit = report.exit.unwrap_or(Exit::Done);
    let text = match format {
        Format::Human | Format::Agent | Format::Quiet if report.text.is_some() => {
            report.text.clone().unwrap_or_default()
        }
        Format::Human => human(report),
        Format::Agent if !report.for_agents.is_empty() => line_of(&report.for_agents),
        Format::Agent => line_of(&report.facts),
        // Nothing is the result of what only runs.
        Format::Json if report.json.is_null() => String::new(),
        Format::Json => report.json.to_string(),
        Format::Quiet => report.ids.iter().map(|id| plain(id)).collect::<Vec<_>>().join("\n"),
    };
    let exit = match write_out(&text) {
        Ok(()) => exit,
        Err(error) => {
            unwritten(&error, if report.text.is_some() { "" } else { &text }, format, screen);
            if matches!(exit, Exit::Done | Exit::Unchanged) { Exit::Local } else { exit }
        }
    };
    if format != Format::Json {
        for warning in &report.warnings {
            screen.line(&format!("{YELLOW}warning:{YELLOW:#} {}", plain(warning)));
        }
    }
    exit
}

/// Writes to standard output, with a line's end unless there is nothing. Whoever closed it has read enough.
///
/// # Errors
/// The system's, as of a full disk.
pub fn write_out(text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let mut out = anstream::stdout().lock();
    read_enough(writeln!(out, "{text}").and_then(|()| out.flush()))
}

/// The same for what is written by others.
///
/// # Errors
/// All but that nobody reads any more.
pub fn read_enough(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// What could not be written to standard output goes to standard error: with it the ids would be lost.
pub fn unwritten(error: &io::Error, text: &str, format: Format, screen: &Screen) {
    let what = if text.is_empty() { "" } else { "; what belongs there follows" };
    let told = format!("standard output cannot be written to ({error}){what}");
    screen.line(&match format {
        Format::Json => json!({"warning": told}).to_string(),
        _ => format!("{RED}error:{RED:#} {told}"),
    });
    if !text.is_empty() {
        screen.line(text);
    }
}

/// Words of a service or of a file, whose control characters are not for the terminal: they could hide or
/// replace what stands there.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_control) { text.replace(char::is_control, " ").into() } else { text.into() }
}

fn human(report: &Report) -> String {
    let headline = Some(plain(&report.headline)).filter(|headline| !headline.is_empty());
    let mut text: Vec<String> =
        headline.map(|headline| format!("{BOLD}{headline}{BOLD:#}")).into_iter().collect();
    text.extend(rows(&report.facts));
    text.extend(report.lines.iter().map(|line| plain(line).into_owned()));
    text.retain(|line| !line.is_empty());
    text.join("\n")
}

/// Facts below one another, their values in a column.
fn rows(facts: &[(&'static str, String)]) -> impl Iterator<Item = String> {
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    facts.iter().map(move |(name, value)| {
        format!("  {DIM}{:<width$}{DIM:#}  {}", name.replace('_', " "), plain(value))
    })
}

/// `name=value`, a value in quotes where it would otherwise be several words.
fn line_of(facts: &[(&'static str, String)]) -> String {
    let word = |(name, value): &(&str, String)| {
        let value = plain(value);
        let is_word =
            !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '='));
        if is_word { format!("{name}={value}") } else { format!("{name}={value:?}") }
    };
    facts.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// Prints an error: as an object on standard output for programs, otherwise on standard error.
pub fn print_error(error: &Error, exit: Exit, format: Format, screen: &Screen) {
    match format {
        Format::Json => {
            let text = json!({"error": error.to_json()}).to_string();
            if let Err(error) = write_out(&text) {
                unwritten(&error, &text, format, screen);
            }
        }
        Format::Human => {
            screen.line(&format!("{RED}error:{RED:#} {error}"));
            for row in rows(&what_remains(error, exit)) {
                screen.line(&row);
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

    #[test]
    fn what_others_say_has_no_power_over_the_terminal() {
        let mut report = Report { headline: "is \u{1b}]0;title\u{7}".to_owned(), ..Report::default() };
        report.fact("sender", Some("a\u{1b}]52;c;eA==\u{7}\u{9b}2J\nb"));
        report.lines.push("  \u{1b}[8mhidden".to_owned());
        let ours = anstream::adapter::strip_str(&human(&report)).to_string();
        for text in [ours, line_of(&report.facts)] {
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        }
        assert_eq!(human(&report).lines().count(), 3);
        assert!(line_of(&report.facts).starts_with("sender=\"a "), "{}", line_of(&report.facts));
    }
}

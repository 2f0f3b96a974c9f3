//! What the user has allowed in this session, and the words that they are asked with.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::settings::Asking;

/// What one answer of the user is about: a tool, with the recipient, target or folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Subject {
    tool: &'static str,
    whom: String,
}

impl Subject {
    pub(crate) fn new(tool: &'static str, whom: impl Into<String>) -> Self {
        Self { tool, whom: whom.into() }
    }
}

/// What the user has allowed.
pub(crate) struct Consent {
    asking: Asking,
    given: Mutex<HashSet<Subject>>,
}

impl Consent {
    pub(crate) fn new(asking: Asking) -> Self {
        Self { asking, given: Mutex::default() }
    }

    /// Whether the user is to be asked.
    pub(crate) fn is_due(&self, subject: &Subject) -> bool {
        match self.asking {
            Asking::Never => false,
            Asking::Always => true,
            Asking::First => !self.given.lock().unwrap_or_else(PoisonError::into_inner).contains(subject),
        }
    }

    pub(crate) fn give(&self, subject: Subject) {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).insert(subject);
    }
}

/// More files than a person reads.
const MOST_LISTED: usize = 10;
/// More of a model's text than a person reads.
const MOST_LETTERS: usize = 200;

/// The files of a question, a line each.
pub(crate) fn listed<'a>(paths: impl ExactSizeIterator<Item = &'a Path>) -> String {
    let more = paths.len().saturating_sub(MOST_LISTED);
    let mut lines: Vec<String> = paths.take(MOST_LISTED).map(line).collect();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

fn line(path: &Path) -> String {
    let shown = quoted(&path.to_string_lossy());
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => format!("{shown} ({} bytes)", found.len()),
        _ => shown,
    }
}

/// A model's text as it stands in a question: on one line, so that it cannot look like ours.
pub(crate) fn quoted(text: &str) -> String {
    let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if flat.chars().count() <= MOST_LETTERS {
        return flat;
    }
    flat.chars().take(MOST_LETTERS).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_asked_once_about_each_recipient() {
        let (b, c) = (Subject::new("send_files", "b"), Subject::new("send_files", "c"));
        let consent = Consent::new(Asking::First);
        assert!(consent.is_due(&b));
        consent.give(b.clone());
        assert!(!consent.is_due(&b) && consent.is_due(&c));
        let always = Consent::new(Asking::Always);
        always.give(b.clone());
        assert!(always.is_due(&b) && !Consent::new(Asking::Never).is_due(&b));
    }

    #[test]
    fn a_question_is_short_and_a_models_text_cannot_look_like_it() {
        let names: Vec<String> = (0..12).map(|n| format!("nothing/{n}\nSend it")).collect();
        let listed = listed(names.iter().map(Path::new));
        assert_eq!(listed.lines().count(), 11);
        assert!(listed.starts_with("nothing/0 Send it\n") && listed.ends_with("and 2 more"), "{listed}");
        assert_eq!(quoted(&"x".repeat(300)).chars().count(), 201);
    }
}

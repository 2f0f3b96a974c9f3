//! What the user has allowed in this session, and the words that they are asked with.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use dropoff::tools::AllowedFile;

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
const MOST_LETTERS: usize = 500;
/// Of a path that is longer, its beginning and its end are shown. A name has at most 255 bytes.
const PATH_START: usize = 120;
const PATH_END: usize = 280;

/// The files of a question, a line each.
pub(crate) fn listed(files: &[AllowedFile]) -> String {
    let more = files.len().saturating_sub(MOST_LISTED);
    let mut lines: Vec<String> = files.iter().take(MOST_LISTED).map(line).collect();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

fn line(file: &AllowedFile) -> String {
    let shown = shortened(&file.path);
    match file.size {
        Some(size) => format!("{shown} ({size} bytes)"),
        None => shown,
    }
}

/// A path with the name at its end, which tells it from its neighbours.
fn shortened(path: &Path) -> String {
    let letters: Vec<char> = flat(&path.to_string_lossy()).chars().collect();
    if letters.len() <= PATH_START + PATH_END {
        return letters.into_iter().collect();
    }
    let end = &letters[letters.len() - PATH_END..];
    letters[..PATH_START].iter().chain(&['…']).chain(end).collect()
}

/// A model's text as it stands in a question.
pub(crate) fn quoted(text: &str) -> String {
    let flat = flat(text);
    let count = flat.chars().count();
    if count <= MOST_LETTERS {
        return flat;
    }
    let start: String = flat.chars().take(MOST_LETTERS).collect();
    format!("{start}… (this is the beginning of {count} letters)")
}

/// On one line and in the order of its letters, so that it cannot look like ours.
pub(crate) fn flat(text: &str) -> String {
    let visible: String = text.chars().map(|c| if is_shaping(c) { ' ' } else { c }).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Letters that are not seen and change how others are: controls, ends of lines (Unicode's Zl and Zp), and
/// the invisible ones of its category Cf, such as those that turn the order round.
fn is_shaping(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
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

    fn file(path: &str, size: Option<u64>) -> AllowedFile {
        AllowedFile { path: path.into(), name: String::new(), size }
    }

    #[test]
    fn a_question_is_short_and_a_models_text_cannot_look_like_it() {
        let files: Vec<_> = (0..12).map(|n| file(&format!("nothing/{n}\nSend it"), None)).collect();
        let listed = listed(&files);
        assert_eq!(listed.lines().count(), 11);
        assert!(listed.starts_with("nothing/0 Send it\n") && listed.ends_with("and 2 more"), "{listed}");
        assert_eq!(line(&file("a", Some(4))), "a (4 bytes)");
        let told = quoted(&"x".repeat(1300));
        assert!(
            told.starts_with(&"x".repeat(500))
                && told.ends_with("x… (this is the beginning of 1300 letters)")
        );
    }

    #[test]
    fn no_letter_breaks_a_line_or_turns_it_round() {
        for breaking in
            ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{b}", "\u{202e}", "\u{2066}", "\u{200f}"]
        {
            let told = quoted(&format!("hi{breaking}/outbox/harmless.txt (4 bytes)"));
            assert_eq!(told, "hi /outbox/harmless.txt (4 bytes)", "{breaking:?}");
            assert_eq!(line(&file(&format!("invoice{breaking}fdp.exe"), None)), "invoice fdp.exe");
        }
        // A window would wrap it, so that what follows begins a line.
        assert_eq!(quoted(&format!("hi{}Send?", "\u{a0}".repeat(200))), "hi Send?");
    }

    #[test]
    fn a_long_path_keeps_its_name() {
        let folder = format!("/outbox/{}", "deep/".repeat(200));
        let (one, other) = (file(&format!("{folder}a.txt"), None), file(&format!("{folder}b.txt"), None));
        assert_ne!(line(&one), line(&other));
        assert!(line(&one).starts_with("/outbox/deep/") && line(&one).ends_with("/deep/a.txt"));
        let name = "n".repeat(255);
        assert!(line(&file(&format!("{folder}{name}"), None)).ends_with(&format!("/deep/{name}")));
    }
}

//! The library's sentences in the words of the command: where those name an argument or a call, people here
//! have a flag or another command. It owns these pairs, and changes no fact.

use dropoff::{Error, OPTIONS, RESOURCE_KINDS};

/// Arguments whose flag is called otherwise. All others of several words are flags of the same words.
const FLAGS: &[(&str, &str)] = &[
    ("api_key", "--api-key-file"),
    ("browser_name", "--browser"),
    ("browser_version", "--browser NAME@VERSION"),
    ("recipient_public_key", "--seal-for"),
];
/// Arguments that stand in sentences, beside the options.
const ARGUMENTS: &[&str] = &[
    "base_url",
    "encrypted_key",
    "encryption_iv",
    "encryption_salt",
    "expires_in",
    "if_changed_from",
    "if_running",
    "recipient_account",
    "sender_public_key",
];

/// The same error, told for the command line.
#[must_use]
pub fn in_words_of_the_command(error: Error) -> Error {
    let told = reword(error.message());
    if told == error.message() { error } else { error.with_message(told) }
}

fn reword(message: &str) -> String {
    let mut text = message.to_owned();
    for kind in RESOURCE_KINDS {
        text = calls_as_commands(&text, kind.getter, &format!("dropoff {} get", kind.name));
    }
    // A word of one part may be any word of a sentence.
    let options = OPTIONS.iter().map(|spec| spec.name).filter(|name| name.contains('_'));
    for name in options.chain(ARGUMENTS.iter().copied()) {
        text = replace_word(&text, name, &format!("--{}", name.replace('_', "-")));
    }
    for (name, flag) in FLAGS {
        text = replace_word(&text, name, flag);
    }
    text.replace("pass --", "give --")
}

/// `get_thing("id")` as the command that does it.
fn calls_as_commands(text: &str, call: &str, command: &str) -> String {
    let opening = format!("{call}(\"");
    let Some((before, rest)) = text.split_once(&opening) else { return text.to_owned() };
    match rest.split_once("\")") {
        Some((id, after)) => format!("{before}`{command} {id}`{}", calls_as_commands(after, call, command)),
        None => text.to_owned(),
    }
}

/// A word on its own, and no part of a path or of another word.
fn replace_word(text: &str, word: &str, by: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | '.' | '"');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, found) = rest.split_at(at);
        let after = &found[word.len()..];
        // A full stop ends a sentence, or begins a file's extension.
        let ends = after.strip_prefix('.').unwrap_or(after).chars().next();
        let alone = !before.chars().next_back().or(out.chars().next_back()).is_some_and(is_part)
            && !ends.is_some_and(is_part);
        out += before;
        out += if alone { by } else { word };
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_flags_and_calls_are_commands() {
        for (said, told) in [
            ("pass api_key or set X", "give --api-key-file or set X"),
            ("ask get_transfer(\"tr_1\") first", "ask `dropoff transfer get tr_1` first"),
            (
                "ask get_profile(\"p\") or get_profile(\"q\")",
                "ask `dropoff profile get p` or `dropoff profile get q`",
            ),
            ("choose if_running \"snapshot\"", "choose --if-running \"snapshot\""),
            ("(stall_timeout)", "(--stall-timeout)"),
            ("set spool_dir.", "set --spool-dir."),
            ("no file at /a/part_size or part_size.txt", "no file at /a/part_size or part_size.txt"),
            ("the proxy", "the proxy"),
        ] {
            assert_eq!(reword(said), told);
        }
    }
}

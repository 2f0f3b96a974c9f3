//! Texts as an error holds them: one line, and not of any length.

/// Text from elsewhere may hold line breaks and control characters; a message is one line.
pub(super) fn one_line(text: &str) -> String {
    let cleaned: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    cleaned.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One line of at most `most` characters: texts of a peer have no length of their own.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let text = one_line(text);
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

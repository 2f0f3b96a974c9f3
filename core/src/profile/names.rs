//! Names of files, in paths and in sentences.

/// A database's write-ahead log or rollback journal goes where it goes.
pub(super) fn without_sidecar(text: &str) -> &str {
    text.strip_suffix("-wal").or_else(|| text.strip_suffix("-journal")).unwrap_or(text)
}

/// Names for a sentence.
pub(super) fn quoted_list(names: &[String]) -> String {
    const SHOWN: usize = 10;
    if names.is_empty() {
        return "none".to_owned();
    }
    let mut text = names.iter().take(SHOWN).map(|n| format!("{n:?}")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}

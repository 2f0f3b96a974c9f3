//! The kinds of browsers.

/// Whose folder it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Chrome, Chromium, Edge, Brave and the like: a folder with profiles in it.
    Chrome,
    /// Firefox: a folder that is one profile.
    Firefox,
}

/// The service's own name for the browser that somebody calls this, if it is a known one.
pub(super) fn known_as(name: &str) -> Option<&'static str> {
    const PARTS: [(&str, &[&str]); 3] = [
        ("chromium", &["chrom", "edge", "brave", "opera", "vivaldi", "electron"]),
        ("firefox", &["firefox", "librewolf", "waterfox", "icecat"]),
        ("webkit", &["webkit", "safari", "epiphany"]),
    ];
    let name = name.to_ascii_lowercase();
    let is_it = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    PARTS.into_iter().find(|(_, parts)| is_it(parts)).map(|(known, _)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_known_by_several_names() {
        for (name, known) in [
            ("Chromium", Some("chromium")),
            ("google-chrome", Some("chromium")),
            ("Microsoft Edge", Some("chromium")),
            ("firefox-esr", Some("firefox")),
            ("webkit", Some("webkit")),
            ("my-own", None),
        ] {
            assert_eq!(known_as(name), known, "{name}");
        }
    }
}

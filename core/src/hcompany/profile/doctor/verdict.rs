//! Whether a folder will sign in elsewhere, and why, as a sentence.

use super::super::Family;
use super::system::System;
use super::{Look, Verdict};

impl Look {
    pub(super) fn by_frequency(&self) -> Vec<String> {
        let mut prefixes: Vec<(&String, &u32)> = self.prefixes.iter().collect();
        prefixes.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        prefixes.into_iter().map(|(prefix, _)| prefix.clone()).collect()
    }

    /// A key is bound to the machine: macOS keeps it in its Keychain, Windows wraps it with DPAPI or binds it to the
    /// browser, a Linux desktop keeps it in its keyring (`v11`, `v12`). Only the fixed key of Linux (`v10` there)
    /// works elsewhere. From Chromium's components/os_crypt.
    pub(super) fn verdict(&self) -> (Verdict, String) {
        const NEW_PROFILE: &str = "sign in with a profile of its own, started on Linux with --user-data-dir and --password-store=basic, and pack that";
        let prefixes = self.by_frequency();
        let has_firefox_cookies = || self.tree.entries.iter().any(|entry| entry.path == "cookies.sqlite");
        let nothing = || {
            let why = "no cookie was found in what would be packed; sign in first, close the browser so that it writes them, and pack again";
            (Verdict::Unknown, why.to_owned())
        };
        let bound = |what: &str| {
            (Verdict::Unlikely, format!("its cookies are encrypted with a key {what}; {NEW_PROFILE}"))
        };
        let (mut verdict, mut why) =
            match (self.folder.family, self.system, prefixes.first().map(String::as_str)) {
                (Family::Firefox, ..) if has_firefox_cookies() => {
                    (Verdict::Likely, "Firefox does not encrypt its cookies".to_owned())
                }
                (Family::Firefox, ..) | (_, _, None) => nothing(),
                (_, _, Some("plain")) => (Verdict::Likely, "its cookies are not encrypted".to_owned()),
                (_, System::Linux, Some("v10")) => {
                    (Verdict::Likely, "its cookies are encrypted with the key every Linux has".to_owned())
                }
                (_, System::Linux, Some("v11" | "v12")) => bound("in this desktop's keyring"),
                (_, System::MacOs, Some(_)) => bound("in a Mac's Keychain"),
                (_, System::Windows, Some(_)) => bound("bound to a Windows account"),
                (_, System::Linux, Some(other)) => bound(&format!("that does not work elsewhere ({other})")),
            };
        let others = prefixes.iter().skip(1).find(|prefix| !matches!(prefix.as_str(), "v10" | "plain"));
        if let (Verdict::Likely, Some(other)) = (verdict, others) {
            verdict = Verdict::Unknown;
            why = format!(
                "some of its cookies are encrypted with a key that does not work elsewhere ({other}); {NEW_PROFILE}"
            );
        }
        (verdict, format!("will log in on Linux: {}, because {why}", verdict.as_str()))
    }
}

//! Which system a folder is from.

use super::super::family::{Folder, json, small_text};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    Linux,
    MacOs,
    Windows,
}

impl System {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::MacOs => "macos",
            Self::Windows => "windows",
        }
    }
}

/// Which system the folder is from; a copy says so itself, otherwise it is this one.
pub(super) fn system_of(folder: &Folder) -> System {
    let state = json(&folder.root.join("Local State"));
    let key = |name: &str| state["os_crypt"].get(name).is_some();
    // Only Windows keeps its key there.
    if key("encrypted_key") || key("app_bound_encrypted_key") {
        return System::Windows;
    }
    let browser = small_text(&folder.root.join("Last Browser")).unwrap_or_default().replace('\0', "");
    if browser.contains("/Applications/") || folder.root.join(".DS_Store").exists() {
        return System::MacOs;
    }
    let homes = folder.profiles.iter().filter_map(|p| small_text(&folder.root.join(p).join("Preferences")));
    for preferences in homes {
        if preferences.contains("\"/Users/") {
            return System::MacOs;
        }
    }
    if cfg!(target_os = "macos") { System::MacOs } else { System::Linux }
}

//! The profile that a browser opens on the copy, since the verdict is of that one. Started with
//! `--user-data-dir` and nothing else, Chromium takes the one used last, else `Default`, whether it is there
//! or not (`GetLastUsedProfileBaseName` in chrome/browser/profiles/profile_manager.cc).

use crate::profile::family::Family;
use crate::profile::folder::Folder;
use crate::profile::pack_options::Pack;

/// The profile that is opened, or the one that would have to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenedProfile {
    /// Its place in the folder, `""` for the top.
    pub(super) inside: String,
    /// The name that a browser looks for.
    pub(super) name: String,
    /// The reason if a browser would not open the profile that is here.
    pub(super) missing: Option<NotOpened>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotOpened {
    /// The caller wants only this other one.
    NotChosen(String),
    /// The folder has only others, such as this.
    NotThere(String),
    /// The profile is at the top of the folder, where only its own program looks.
    AtTop,
    /// There is none yet.
    NoneYet,
}

const DEFAULT: &str = "Default";

impl OpenedProfile {
    pub(super) fn of(folder: &Folder, pack: &Pack) -> Self {
        let at = |inside: &str, name: &str, missing| Self {
            inside: inside.to_owned(),
            name: name.to_owned(),
            missing,
        };
        if folder.family == Family::Firefox {
            return at("", folder.profiles.first().map_or("", String::as_str), None);
        }
        if folder.is_profile && pack.puts_all_in_default() {
            return at("", DEFAULT, None);
        }
        let name = folder.last_used.as_deref().unwrap_or(DEFAULT);
        let is_there = folder.profiles.iter().any(|profile| profile == name);
        match (pack.profile.as_deref(), folder.profiles.first()) {
            (Some(chosen), _) if chosen != name => {
                at(chosen, name, Some(NotOpened::NotChosen(chosen.to_owned())))
            }
            _ if is_there => at(name, name, None),
            _ if folder.is_profile => at("", name, Some(NotOpened::AtTop)),
            (_, Some(other)) => at(other, name, Some(NotOpened::NotThere(other.clone()))),
            (_, None) => at(name, name, Some(NotOpened::NoneYet)),
        }
    }

    /// A path inside it, if it is.
    pub(super) fn holds<'p>(&self, path: &'p str) -> Option<&'p str> {
        match self.inside.as_str() {
            "" => Some(path),
            inside => path.strip_prefix(inside)?.strip_prefix('/'),
        }
    }
}

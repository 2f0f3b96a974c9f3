//! `profiles.ini`, Firefox's list of its profiles, in the folder they are in: which one is meant. From
//! Firefox's toolkit/profile/nsToolkitProfileService.cpp.

use std::path::{Path, PathBuf};

use super::names::quoted_list;
use crate::error::{Error, Result};

/// A `[ProfileN]`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Profile {
    /// Inside the folder of the list, unless it is absolute.
    path: String,
    /// Versions before 67 open this one, and so do later ones that have not chosen yet.
    is_default: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct List {
    profiles: Vec<Profile>,
    /// The path that each installed Firefox opens, from its `[Install…]`.
    defaults: Vec<String>,
}

impl Profile {
    /// Its folder's name, which is what its user sees of it.
    fn folder(&self) -> &str {
        self.path.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default()
    }
}

/// The profile that is wanted, or the one that Firefox opens. `is_profile` says whether a folder is one that
/// was used: the first in the list is often empty, made for nothing.
pub(super) fn chosen(
    home: &Path,
    text: &str,
    wanted: Option<&str>,
    is_profile: impl Fn(&Path) -> bool,
) -> Result<PathBuf> {
    let list = parse(text);
    // A path on another system's disk leads nowhere here.
    let at = |profile: &Profile| home.join(profile.path.replace('\\', "/"));
    let find =
        |is_it: &dyn Fn(&Profile) -> bool| list.profiles.iter().filter(|p| is_it(p)).collect::<Vec<_>>();
    let used = find(&|p| is_profile(&at(p)));
    let names = |profiles: &[&Profile]| {
        quoted_list(&profiles.iter().map(|p| p.folder().to_owned()).collect::<Vec<_>>())
    };
    if let Some(wanted) = wanted {
        return match find(&|p| p.folder() == wanted).as_slice() {
            [one] => Ok(at(one)),
            _ => Err(Error::invalid(format!(
                "{} has no Firefox profile {wanted:?}; it has {}",
                home.display(),
                names(&find(&|_| true))
            ))),
        };
    }
    let is_opened = |p: &&Profile| list.defaults.contains(&p.path);
    let opened: Vec<&Profile> = used.iter().copied().filter(is_opened).collect();
    let older: Vec<&Profile> = used.iter().copied().filter(|p| p.is_default).collect();
    let several = match (opened.as_slice(), older.as_slice(), used.as_slice()) {
        // Nothing that is not a used profile is opened by any, so these may differ from what its user means.
        ([one], ..) | ([], [one], _) | ([], [], [one]) => return Ok(at(one)),
        ([], [], []) => {
            return Err(Error::invalid(format!(
                "{} has a list of Firefox profiles, but none of them was used yet ({}); start Firefox once, or give the profile's own folder, which about:profiles tells",
                home.display(),
                names(&find(&|_| true))
            )));
        }
        ([], [], several) | ([], several, _) | (several, ..) => several,
    };
    Err(Error::invalid(format!(
        "{} holds several Firefox profiles; name one of them as the profile: {}",
        home.display(),
        names(several)
    )))
}

fn parse(text: &str) -> List {
    let mut list = List::default();
    let mut section = String::new();
    for line in text.trim_start_matches('\u{feff}').lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
            if is_profile_section(name) {
                list.profiles.push(Profile::default());
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=').map(|(key, value)| (key.trim(), value.trim())) else {
            continue;
        };
        match (key, list.profiles.last_mut().filter(|_| is_profile_section(&section))) {
            ("Path", Some(profile)) => value.clone_into(&mut profile.path),
            ("Default", Some(profile)) => profile.is_default = value == "1",
            ("Default", None) if section.starts_with("Install") => list.defaults.push(value.to_owned()),
            _ => {}
        }
    }
    list.profiles.retain(|profile| !profile.path.is_empty());
    list
}

/// `Profile0`, `Profile1` and so on.
fn is_profile_section(name: &str) -> bool {
    name.strip_prefix("Profile").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "\u{feff}[Install4F96D1932A9F858E]\r\nDefault=Profiles/b.default-release\r\nLocked=1\r\n\r\n\
        [Profile1]\r\nName=default\r\nIsRelative=1\r\nPath=Profiles/a.default\r\nDefault=1\r\n\r\n\
        [Profile0]\r\nName=default-release\r\nIsRelative=1\r\nPath=Profiles/b.default-release\r\n\r\n\
        [General]\r\nStartWithLastProfile=1\r\nVersion=2\r\n";

    fn of(text: &str, wanted: Option<&str>, used: &[&str]) -> Result<String, String> {
        let is_used = |path: &Path| used.iter().any(|used| path.ends_with(used));
        let found = chosen(Path::new("/h"), text, wanted, is_used);
        found.map(|path| path.display().to_string().replace('\\', "/")).map_err(|e| e.message().to_owned())
    }

    #[test]
    fn what_firefox_opens_is_meant() {
        let both = ["a.default", "b.default-release"];
        assert_eq!(of(TWO, None, &both), Ok("/h/Profiles/b.default-release".to_owned()));
        assert_eq!(of(TWO, Some("a.default"), &both), Ok("/h/Profiles/a.default".to_owned()));
        let older = TWO.replace("[Install", "[Other");
        assert_eq!(of(&older, None, &both), Ok("/h/Profiles/a.default".to_owned()));
        let moved = "[Profile0]\nIsRelative=0\nPath=/data/c.work/\n";
        assert_eq!(of(moved, None, &["c.work"]), Ok("/data/c.work/".to_owned()));
    }

    #[test]
    fn one_that_was_never_used_is_not_meant() {
        // The first is empty: only its time of making is in it.
        let older = TWO.replace("[Install", "[Other");
        assert_eq!(of(&older, None, &["b.default-release"]), Ok("/h/Profiles/b.default-release".to_owned()));
        let none = of(TWO, None, &[]).expect_err("nothing to pack");
        assert!(none.contains("none of them was used yet"), "{none}");
    }

    #[test]
    fn what_is_not_clear_is_asked() {
        let several = "[Profile0]\nPath=a\n[Profile1]\nPath=x/b\n[Profile2]\nPath=empty\n";
        let said = of(several, None, &["a", "b"]).expect_err("which?");
        assert!(said.contains(r#"name one of them as the profile: "a", "b""#), "{said}");
        let two = "[Profile0]\nPath=a\n[Profile1]\nPath=b\n[InstallA]\nDefault=a\n[InstallB]\nDefault=b\n";
        assert!(of(two, None, &["a", "b"]).is_err(), "two versions of Firefox, each with its own");
        let said = of(several, Some("c"), &[]).expect_err("no c");
        assert!(said.contains("has no Firefox profile \"c\""), "{said}");
        assert_eq!(parse("Path=x\n[Profilex]\nPath=y\n[General]\nDefault=z\n"), List::default());
    }
}

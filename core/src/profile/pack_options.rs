//! The caller's options for a folder: level, one profile, patterns, a running browser.

use std::cell::Cell;
use std::str::FromStr;

use glob::{MatchOptions, Pattern};

use super::names::without_sidecar;
use crate::error::{Error, Result};

/// How much of a profile goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Level {
    /// Everything but caches and what belongs to a run or a machine. Data that sites put into Chromium's
    /// Cache API is a cache; a warning says how much there is.
    #[default]
    Default,
    /// Files that sign in: cookies, data that sites store, settings and extensions. No history, saved
    /// passwords, bookmarks, addresses or web apps, and not the browser's own account.
    ///
    /// Files that belong together go together, so two private things go. If the profile opens its last tabs
    /// again, these do, since what sites keep for a session comes back with them; a warning says so. And
    /// Firefox's `key4.db` does, which has the keys of client certificates, and that of the saved passwords,
    /// though not the passwords.
    Minimal,
    /// Caches too.
    Full,
}

impl FromStr for Level {
    type Err = Error;

    /// `default`, `minimal` or `full`.
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "default" => Ok(Self::Default),
            "minimal" => Ok(Self::Minimal),
            "full" => Ok(Self::Full),
            other => Err(Error::invalid(format!(
                "level must be \"default\", \"minimal\" or \"full\", not {other:?}"
            ))),
        }
    }
}

/// How to treat a folder that a browser is using.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IfRunning {
    /// Fail with `browser_running`.
    #[default]
    Refuse,
    /// Pack consistent copies of its databases, each with the files it names. Data that the browser has not
    /// written to disk yet is not in them: Chromium writes cookies up to 30 s late and local storage 5 s or
    /// more, Firefox local storage up to 5 s. A store that kept changing is named in a warning, or is a
    /// `browser_running` that may be tried again.
    Snapshot,
    /// Pack as it is. Databases that are written meanwhile may be damaged in the archive.
    Force,
}

impl FromStr for IfRunning {
    type Err = Error;

    /// `error`, `snapshot` or `force`.
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "error" => Ok(Self::Refuse),
            "snapshot" => Ok(Self::Snapshot),
            "force" => Ok(Self::Force),
            other => Err(Error::invalid(format!(
                "if_running must be \"error\", \"snapshot\" or \"force\", not {other:?}"
            ))),
        }
    }
}

/// How a browser's folder is packed. The default is right for a folder whose browser is closed.
#[derive(Debug, Clone, Default)]
pub struct Pack {
    pub(super) level: Level,
    pub(super) profile: Option<String>,
    include: Vec<String>,
    exclude: Vec<String>,
    pub(super) if_running: IfRunning,
    prefix: String,
}

impl Pack {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// How much goes. Default: [`Level::Default`].
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }
    /// Only this one of the profiles, by the name of its folder: `Default`, `Profile 2`. Files that all
    /// profiles share go too. Default: all.
    #[must_use]
    pub fn profile(mut self, folder: impl Into<String>) -> Self {
        self.profile = Some(folder.into());
        self
    }
    /// One of the globs of what is packed although the level leaves it out. A glob is about a path inside the
    /// folder, such as `Default/Code Cache`: `*` and `?` do not cross a `/`, `**` does, and a folder stands
    /// for all that is in it. Locks, sockets and symlinks stay out whatever it says. Default: none.
    #[must_use]
    pub fn include(mut self, glob: impl Into<String>) -> Self {
        self.include.push(glob.into());
        self
    }
    /// One of the globs of what is left out; goes before `include`. Default: none.
    #[must_use]
    pub fn exclude(mut self, glob: impl Into<String>) -> Self {
        self.exclude.push(glob.into());
        self
    }
    /// How to treat a folder that a browser is using. Default: [`IfRunning::Refuse`].
    #[must_use]
    pub fn if_running(mut self, if_running: IfRunning) -> Self {
        self.if_running = if_running;
        self
    }
    /// A folder that everything in the archive is in. Default: none, the archive's top is the folder's.
    #[must_use]
    pub fn prefix(mut self, folder: impl Into<String>) -> Self {
        self.prefix = folder.into();
        self
    }

    /// Refuses what is no pattern and no prefix.
    pub(crate) fn check(&self) -> Result<()> {
        self.filter()?;
        self.prefixed("x").map(drop)
    }

    pub(super) fn filter(&self) -> Result<Filter> {
        Ok(Filter {
            include: patterns("include", &self.include)?,
            exclude: patterns("exclude", &self.exclude)?,
        })
    }

    /// A path's name in the archive.
    pub(super) fn prefixed(&self, path: &str) -> Result<String> {
        if self.prefix.is_empty() {
            return Ok(path.to_owned());
        }
        let prefix = self.prefix.strip_suffix('/').unwrap_or(&self.prefix);
        if prefix.len() > 1024 {
            return Err(Error::invalid("prefix must be at most 1024 bytes"));
        }
        let bad = prefix.split('/').any(|part| matches!(part, "" | "." | ".."));
        if bad || prefix.contains(['\\', ':']) || prefix.chars().any(char::is_control) {
            return Err(Error::invalid(format!(
                "prefix must be a plain folder such as \"user-data\", not {:?}",
                self.prefix
            )));
        }
        Ok(format!("{prefix}/{path}"))
    }

    /// Whether everything is in a folder `Default` in the archive, which makes a profile of it.
    pub(super) fn puts_all_in_default(&self) -> bool {
        self.prefix.trim_end_matches('/').rsplit('/').next() == Some("Default")
    }
}

fn patterns(what: &'static str, globs: &[String]) -> Result<Vec<Glob>> {
    let compile = |text: &String| {
        // A folder's own `/` at the end is a habit, and would match nothing.
        let text = text.strip_suffix('/').unwrap_or(text);
        if text.is_empty() || text.starts_with('/') {
            return Err(Error::invalid(format!(
                "{what} is a glob on the path inside the folder, such as \"Default/Code Cache\", not {text:?}"
            )));
        }
        let pattern = Pattern::new(text)
            .map_err(|e| Error::invalid(format!("{what} {text:?} is no glob: {}", e.msg)))?;
        let literal = text.split(['*', '?', '[']).next().unwrap_or_default().to_owned();
        Ok(Glob { what, pattern, literal, matched: Cell::new(false) })
    };
    globs.iter().map(compile).collect()
}

/// The caller's patterns.
pub(super) struct Filter {
    include: Vec<Glob>,
    exclude: Vec<Glob>,
}

struct Glob {
    what: &'static str,
    pattern: Pattern,
    /// Its beginning, up to the first special character.
    literal: String,
    matched: Cell<bool>,
}

impl Glob {
    /// A database's logs go where it goes.
    fn matches(&self, path: &str) -> bool {
        let matches = |path| self.pattern.matches_with(path, AS_PATHS);
        let found = matches(path) || matches(without_sidecar(path));
        self.matched.set(self.matched.get() || found);
        found
    }
}

impl Filter {
    pub(super) fn excludes(&self, path: &str) -> bool {
        self.exclude.iter().any(|glob| glob.matches(path))
    }
    pub(super) fn includes(&self, path: &str) -> bool {
        self.include.iter().any(|glob| glob.matches(path))
    }
    /// Whether something below a folder may be included.
    pub(super) fn may_include_below(&self, folder: &str) -> bool {
        let below = format!("{folder}/");
        self.include.iter().any(|glob| glob.literal.starts_with(&below) || below.starts_with(&glob.literal))
    }
    /// Patterns that matched nothing: a slip, perhaps.
    pub(super) fn unused(&self) -> impl Iterator<Item = String> {
        let unused = self.include.iter().chain(&self.exclude).filter(|glob| !glob.matched.get());
        unused.map(|glob| format!("{} {:?} matched nothing in the folder", glob.what, glob.pattern.as_str()))
    }
}

pub(super) const AS_PATHS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_checked_and_match_paths() {
        let filter =
            Pack::new().include("Default/Code Cache/").exclude("**/*.ldb").filter().expect("patterns");
        assert!(filter.includes("Default/Code Cache") && !filter.includes("Default/Code Cache/js"));
        assert!(filter.may_include_below("Default") && !filter.may_include_below("Default/Cache"));
        assert!(Pack::new().include("**/x").filter().expect("patterns").may_include_below("a/b"));
        let logs = Pack::new().exclude("Default/History").filter().expect("patterns");
        assert!(logs.excludes("Default/History-journal") && logs.excludes("Default/History-wal"));
        assert_eq!(logs.unused().count() + filter.unused().count(), 1, "nobody asked for *.ldb yet");
        assert!(filter.excludes("a.ldb") && filter.excludes("x/y/a.ldb") && !filter.excludes("x/y/a.log"));
        for bad in ["", "/etc", "a[", "a***b"] {
            let error = Pack::new().include(bad).check().expect_err(bad);
            assert!(error.message().starts_with("include "), "{error}");
        }
    }

    #[test]
    fn a_prefix_stays_inside() {
        let named = |prefix: &str| Pack::new().prefix(prefix).prefixed("Local State").map_err(|e| e.kind());
        assert_eq!(named("").as_deref(), Ok("Local State"));
        assert_eq!(named("user-data/").as_deref(), Ok("user-data/Local State"));
        for bad in ["a".repeat(2000).as_str(), "/", "/a", "..", "a/../b", "a\\b", "C:", "a//b", "a\nb"] {
            assert!(named(bad).is_err(), "{bad:?}");
        }
    }
}

//! The rule for a name.

use std::collections::HashMap;
use std::sync::OnceLock;

use glob::{MatchOptions, Pattern};

use super::any_browser::ANY_BROWSER;
use super::chrome::CHROME_FOLDER;
use super::chrome_profile::CHROME_PROFILE;
use super::firefox::FIREFOX_PROFILE;
use super::rule::Rule;
use super::rule::Scope::{self, Any, LevelDb, Profile, Top};
use crate::profile::family::Family;
use crate::profile::names::without_sidecar;

/// Without these the profile signs in nowhere, so one that cannot be read is an error and no remark.
const CRITICAL: &[&str] = &["Local State", "Cookies", "Network/Cookies", "cookies.sqlite", "key4.db"];

/// Where a name is: in the folder, and in one of its profiles.
pub(crate) struct Name<'a> {
    /// From the top of the folder, with `/`.
    pub(crate) path: &'a str,
    /// From the top of the profile it is in, if it is in one.
    pub(crate) in_profile: Option<&'a str>,
    /// Whether it is among a LevelDB database's own files.
    pub(crate) in_leveldb: bool,
}

/// All rules. Of several that know a name, the first counts.
pub(super) fn all_rules() -> impl Iterator<Item = &'static Rule> + Clone {
    [ANY_BROWSER, CHROME_FOLDER, CHROME_PROFILE, FIREFOX_PROFILE].into_iter().flatten()
}

/// The rule that knows this name itself; not the one of a folder it is in. The first that does.
pub(crate) fn of(family: Family, name: &Name<'_>) -> Option<&'static Rule> {
    let last = last(name.path);
    let subject = |at| {
        let text = match at {
            Any => last,
            LevelDb => name.in_leveldb.then_some(last)?,
            Top => name.path,
            Profile => name.in_profile?,
        };
        Some(without_sidecar(text))
    };
    let Compiled { rules, plain, globs } = compiled();
    let counts = |place: &usize| rules[*place].family.is_none_or(|f| f == family);

    let plain = [Any, LevelDb, Top, Profile]
        .into_iter()
        .filter_map(|at| plain.get(&(at, subject(at)?))?.iter().copied().find(counts));
    let mut globs = globs.iter().filter(|(place, pattern)| {
        counts(place) && subject(rules[*place].at).is_some_and(|text| pattern.matches_with(text, ONE_LEVEL))
    });
    let place = plain.chain(globs.next().map(|(place, _)| *place)).min()?;
    Some(rules[place])
}

pub(crate) fn is_critical(path: &str, in_profile: Option<&str>) -> bool {
    let is_it = |path: &str| CRITICAL.contains(&without_sidecar(path));
    is_it(path) || in_profile.is_some_and(is_it)
}

/// Whether something critical is in this folder.
pub(crate) fn holds_critical(in_profile: Option<&str>) -> bool {
    in_profile.is_some_and(|inside| {
        CRITICAL.iter().any(|name| name.rsplit_once('/').is_some_and(|(folder, _)| folder == inside))
    })
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

const ONE_LEVEL: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// Places among all rules. A folder may hold 200,000 names, and most rules are of one name each.
struct Compiled {
    rules: Vec<&'static Rule>,
    plain: HashMap<(Scope, &'static str), Vec<usize>>,
    globs: Vec<(usize, Pattern)>,
}

fn compiled() -> &'static Compiled {
    static COMPILED: OnceLock<Compiled> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let rules = all_rules().collect();
        let mut compiled = Compiled { rules, plain: HashMap::new(), globs: Vec::new() };
        for (place, rule) in all_rules().enumerate() {
            if !rule.pattern.contains(['*', '?', '[']) {
                compiled.plain.entry((rule.at, rule.pattern)).or_default().push(place);
            } else if let Ok(pattern) = Pattern::new(rule.pattern) {
                // One that is no pattern is found by the test below.
                compiled.globs.push((place, pattern));
            }
        }
        compiled
    })
}

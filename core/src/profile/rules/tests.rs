use glob::Pattern;

use super::Name;
use super::lookup::{all_rules, of};
use super::rule::Class::{History, Login, Runtime};
use super::rule::Scope::{LevelDb, Profile};
use super::rule::{Feature, Rule};
use crate::profile::family::Family;
use crate::profile::pack_options::Level;

#[test]
fn every_rule_is_a_pattern_with_a_reason_and_a_source_and_is_reached() {
    for (at, rule) in all_rules().enumerate() {
        Pattern::new(rule.pattern).expect(rule.pattern);
        assert!(!rule.why.is_empty() && !rule.source.is_empty(), "{}", rule.pattern);
        // An example of what it is for must find it, and not one above it.
        let example = rule.pattern.replace("[a-p]", "a").replace("[0-9a-f]", "0").replace(['*', '?'], "x");
        let name = Name {
            path: if rule.at == Profile { "Default/whatever" } else { &example },
            in_profile: (rule.at == Profile).then_some(example.as_str()),
            in_leveldb: rule.at == LevelDb,
        };
        let found = of(rule.family.unwrap_or(Family::Chrome), &name).expect(rule.pattern);
        assert!(std::ptr::eq(found, rule), "rule {at}, {:?}, is hidden by {:?}", rule.pattern, found.pattern);
    }
}

/// A file that serves one feature alone never goes without the rest of that feature.
#[test]
fn no_level_splits_a_feature() {
    let all = [
        Feature::Cookies,
        Feature::ClientCertificates,
        Feature::SavedPasswords,
        Feature::SavedCards,
        Feature::BrowserAccount,
        Feature::OpenTabs,
        Feature::WebApps,
        Feature::Extensions,
        Feature::ServiceWorkers,
        Feature::Bookmarks,
    ];
    for feature in all {
        let parts = all_rules().filter(|rule| rule.features.contains(&feature));
        assert!(parts.clone().count() > 1, "{feature:?} is one file, which nothing can split");
        for (family, level, reopens) in settings() {
            let goes = |rule: &&Rule| rule.class(reopens).is_packed_at(level);
            let parts = || parts.clone().filter(move |rule| rule.family.is_none_or(|f| f == family));
            let mut alone = parts().filter(|rule| rule.features == [feature]);
            if let Some(part) = alone.find(goes)
                && let Some(missing) = parts().find(|rule| !goes(rule))
            {
                panic!(
                    "{level:?}, tabs {reopens}: {:?} goes without {:?}, and {feature:?} is split",
                    part.pattern, missing.pattern
                );
            }
        }
    }
}

fn settings() -> impl Iterator<Item = (Family, Level, bool)> {
    [Family::Chrome, Family::Firefox].into_iter().flat_map(|family| {
        [Level::Minimal, Level::Default, Level::Full]
            .into_iter()
            .flat_map(move |level| [false, true].map(|reopens| (family, level, reopens)))
    })
}

#[test]
fn a_level_takes_pairs() {
    let goes = |family, path: &str, level, reopens| {
        let name = Name { path: "x/x", in_profile: Some(path), in_leveldb: false };
        let name = if family == Family::Firefox { Name { path, in_profile: None, ..name } } else { name };
        of(family, &name).expect(path).class(reopens).is_packed_at(level)
    };
    let minimal = |family, path| goes(family, path, Level::Minimal, false);
    // The keys of certificates are in the file of the passwords' key, but the passwords are not.
    for (path, expected) in
        [("cert9.db", true), ("key4.db", true), ("pkcs11.txt", true), ("logins.json", false)]
    {
        assert_eq!(minimal(Family::Firefox, path), expected, "{path}");
    }
    for path in ["Web Applications", "Sync Data", "Login Data", "Web Data"] {
        assert!(!minimal(Family::Chrome, path), "{path}");
        assert!(goes(Family::Chrome, path, Level::Default, false), "{path}");
    }
    for (family, path) in [(Family::Chrome, "Sessions"), (Family::Firefox, "sessionstore.jsonlz4")] {
        assert!(!minimal(family, path), "{path}: tabs that nobody opens again are history");
        assert!(goes(family, path, Level::Minimal, true), "{path}: what they hold signs in");
    }
}

#[test]
fn names_of_file_systems_are_nobodys() {
    for path in ["lost+found", ".Trash-1000", "System Volume Information", ".snapshot"] {
        for family in [Family::Chrome, Family::Firefox] {
            let name = Name { path, in_profile: None, in_leveldb: false };
            assert_eq!(of(family, &name).expect(path).class(false), Runtime, "{path}");
        }
    }
}

#[test]
fn a_log_goes_where_its_database_goes() {
    let of = |path| {
        let name = Name { path: "Default/x", in_profile: Some(path), in_leveldb: false };
        of(Family::Chrome, &name).map(|rule| rule.class(false))
    };
    assert_eq!(of("Cookies-wal"), Some(Login));
    assert_eq!(of("Network/Cookies-journal"), Some(Login));
    assert_eq!(of("History-journal"), Some(History));
    assert_eq!(of("Something New"), None);
}

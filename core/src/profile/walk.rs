//! The files of a profile folder, and which of them go. Only names and sizes are looked at; nothing is opened.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::choice::Filter;
use super::family::{Folder, may_be_profile};
use super::remarks::Remarks;
use super::rules::{self, Class, Name, Rule};
use super::tabs;
use super::watch::Watch;
use super::{Family, Level, Pack};
use crate::error::{Error, Result};
use crate::source::Identity;

/// Everything in the folder, told apart.
pub(super) struct Tree {
    /// What goes, sorted by the bytes of the path, so that the same folder always gives the same archive.
    pub(super) entries: Vec<Entry>,
    pub(super) left_out: Vec<Left>,
    /// Names no rule knows, at the levels where rules know them.
    pub(super) unknown: Vec<String>,
    pub(super) sizes: BTreeMap<Class, Size>,
    /// What could not be looked at, and is not in the archive.
    pub(super) remarks: Vec<String>,
    /// Profiles whose open tabs go, and that open them again.
    pub(super) reopening: BTreeSet<String>,
    /// What pages put into the Cache API and does not go.
    pub(super) cache_api: Size,
    /// What is wrong with names that would go; an archive cannot be made then.
    pub(super) bad_name: Option<Error>,
}

/// A file, or a folder with nothing in it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Inside the folder, with `/`.
    pub(super) path: String,
    /// None for an empty folder.
    pub(super) file: Option<Identity>,
    /// Without it the profile signs in nowhere.
    pub(super) critical: bool,
    /// Among a LevelDB database's own files.
    pub(super) leveldb: bool,
}

/// Something that does not go; a folder counts as one, with all that is in it.
pub(super) struct Left {
    pub(super) path: String,
    pub(super) class: Class,
    pub(super) why: &'static str,
    pub(super) size: Size,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) files: u64,
    pub(super) bytes: u64,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
    }
}

const EXCLUDED: &str = "excluded by the caller";
const NO_FILE: &str = "a symlink, socket, pipe or device";
const OTHER_PROFILE: &str = "another profile";
const UNREADABLE: &str = "it could not be listed";
/// Deeper than a browser goes, and far from the end of the stack.
const DEEPEST: usize = 64;

/// Looks at all of it.
pub(super) fn walk(folder: &Folder, pack: &Pack, watch: &Watch) -> Result<Tree> {
    let mut walk = Walk {
        folder,
        level: pack.level,
        filter: pack.filter()?,
        chosen: pack.chosen(folder)?.filter(|_| folder.family == Family::Chrome).map(str::to_owned),
        watch,
        tree: Tree {
            entries: Vec::new(),
            left_out: Vec::new(),
            unknown: Vec::new(),
            sizes: BTreeMap::new(),
            remarks: Vec::new(),
            reopening: BTreeSet::new(),
            cache_api: Size::default(),
            bad_name: None,
        },
        reopens_tabs: tabs::reopening(folder, watch)?,
        remarks: Remarks::default(),
        links: 0,
        first_link: None,
    };
    walk.folder(&folder.root, "", 0, Inherited { rule: None, stays: false, included: false, needed: true })?;
    let mut tree = walk.tree;
    if let Some(first) = walk.first_link.take() {
        walk.remarks.push(match walk.links {
            1 => format!("{first} is a symlink and is left out"),
            links => format!("{links} symlinks are left out, {first} among them"),
        });
    }
    tree.remarks = walk.remarks.sentences();
    tree.remarks.extend(walk.filter.unused());
    tree.entries.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    tree.left_out.sort_by(|a, b| b.size.bytes.cmp(&a.size.bytes).then_with(|| a.path.cmp(&b.path)));
    tree.unknown.sort();
    if let Some((one, other)) = case_clash(&tree.entries) {
        tree.bad_name.get_or_insert_with(|| {
            Error::invalid(format!(
                "{:?} and {:?} differ in case only, so one would replace the other where the archive is unpacked; rename or exclude one",
                folder.shown(one),
                folder.shown(other)
            ))
        });
    }
    Ok(tree)
}

/// What a folder gives to what is in it.
#[derive(Clone, Copy)]
struct Inherited {
    rule: Option<&'static Rule>,
    /// It does not go, unless something in it is included.
    stays: bool,
    /// The caller's patterns include it.
    included: bool,
    /// The profile is of no use without it: it, and what signs in, must be readable. Of what is deeper in it
    /// a part may be missing, which is told.
    needed: bool,
}

impl Inherited {
    fn class(self, reopens_tabs: bool) -> Class {
        self.rule.map_or(Class::Unknown, |rule| rule.class(reopens_tabs))
    }
}

struct Walk<'a> {
    folder: &'a Folder,
    level: Level,
    filter: Filter,
    /// The one profile to take, in the Chrome family.
    chosen: Option<String>,
    watch: &'a Watch,
    tree: Tree,
    /// Profiles that open their last tabs again.
    reopens_tabs: HashSet<String>,
    remarks: Remarks,
    /// Symlinks whose names say nothing: how many, and the first.
    links: u64,
    first_link: Option<String>,
}

/// One name in a folder.
struct Item<'a> {
    at: PathBuf,
    /// Inside the profile folder.
    path: String,
    meta: &'a Metadata,
    /// A LevelDB database lives in the same folder.
    leveldb: bool,
    /// Named like an index of SQLite's, without its database.
    orphan: bool,
    /// Of the folder it is in; 0 is the top.
    depth: usize,
}

impl Walk<'_> {
    fn folder(&mut self, here: &Path, inside: &str, depth: usize, above: Inherited) -> Result<()> {
        self.watch.step()?;
        if depth > DEEPEST {
            return Err(Error::invalid(format!(
                "{} is nested more than {DEEPEST} folders deep, which no browser does; exclude it",
                self.folder.root.join(self.folder.shown(inside)).display()
            )));
        }
        let names = match listed(here, self.watch)? {
            Ok(names) => names,
            Err(e)
                if above.needed
                    || (!above.stays && rules::holds_critical(self.folder.in_profile(inside))) =>
            {
                return Err(self.folder.unreadable(inside, "listing", &e));
            }
            Err(e) => {
                if !above.stays {
                    self.remark(inside, &format!("could not be listed ({}) and is left out", e.kind()));
                }
                let (path, class) = (self.folder.shown(inside), above.class(self.reopens(inside)));
                // It was taken for one that goes.
                self.tree.unknown.retain(|unknown| *unknown != path);
                self.tree.left_out.push(Left { path, class, why: UNREADABLE, size: Size::default() });
                return Ok(());
            }
        };
        if names.is_empty() && !inside.is_empty() && !above.stays {
            self.tree.entries.push(Entry {
                path: inside.to_owned(),
                file: None,
                critical: false,
                leveldb: false,
            });
        }
        let leveldb = is_leveldb(&names);
        let databases = with_an_index(&names);
        for (name, meta) in &names {
            match name.to_str().filter(|name| fits_a_zip(name)) {
                Some(name) => {
                    let path = if inside.is_empty() { name.to_owned() } else { format!("{inside}/{name}") };
                    let orphan = is_orphan_index(name, &databases);
                    self.one(&Item { at: here.join(name), path, meta, leveldb, orphan, depth }, above)?;
                }
                None if above.stays => {}
                None => self.cannot_be_named(inside, name),
            }
        }
        Ok(())
    }

    fn one(&mut self, item: &Item<'_>, above: Inherited) -> Result<()> {
        let in_profile = self.folder.in_profile(&item.path);
        let name = Name { path: &item.path, in_profile, in_leveldb: item.leveldb };
        let own = rules::of(self.folder.family, &name).filter(|_| !item.orphan);
        let rule = own.or(above.rule);
        let reopens = self.reopens(&item.path);
        let class = rule.map_or(Class::Unknown, |rule| rule.class(reopens));
        let critical = rules::is_critical(&item.path, in_profile);
        let included = above.included || self.filter.includes(&item.path);
        // A folder's fate is that of what is in it, unless a rule of its own says otherwise.
        let stays = (above.stays && own.is_none()) || !class.goes(self.level);
        let left = self.left_out(item, class, rule, stays && !included);
        if item.meta.is_symlink() && !stays && left.is_some_and(|(_, why)| why == NO_FILE) {
            self.link(item, own.is_some());
        }
        if rule.is_none() && left.is_none() && self.is_known_level(item, in_profile) {
            self.tree.unknown.push(self.folder.shown(&item.path));
        }
        if item.meta.is_file() && left.is_none() {
            let stamp = Identity::of(item.meta);
            self.tree.sizes.entry(class).or_default().add(Size { files: 1, bytes: stamp.size });
            let (path, leveldb) = (item.path.clone(), item.leveldb);
            self.tree.entries.push(Entry { path, file: Some(stamp), critical, leveldb });
            if reopens && rule.is_some_and(Rule::holds_tabs) {
                self.tree.reopening.extend(self.profile_of(&item.path).map(str::to_owned));
            }
            return Ok(());
        }
        let needed = self.is_profile(item) || own.is_some_and(|_| class == Class::Login);
        let given = |stays| Inherited { rule, stays, included, needed: needed && !stays };
        match left {
            // Below what is left out something may be included, but nothing of a run or of the caller's own excludes.
            Some((_, why)) if item.meta.is_dir() && self.may_include_below(item, class, why) => {
                self.folder(&item.at, &item.path, item.depth + 1, given(true))
            }
            Some((class, why)) => self.leave(item, class, why, rule),
            None => self.folder(&item.at, &item.path, item.depth + 1, given(false)),
        }
    }

    /// Why it does not go, if it does not.
    fn left_out(
        &self,
        item: &Item<'_>,
        class: Class,
        rule: Option<&'static Rule>,
        stays: bool,
    ) -> Option<(Class, &'static str)> {
        let why = rule.map_or("", |rule| rule.why);
        // Asked first, since a pattern that matches something is no slip.
        let excluded = self.filter.excludes(&item.path);
        if class == Class::Runtime {
            return Some((class, why));
        }
        if excluded {
            return Some((class, EXCLUDED));
        }
        if !(item.meta.is_dir() || item.meta.is_file()) {
            return Some((Class::Runtime, NO_FILE));
        }
        if self.is_other_profile(&item.path) {
            return Some((Class::OtherProfile, OTHER_PROFILE));
        }
        stays.then_some((class, why))
    }

    /// The path of the profile something is in.
    fn profile_of<'p>(&self, path: &'p str) -> Option<&'p str> {
        match self.folder.family {
            Family::Firefox => Some(""),
            Family::Chrome => {
                let inside = self.folder.in_profile(path)?;
                Some(path[..path.len() - inside.len()].trim_end_matches('/'))
            }
        }
    }

    fn reopens(&self, path: &str) -> bool {
        !self.reopens_tabs.is_empty()
            && self.profile_of(path).is_some_and(|profile| self.reopens_tabs.contains(profile))
    }

    fn is_profile(&self, item: &Item<'_>) -> bool {
        self.folder.family == Family::Chrome && self.folder.profiles.contains(&item.path)
    }

    fn link(&mut self, item: &Item<'_>, is_named_by_a_rule: bool) {
        let is_profile = item.depth == 0 && self.folder.family == Family::Chrome && may_be_profile(&item.at);
        let path = self.folder.shown(&item.path);
        if is_profile && self.chosen.is_some() {
            // Another one was asked for.
        } else if is_named_by_a_rule || is_profile {
            self.remarks.push(format!(
                "{path} is a symlink, so it and what it leads to are left out; put a copy of that in its place, or give the folder it leads to"
            ));
        } else {
            self.links += 1;
            if self.first_link.as_ref().is_none_or(|first| path < *first) {
                self.first_link = Some(path);
            }
        }
    }

    fn may_include_below(&self, item: &Item<'_>, class: Class, why: &str) -> bool {
        self.filter.may_include_below(&item.path)
            && class != Class::Runtime
            && why != EXCLUDED
            && why != OTHER_PROFILE
    }

    fn is_other_profile(&self, path: &str) -> bool {
        let Some(chosen) = &self.chosen else { return false };
        self.folder.profile_of(path).is_some_and(|profile| profile != chosen)
    }

    /// Whether rules would know a name here: at the top, and at the top of a profile.
    fn is_known_level(&self, item: &Item<'_>, in_profile: Option<&str>) -> bool {
        match self.folder.family {
            Family::Firefox => item.depth == 0,
            Family::Chrome if self.folder.profiles.contains(&item.path) => false,
            Family::Chrome => item.depth == 0 || in_profile.is_some_and(|inside| !inside.contains('/')),
        }
    }

    fn leave(
        &mut self,
        item: &Item<'_>,
        class: Class,
        why: &'static str,
        rule: Option<&'static Rule>,
    ) -> Result<()> {
        let size = match item.meta {
            meta if meta.is_dir() => self.size_of(&item.at, item.depth + 1)?,
            meta if meta.is_file() => Size { files: 1, bytes: meta.size() },
            _ => Size { files: 1, bytes: 0 },
        };
        self.tree.sizes.entry(class).or_default().add(size);
        if why != EXCLUDED && rule.is_some_and(Rule::holds_cache_api) {
            self.tree.cache_api.add(size);
        }
        let path = self.folder.shown(&item.path);
        self.tree.left_out.push(Left { path, class, why, size });
        Ok(())
    }

    /// How much a folder that is left out holds. What cannot be looked at counts as nothing.
    fn size_of(&self, folder: &Path, depth: usize) -> Result<Size> {
        self.watch.step()?;
        let mut size = Size::default();
        if depth > DEEPEST {
            return Ok(size);
        }
        for (name, meta) in listed(folder, self.watch)?.unwrap_or_default() {
            size.add(if meta.is_dir() {
                self.size_of(&folder.join(name), depth + 1)?
            } else {
                Size { files: 1, bytes: if meta.is_file() { meta.size() } else { 0 } }
            });
        }
        Ok(size)
    }

    fn remark(&mut self, path: &str, what: &str) {
        self.remarks.push(format!("{} {what}", self.folder.shown(path)));
    }

    fn cannot_be_named(&mut self, inside: &str, name: &OsStr) {
        let path = format!("{inside}/{}", name.to_string_lossy());
        let shown = self.folder.shown(&path);
        let name = shown.rsplit('/').next().unwrap_or_default();
        let inside = self.folder.shown(inside);
        self.tree.bad_name.get_or_insert_with(|| {
            Error::invalid(format!(
                "the name {name:?} in {inside:?} cannot be in a zip that every system can unpack; rename it, or exclude its folder"
            ))
        });
    }
}

type Names = Vec<(OsString, Metadata)>;

/// What is in a folder; each name is a step, since a disk may take its time for each.
fn listed(here: &Path, watch: &Watch) -> Result<std::io::Result<Names>> {
    let mut names = Vec::new();
    let entries = match fs::read_dir(here) {
        Ok(entries) => entries,
        Err(e) => return Ok(Err(e)),
    };
    for entry in entries {
        watch.step()?;
        match entry.and_then(|entry| Ok((entry.file_name(), entry.metadata()?))) {
            Ok(name) => names.push(name),
            // A file that a browser removed in between.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Ok(Err(e)),
        }
    }
    Ok(Ok(names))
}

/// Whether a LevelDB database lives here. One that was never written to has only its lock and its text log.
fn is_leveldb(names: &Names) -> bool {
    names.iter().any(|(name, _)| name == "CURRENT")
        || (!names.is_empty()
            && names.iter().all(|(name, _)| name == "LOCK" || name == "LOG" || name == "LOG.old"))
}

/// Names to which there is an `x-shm` too, if they are there; most folders have none.
fn with_an_index(names: &Names) -> HashSet<&str> {
    let bases: HashSet<&str> =
        names.iter().filter_map(|(name, _)| name.to_str()?.strip_suffix("-shm")).collect();
    if bases.is_empty() {
        return bases;
    }
    names.iter().filter_map(|(name, _)| name.to_str().filter(|name| bases.contains(name))).collect()
}

/// `x-shm` without an `x` is no index of SQLite's.
fn is_orphan_index(name: &str, databases: &HashSet<&str>) -> bool {
    name.strip_suffix("-shm").is_some_and(|base| !databases.contains(base))
}

/// What a zip can hold so that every system unpacks it: UTF-8, and nothing that is a separator or a device somewhere.
pub(super) fn fits_a_zip(name: &str) -> bool {
    !name.contains('\\') && !name.chars().any(char::is_control) && name.len() < 1024
}

fn case_clash(entries: &[Entry]) -> Option<(&str, &str)> {
    let mut seen: HashMap<String, &str> = HashMap::with_capacity(entries.len());
    // Folders clash too: what is in two that differ in case would be mixed.
    for entry in entries {
        let ends = entry.path.match_indices('/').map(|(at, _)| at).chain([entry.path.len()]);
        for end in ends {
            let path = &entry.path[..end];
            match seen.entry(path.to_lowercase()) {
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(path);
                }
                std::collections::hash_map::Entry::Occupied(taken) if *taken.get() != path => {
                    return Some((taken.get(), path));
                }
                std::collections::hash_map::Entry::Occupied(_) => {}
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    struct Place(tempfile::TempDir);

    impl Place {
        fn new(files: &[&str]) -> Self {
            let place = Self(tempfile::tempdir().expect("dir"));
            for path in files {
                place.file(path, "x");
            }
            place
        }

        fn file(&self, path: &str, text: &str) {
            let at = self.0.path().join(path);
            fs::create_dir_all(at.parent().expect("parent")).expect("dirs");
            fs::write(at, text).expect("write");
        }

        fn link(&self, path: &str, to: &str) {
            symlink(to, self.0.path().join(path)).expect("a link");
        }

        fn walked(&self, pack: &Pack) -> Result<Tree> {
            let folder =
                Folder::recognise(self.0.path(), pack, &Watch::default()).expect("a browser's folder");
            walk(&folder, pack, &Watch::default())
        }
    }

    fn paths(tree: &Tree) -> Vec<&str> {
        tree.entries.iter().map(|entry| entry.path.as_str()).collect()
    }

    #[test]
    fn what_file_systems_keep_is_left_out_and_reported() {
        let place = Place::new(&[
            "Local State",
            "Default/Cookies",
            "lost+found/#123",
            ".Trash-1000/files/x",
            "System Volume Information/x",
            ".snapshot/hourly/Local State",
            "Default/.nfs000000000012ab3400000001",
        ]);
        let tree = place.walked(&Pack::new()).expect("walked");
        assert_eq!(paths(&tree), ["Default/Cookies", "Local State"]);
        let mut left: Vec<_> = tree.left_out.iter().map(|left| (left.path.as_str(), left.class)).collect();
        left.sort_unstable();
        assert_eq!(left[4], ("lost+found", Class::Runtime));
        assert_eq!(left.len(), 5);
    }

    #[test]
    fn tabs_go_where_they_are_opened_again() {
        let place =
            Place::new(&["Local State", "Default/Sessions/Session_1", "Profile 1/Sessions/Session_1"]);
        place.file("Default/Preferences", r#"{"session":{"restore_on_startup":1}}"#);
        place.file("Profile 1/Preferences", "{}");
        let tree = place.walked(&Pack::new().level(Level::Minimal)).expect("walked");
        assert_eq!(
            paths(&tree),
            ["Default/Preferences", "Default/Sessions/Session_1", "Local State", "Profile 1/Preferences"]
        );
        assert_eq!(tree.reopening.iter().collect::<Vec<_>>(), ["Default"]);
        let none = place.walked(&Pack::new().exclude("Default/Sessions")).expect("walked");
        assert!(none.reopening.is_empty(), "they do not go");

        let firefox = Place::new(&["cookies.sqlite", "sessionstore.jsonlz4", "sessionstore-backups/x"]);
        let minimal = Pack::new().level(Level::Minimal);
        assert_eq!(paths(&firefox.walked(&minimal).expect("walked")), ["cookies.sqlite"]);
        firefox.file("user.js", "user_pref(\"browser.startup.page\", 3);");
        let tree = firefox.walked(&minimal).expect("walked");
        assert_eq!(tree.entries.len(), 4);
        assert_eq!(tree.reopening.len(), 1);
    }

    #[test]
    fn symlinks_in_the_place_of_a_profiles_files_are_told() {
        let place =
            Place::new(&["Local State", "Default/Preferences", "elsewhere/Cookies", "real/Preferences"]);
        place.link("Default/Cookies", "../elsewhere/Cookies");
        place.link("Profile 1", "real");
        place.link("Second", "real");
        place.link("Default/Cache", "/tmp");
        place.link("Default/Loop", "Loop");
        place.link("SingletonLock", "host-1");
        for number in 0..3 {
            place.link(&format!("Default/l{number}"), "nowhere");
        }
        let tree = place.walked(&Pack::new()).expect("walked");
        let told =
            |path: &str| tree.remarks.iter().any(|r| r.starts_with(&format!("{path} is a symlink, so it")));
        for path in ["Default/Cookies", "Profile 1", "Second"] {
            assert!(told(path), "{path}: {:?}", tree.remarks);
        }
        assert!(
            tree.remarks.iter().any(|r| r.starts_with("4 symlinks are left out, ")),
            "{:?}",
            tree.remarks
        );
        assert_eq!(tree.remarks.len(), 4, "caches and locks are nobody's loss: {:?}", tree.remarks);
        let one = place.walked(&Pack::new().profile("Default").exclude("Default/l*")).expect("walked");
        assert_eq!(one.remarks.len(), 2, "{:?}", one.remarks);
        let error = place.walked(&Pack::new().profile("Profile 1")).map(|_| ()).expect_err("not followed");
        assert!(error.message().contains("that is a symlink"), "{error}");
    }

    #[test]
    fn what_pages_put_into_caches_is_counted_where_it_stays() {
        let place = Place::new(&[
            "Local State",
            "Default/Preferences",
            "Default/Service Worker/CacheStorage/ab/index.txt",
            "Default/WebStorage/2/CacheStorage/x/1_0",
        ]);
        let tree = place.walked(&Pack::new()).expect("walked");
        assert_eq!(tree.cache_api, Size { files: 2, bytes: 2 });
        let taken = place.walked(&Pack::new().include("**/CacheStorage")).expect("walked");
        assert_eq!((taken.cache_api.files, taken.entries.len()), (0, 4));
        let named = place.walked(&Pack::new().exclude("**/CacheStorage")).expect("walked");
        assert_eq!(named.cache_api.files, 0, "its caller knows");
    }

    #[test]
    fn a_folder_that_is_too_deep_is_told_without_its_site() {
        let deep = format!("storage/default/https+++a.example/{}x", "d/".repeat(80));
        let place = Place::new(&["prefs.js", &deep]);
        let error = place.walked(&Pack::new()).map(|_| ()).expect_err("too deep");
        assert!(
            error.message().contains("(a site)/d/d") && !error.message().contains("a.example"),
            "{error}"
        );
        assert!(place.walked(&Pack::new().exclude("storage/default/*/d")).is_ok());
    }

    #[test]
    fn an_index_without_its_database_is_a_file_like_any() {
        let place = Place::new(&["prefs.js", "a.sqlite", "a.sqlite-shm", "b-shm"]);
        assert_eq!(paths(&place.walked(&Pack::new()).expect("walked")), ["a.sqlite", "b-shm", "prefs.js"]);
    }
}

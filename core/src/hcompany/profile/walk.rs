//! The files of a profile folder, and which of them go. Only names and sizes are looked at; nothing is opened.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::choice::Filter;
use super::family::Folder;
use super::rules::{self, Class, Name, Rule};
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
            bad_name: None,
        },
    };
    walk.folder(&folder.root, "", 0, Inherited { rule: None, stays: false, included: false })?;
    let mut tree = walk.tree;
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
}

struct Walk<'a> {
    folder: &'a Folder,
    level: Level,
    filter: Filter,
    /// The one profile to take, in the Chrome family.
    chosen: Option<String>,
    watch: &'a Watch,
    tree: Tree,
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
                here.display()
            )));
        }
        let names = match listed(here, self.watch)? {
            Ok(names) => names,
            // The folder itself and its profiles must be readable, and so must what signs in.
            Err(e) if depth <= 1 || rules::holds_critical(self.folder.in_profile(inside)) => {
                return Err(self.folder.unreadable(inside, "listing", &e));
            }
            Err(e) => {
                self.remark(inside, &format!("could not be listed ({}) and is left out", e.kind()));
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
        for (name, meta) in &names {
            match name.to_str().filter(|name| fits_a_zip(name)) {
                Some(name) => {
                    let path = if inside.is_empty() { name.to_owned() } else { format!("{inside}/{name}") };
                    let orphan = is_orphan_index(name, &names);
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
        let class = rule.map_or(Class::Unknown, |rule| rule.class);
        let critical = rules::is_critical(&item.path, in_profile);
        let included = above.included || self.filter.includes(&item.path);
        // A folder's fate is that of what is in it, unless a rule of its own says otherwise.
        let stays = (above.stays && own.is_none()) || !class.goes(self.level);
        let left = self.left_out(item, class, rule, stays && !included);
        if rule.is_none() && left.is_none() && self.is_known_level(item, in_profile.is_some()) {
            self.tree.unknown.push(self.folder.shown(&item.path));
        }
        if item.meta.is_file() && left.is_none() {
            let stamp = Identity::of(item.meta);
            self.tree.sizes.entry(class).or_default().add(Size { files: 1, bytes: stamp.size });
            let (path, leveldb) = (item.path.clone(), item.leveldb);
            self.tree.entries.push(Entry { path, file: Some(stamp), critical, leveldb });
            return Ok(());
        }
        match left {
            // Below what is left out something may be included, but nothing of a run or of the caller's own excludes.
            Some((_, why)) if item.meta.is_dir() && self.may_include_below(item, class, why) => {
                self.folder(&item.at, &item.path, item.depth + 1, Inherited { rule, stays: true, included })
            }
            Some((class, why)) => self.leave(item, class, why),
            None => {
                self.folder(&item.at, &item.path, item.depth + 1, Inherited { rule, stays: false, included })
            }
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
        if class == Class::Runtime {
            return Some((class, why));
        }
        if !(item.meta.is_dir() || item.meta.is_file()) {
            return Some((Class::Runtime, NO_FILE));
        }
        if self.filter.excludes(&item.path) {
            return Some((class, EXCLUDED));
        }
        if self.is_other_profile(&item.path) {
            return Some((Class::OtherProfile, OTHER_PROFILE));
        }
        stays.then_some((class, why))
    }

    fn may_include_below(&self, item: &Item<'_>, class: Class, why: &str) -> bool {
        self.filter.may_include_below(&item.path)
            && class != Class::Runtime
            && why != EXCLUDED
            && why != OTHER_PROFILE
    }

    fn is_other_profile(&self, path: &str) -> bool {
        let Some(chosen) = &self.chosen else { return false };
        let top = path.split('/').next().unwrap_or(path);
        top != chosen && self.folder.profiles.iter().any(|p| p == top)
    }

    /// Whether rules would know a name here: at the top, and at the top of a profile.
    fn is_known_level(&self, item: &Item<'_>, in_profile: bool) -> bool {
        match (self.folder.family, item.depth) {
            (Family::Chrome, 0) => !self.folder.profiles.contains(&item.path),
            (Family::Firefox, 0) => true,
            (Family::Chrome, 1) => in_profile && !self.folder.is_profile,
            _ => false,
        }
    }

    fn leave(&mut self, item: &Item<'_>, class: Class, why: &'static str) -> Result<()> {
        let size = match item.meta {
            meta if meta.is_dir() => self.size_of(&item.at, item.depth + 1)?,
            meta if meta.is_file() => Size { files: 1, bytes: meta.size() },
            _ => Size { files: 1, bytes: 0 },
        };
        self.tree.sizes.entry(class).or_default().add(size);
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
        self.tree.remarks.push(format!("{} {what}", self.folder.shown(path)));
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

/// `x-shm` without an `x` is no index of SQLite's.
fn is_orphan_index(name: &str, beside: &Names) -> bool {
    name.strip_suffix("-shm").is_some_and(|base| !beside.iter().any(|(name, _)| name == base))
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

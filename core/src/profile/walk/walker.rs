//! The files of a profile folder, and which of them go. Only names and sizes are looked at; nothing is
//! opened.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::listing::{databases_with_index, fits_a_zip, is_leveldb, is_orphan_index, list_folder};
use super::tree::{LeftOutEntry, Size, Tree, TreeEntry};
use crate::error::{Error, Result};
use crate::profile::family::Family;
use crate::profile::folder::Folder;
use crate::profile::pack_options::{Filter, Level, Pack};
use crate::profile::recognise::may_be_profile;
use crate::profile::rules::{self, Class, Name, Rule};
use crate::profile::stall_guard::StallGuard;
use crate::profile::tabs;
use crate::profile::warning_list::WarningList;
use crate::source::Identity;

const EXCLUDED_BY_CALLER: &str = "excluded by the caller";
const NOT_A_FILE: &str = "a symlink, socket, pipe or device";
const OTHER_PROFILE: &str = "another profile";
const UNREADABLE: &str = "it could not be listed";
/// Deeper than a browser goes, and far from the end of the stack.
const MAX_DEPTH: usize = 64;

/// Looks at all of it.
pub(crate) fn walk(folder: &Folder, pack: &Pack, guard: &StallGuard) -> Result<Tree> {
    let mut walk = Walk {
        folder,
        level: pack.level,
        filter: pack.filter()?,
        chosen: folder.chosen(pack)?.filter(|_| folder.family == Family::Chrome).map(str::to_owned),
        guard,
        tree: Tree::default(),
        reopens_tabs: tabs::reopening(folder, guard)?,
        warnings: WarningList::default(),
        links: 0,
        first_link: None,
    };
    let top = Inherited { rule: None, is_left_out: false, included: false, needed: true };
    walk.folder(&folder.root, "", 0, top)?;
    Ok(walk.finished())
}

/// A folder passes this on to everything in it.
#[derive(Clone, Copy)]
struct Inherited {
    rule: Option<&'static Rule>,
    /// It does not go, unless something in it is included.
    is_left_out: bool,
    /// The caller's patterns include it.
    included: bool,
    /// The profile is of no use without it, so it must be readable. A part of its deeper folders may be
    /// missing, with a warning.
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
    guard: &'a StallGuard,
    tree: Tree,
    /// Profiles that open their last tabs again.
    reopens_tabs: HashSet<String>,
    warnings: WarningList,
    /// Symlinks whose names say nothing: how many, and the first.
    links: u64,
    first_link: Option<String>,
}

/// One name in a folder.
struct FolderItem<'a> {
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
    /// The tree, sorted, with its warnings.
    fn finished(mut self) -> Tree {
        let mut tree = self.tree;
        if let Some(first) = self.first_link.take() {
            self.warnings.push(match self.links {
                1 => format!("{first} is a symlink and is left out"),
                links => format!("{links} symlinks are left out, {first} among them"),
            });
        }
        tree.warnings = self.warnings.sentences();
        tree.warnings.extend(self.filter.unused());
        tree.entries.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
        tree.left_out.sort_by(|a, b| b.size.bytes.cmp(&a.size.bytes).then_with(|| a.path.cmp(&b.path)));
        tree.unknown.sort();
        if let Some((one, other)) = case_clash(&tree.entries) {
            tree.bad_name.get_or_insert_with(|| {
                Error::invalid(format!(
                    "{:?} and {:?} differ in case only, so one would replace the other where the archive is unpacked; rename or exclude one",
                    self.folder.display_path(one),
                    self.folder.display_path(other)
                ))
            });
        }
        tree
    }

    fn folder(&mut self, here: &Path, inside: &str, depth: usize, above: Inherited) -> Result<()> {
        self.guard.checkpoint()?;
        if depth > MAX_DEPTH {
            return Err(Error::invalid(format!(
                "{} is nested more than {MAX_DEPTH} folders deep, which no browser does; exclude it",
                self.folder.shown_at(inside).display()
            )));
        }
        let names = match list_folder(here, self.guard)? {
            Ok(names) => names,
            Err(e)
                if above.needed
                    || (!above.is_left_out && rules::holds_critical(self.folder.in_profile(inside))) =>
            {
                return Err(self.folder.unreadable(inside, "listing", &e));
            }
            Err(e) => {
                self.record_unreadable(inside, above, &e);
                return Ok(());
            }
        };
        if names.is_empty() && !inside.is_empty() && !above.is_left_out {
            self.tree.entries.push(TreeEntry {
                path: inside.to_owned(),
                file: None,
                critical: false,
                leveldb: false,
            });
        }
        let leveldb = is_leveldb(&names);
        let databases = databases_with_index(&names);
        for (name, meta) in &names {
            match name.to_str().filter(|name| fits_a_zip(name)) {
                Some(name) => {
                    let path = if inside.is_empty() { name.to_owned() } else { format!("{inside}/{name}") };
                    let orphan = is_orphan_index(name, &databases);
                    self.visit(
                        &FolderItem { at: here.join(name), path, meta, leveldb, orphan, depth },
                        above,
                    )?;
                }
                None if above.is_left_out => {}
                None => self.record_bad_name(inside, name),
            }
        }
        Ok(())
    }

    fn visit(&mut self, item: &FolderItem<'_>, above: Inherited) -> Result<()> {
        let in_profile = self.folder.in_profile(&item.path);
        let name = Name { path: &item.path, in_profile, in_leveldb: item.leveldb };
        let own = rules::of(self.folder.family, &name).filter(|_| !item.orphan);
        let rule = own.or(above.rule);
        let reopens = self.reopens(&item.path);
        let class = rule.map_or(Class::Unknown, |rule| rule.class(reopens));
        let critical = rules::is_critical(&item.path, in_profile);
        let included = above.included || self.filter.includes(&item.path);
        // A folder's fate is that of what is in it, unless a rule of its own says otherwise.
        let is_left_out = (above.is_left_out && own.is_none()) || !class.is_packed_at(self.level);
        let left = self.reason_left_out(item, class, rule, is_left_out && !included);
        if item.meta.is_symlink() && !is_left_out && left.is_some_and(|(_, why)| why == NOT_A_FILE) {
            self.warn_of_symlink(item, own.is_some());
        }
        if rule.is_none() && left.is_none() && self.is_known_level(item, in_profile) {
            self.tree.unknown.push(self.folder.display_path(&item.path));
        }
        if item.meta.is_file() && left.is_none() {
            let stamp = match Identity::at(&item.at, item.meta) {
                Ok(stamp) => stamp,
                // Removed since it was listed.
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
                Err(e) => return Err(self.folder.unreadable(&item.path, "looking at", &e)),
            };
            self.tree.sizes.entry(class).or_default().add(Size { files: 1, bytes: stamp.size });
            let (path, leveldb) = (item.path.clone(), item.leveldb);
            self.tree.entries.push(TreeEntry { path, file: Some(stamp), critical, leveldb });
            if reopens && rule.is_some_and(Rule::holds_tabs) {
                self.tree.reopening.extend(self.profile_of(&item.path).map(str::to_owned));
            }
            return Ok(());
        }
        let needed = self.is_profile(item) || own.is_some_and(|_| class == Class::Login);
        let inherited =
            |is_left_out| Inherited { rule, is_left_out, included, needed: needed && !is_left_out };
        match left {
            // Below what is left out something may be included, but nothing of a run or of the caller's own
            // excludes.
            Some((_, why)) if item.meta.is_dir() && self.may_include_below(item, class, why) => {
                self.folder(&item.at, &item.path, item.depth + 1, inherited(true))
            }
            Some((class, why)) => self.record_left_out(item, class, why, rule),
            None => self.folder(&item.at, &item.path, item.depth + 1, inherited(false)),
        }
    }

    /// Why it does not go, if it does not.
    fn reason_left_out(
        &self,
        item: &FolderItem<'_>,
        class: Class,
        rule: Option<&'static Rule>,
        is_left_out: bool,
    ) -> Option<(Class, &'static str)> {
        let why = rule.map_or("", |rule| rule.why);
        // Asked first, since a pattern that matches something is no slip.
        let excluded = self.filter.excludes(&item.path);
        if class == Class::Runtime {
            return Some((class, why));
        }
        if excluded {
            return Some((class, EXCLUDED_BY_CALLER));
        }
        if !(item.meta.is_dir() || item.meta.is_file()) {
            return Some((Class::Runtime, NOT_A_FILE));
        }
        if self.is_other_profile(&item.path) {
            return Some((Class::OtherProfile, OTHER_PROFILE));
        }
        is_left_out.then_some((class, why))
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

    fn is_profile(&self, item: &FolderItem<'_>) -> bool {
        self.folder.family == Family::Chrome && self.folder.profiles.contains(&item.path)
    }

    fn warn_of_symlink(&mut self, item: &FolderItem<'_>, is_named_by_a_rule: bool) {
        let is_profile = item.depth == 0 && self.folder.family == Family::Chrome && may_be_profile(&item.at);
        let path = self.folder.display_path(&item.path);
        if is_profile && self.chosen.is_some() {
            // Another one was asked for.
        } else if is_named_by_a_rule || is_profile {
            self.warnings.push(format!(
                "{path} is a symlink, so it and what it leads to are left out; put a copy of that in its place, or give the folder it leads to"
            ));
        } else {
            self.links += 1;
            if self.first_link.as_ref().is_none_or(|first| path < *first) {
                self.first_link = Some(path);
            }
        }
    }

    fn may_include_below(&self, item: &FolderItem<'_>, class: Class, why: &str) -> bool {
        self.filter.may_include_below(&item.path)
            && class != Class::Runtime
            && why != EXCLUDED_BY_CALLER
            && why != OTHER_PROFILE
    }

    fn is_other_profile(&self, path: &str) -> bool {
        let Some(chosen) = &self.chosen else { return false };
        self.folder.profile_of(path).is_some_and(|profile| profile != chosen)
    }

    /// Whether rules would know a name here: at the top, and at the top of a profile.
    fn is_known_level(&self, item: &FolderItem<'_>, in_profile: Option<&str>) -> bool {
        match self.folder.family {
            Family::Firefox => item.depth == 0,
            Family::Chrome if self.folder.profiles.contains(&item.path) => false,
            Family::Chrome => item.depth == 0 || in_profile.is_some_and(|inside| !inside.contains('/')),
        }
    }

    fn record_left_out(
        &mut self,
        item: &FolderItem<'_>,
        class: Class,
        why: &'static str,
        rule: Option<&'static Rule>,
    ) -> Result<()> {
        let size = match item.meta {
            meta if meta.is_dir() => self.size_of(&item.at, item.depth + 1)?,
            meta if meta.is_file() => Size { files: 1, bytes: meta.len() },
            _ => Size { files: 1, bytes: 0 },
        };
        self.tree.sizes.entry(class).or_default().add(size);
        if why != EXCLUDED_BY_CALLER && rule.is_some_and(Rule::holds_cache_api) {
            self.tree.cache_api.add(size);
        }
        let path = self.folder.display_path(&item.path);
        self.tree.left_out.push(LeftOutEntry { path, class, why, size });
        Ok(())
    }

    /// How much a folder that is left out holds. A file that cannot be looked at counts as nothing.
    fn size_of(&self, folder: &Path, depth: usize) -> Result<Size> {
        self.guard.checkpoint()?;
        let mut size = Size::default();
        if depth > MAX_DEPTH {
            return Ok(size);
        }
        for (name, meta) in list_folder(folder, self.guard)?.unwrap_or_default() {
            size.add(if meta.is_dir() {
                self.size_of(&folder.join(name), depth + 1)?
            } else {
                Size { files: 1, bytes: if meta.is_file() { meta.len() } else { 0 } }
            });
        }
        Ok(size)
    }

    fn warn(&mut self, path: &str, what: &str) {
        self.warnings.push(format!("{} {what}", self.folder.display_path(path)));
    }

    fn record_unreadable(&mut self, inside: &str, above: Inherited, error: &std::io::Error) {
        if !above.is_left_out {
            self.warn(inside, &format!("could not be listed ({}) and is left out", error.kind()));
        }
        let (path, class) = (self.folder.display_path(inside), above.class(self.reopens(inside)));
        // It was recorded as a folder that goes.
        self.tree.unknown.retain(|unknown| *unknown != path);
        self.tree.left_out.push(LeftOutEntry { path, class, why: UNREADABLE, size: Size::default() });
    }

    fn record_bad_name(&mut self, inside: &str, name: &OsStr) {
        let path = format!("{inside}/{}", name.to_string_lossy());
        let shown = self.folder.display_path(&path);
        let name = shown.rsplit('/').next().unwrap_or_default();
        let inside = self.folder.display_path(inside);
        self.tree.bad_name.get_or_insert_with(|| {
            Error::invalid(format!(
                "the name {name:?} in {inside:?} cannot be in a zip that every system can unpack; rename it, or exclude its folder"
            ))
        });
    }
}

fn case_clash(entries: &[TreeEntry]) -> Option<(&str, &str)> {
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

//! The folders and files that a model may name. It may be told by a stranger to send others.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf, Prefix};

use glob::{MatchOptions, Pattern};

use super::description::{refusal, refused_names};
use crate::error::{Error, Result};
use crate::{paths, sys};

/// As many symlinks as Linux follows.
const MOST_LINKS: usize = 40;
const ANY_CASE: MatchOptions = MatchOptions {
    case_sensitive: false,
    require_literal_separator: false,
    require_literal_leading_dot: false,
};

/// The folders, and single files, that a model's paths may be in.
#[derive(Debug, Clone)]
pub struct Roots(Vec<PathBuf>);

/// A file that a model may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedFile {
    /// Where it is, all symlinks followed.
    pub path: PathBuf,
    /// The name that a recipient sees: a symlink's own, and not that of its target.
    pub name: String,
    /// The bytes of a regular file that is there.
    pub size: Option<u64>,
}

impl Roots {
    /// The roots by their paths at this moment; a leading `~/` is the home folder.
    ///
    /// # Errors
    /// `invalid_input` if there is none, or one is a URL.
    pub fn new(roots: impl IntoIterator<Item = PathBuf>) -> Result<Self> {
        let listed = roots.into_iter().map(|root| paths::local_path(root, "each of roots"));
        let roots = listed.collect::<Result<Vec<_>>>()?;
        if roots.is_empty() {
            return Err(Error::invalid("roots is empty; name the folders that tools may read files of"));
        }
        Ok(Self(roots))
    }

    /// The file that a model named, if it may name it. It need not be there yet. A relative path is inside
    /// the first root. Hidden files and keys are refused unless they are a root themselves.
    ///
    /// # Errors
    /// `invalid_input`, in words for a model.
    pub fn find(&self, given: &str) -> Result<AllowedFile> {
        // It may be a signed one, and a refusal would show it as a path.
        if paths::is_url(Path::new(given.trim_start())) {
            return Err(refusal("url", &[]));
        }
        let named = PathBuf::from(given);
        if named.ancestors().any(sys::is_misread) {
            return Err(refusal("misread", &[("path", given)]));
        }
        let named = paths::expand_home(named);
        let named = self.0.first().map(|first| first.join(&named)).unwrap_or(named);
        if !self.may_ask(&named) {
            return Err(self.outside(given));
        }
        let real = real_path(&named);
        let below: Vec<(&Path, PathBuf)> = real.iter().flat_map(|real| self.below(real)).collect();
        let Some((path, first)) = below.first() else {
            if named.symlink_metadata().is_err_and(|e| e.kind() == ErrorKind::InvalidFilename) {
                return Err(refusal("too_long", &[("path", given)]));
            }
            return Err(self.outside(given));
        };
        if below.iter().all(|(_, names)| refused(names).is_some()) {
            let name = refused(first).unwrap_or_default();
            return Err(refusal("name", &[("path", given), ("name", &name)]));
        }
        let name = named.file_name().or(path.file_name()).unwrap_or_default();
        let is_file = path.metadata().ok().filter(|found| found.is_file());
        Ok(AllowedFile {
            path: (*path).to_owned(),
            name: name.to_string_lossy().into_owned(),
            size: is_file.map(|found| found.len()),
        })
    }

    fn outside(&self, given: &str) -> Error {
        let roots: Vec<_> = self.0.iter().map(|root| root.display().to_string()).collect();
        refusal("outside", &[("path", given), ("roots", &roots.join(", "))])
    }

    /// Windows signs in with the user's name at whatever server a path names, to see what is there. So no
    /// other server is asked than those that a root is on, and no device.
    fn may_ask(&self, named: &Path) -> bool {
        match server_of(named) {
            Server::This => true,
            Server::None => false,
            server => self.0.iter().any(|root| server_of(root) == server),
        }
    }

    /// The names below each root that the path is in. A root may have any name: the program gave it.
    fn below<'a>(&self, path: &'a Path) -> impl Iterator<Item = (&'a Path, PathBuf)> {
        self.0.iter().filter_map(move |root| {
            let root = real_path(root)?;
            Some((path, path.strip_prefix(&root).ok()?.to_owned()))
        })
    }
}

/// What a path of Windows begins with.
#[derive(PartialEq, Eq)]
enum Server {
    This,
    /// Its name, and that of the folder that it shares.
    Other(OsString, OsString),
    /// A device, or the system's own names of things.
    None,
}

fn server_of(path: &Path) -> Server {
    let Some(Component::Prefix(prefix)) = path.components().next() else { return Server::This };
    match prefix.kind() {
        Prefix::Disk(_) | Prefix::VerbatimDisk(_) => Server::This,
        Prefix::UNC(server, share) | Prefix::VerbatimUNC(server, share) => {
            Server::Other(server.to_ascii_lowercase(), share.to_ascii_lowercase())
        }
        Prefix::DeviceNS(_) | Prefix::Verbatim(_) => Server::None,
    }
}

/// With all symlinks followed, also where nothing is yet. Name by name and not by recursion: a model's path
/// may have thousands of them, and the stack is the caller's.
fn real_path(path: &Path) -> Option<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..=MOST_LINKS {
        let (mut real, mut names) = existing(&path)?;
        let target = loop {
            let Some(name) = names.pop() else { return Some(real) };
            if let Ok(target) = std::fs::read_link(real.join(name)) {
                break target;
            }
            real.push(name);
        };
        // A link to where nothing is. What is named below it comes after its target.
        real.push(target);
        real.extend(names.iter().rev());
        path = real;
    }
    None
}

/// The longest part of a path that is there, and the names below that, the last one first.
fn existing(path: &Path) -> Option<(PathBuf, Vec<&OsStr>)> {
    let (mut part, mut names) = (path, Vec::new());
    loop {
        match std::fs::canonicalize(part) {
            Ok(real) => return Some((real, names)),
            // Below a file is nothing either.
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(_) => return None,
        }
        // A path that ends with `..` has no name, and leads out of a folder that is not there.
        names.push(part.file_name()?);
        part = part.parent()?;
    }
}

/// The first name that is one of a hidden file or a key.
fn refused(names: &Path) -> Option<String> {
    let names = names.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    });
    let is_refused = |name: &str| {
        let mut patterns = refused_names().filter_map(|glob| Pattern::new(glob).ok());
        patterns.any(|pattern| pattern.matches_with(name, ANY_CASE))
    };
    names.into_iter().find(|name| is_refused(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::testing::symlink;

    // What a model may name is in tests/vectors/tool_paths.json, which the bindings run.

    #[test]
    fn symlinks_in_a_circle_lead_nowhere_and_many_lead_somewhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("it is there");
        symlink("b", root.join("a")).expect("a link");
        symlink("a", root.join("b")).expect("a link");
        symlink("new", root.join("0")).expect("a link");
        for at in 1..30 {
            symlink((at - 1).to_string(), root.join(at.to_string())).expect("a link");
        }
        let roots = Roots::new([root.clone()]).expect("roots");
        roots.find("a").expect_err("a circle");
        let found = roots.find("29").expect("it leads to a place where nothing is");
        assert_eq!(found, AllowedFile { path: root.join("new"), name: "29".into(), size: None });
        roots.find("none/..").expect_err("no folder to lead out of");
    }

    #[test]
    fn a_path_as_deep_as_a_system_takes_has_room_on_a_small_stack() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("it is there");
        // As musl gives a thread that asks for nothing.
        let looked = std::thread::Builder::new().stack_size(128 << 10).spawn(move || {
            let roots = Roots::new([root]).expect("roots");
            let deepest = if sys::IS_LINUX { 1900 } else { 400 };
            roots.find(&"a/".repeat(deepest)).map(|found| found.name)
        });
        let found = looked.expect("a thread").join().expect("no panic").expect("below the root");
        assert_eq!(found, "a");
    }

    #[test]
    fn a_program_names_roots_and_no_urls() {
        assert!(Roots::new([]).expect_err("none").message().starts_with("roots is empty"));
        Roots::new([PathBuf::from("https://h/k?X-Amz-Signature=1")]).expect_err("a URL");
    }
}

//! Looking for the files that a model names, as a job: a mount may not answer.

use std::path::PathBuf;

use super::roots::{AllowedFile, Roots};
use crate::error::Result;
use crate::job::{self, Job};
use crate::options::Options;
use crate::runtime::blocking;
use crate::source::no_answer_within;

impl Roots {
    /// Starts [`Roots::find`] for several names, on a thread that may wait. They are found in their order, or
    /// the first that is refused ends the job.
    ///
    /// # Errors
    /// `unavailable` if no thread can be had. The job ends with those of [`Roots::find`], and with
    /// `source_unreadable` for a file system that does not answer.
    pub fn start_find(&self, given: impl IntoIterator<Item = String>) -> Result<Job<Vec<AllowedFile>>> {
        let (roots, given): (_, Vec<String>) = (self.clone(), given.into_iter().collect());
        job::start("find_files", None, move |_| async move {
            let first = given.first().map(PathBuf::from).unwrap_or_default();
            // The default of uploads; there is no client here that could have another.
            let limit = Options::new().stall_timeout;
            let look = move || given.iter().map(|name| roots.find(name)).collect();
            let looking = blocking("looking for a file", look);
            let late = |_| Err(no_answer_within(Some(&first), limit, ""));
            tokio::time::timeout(limit, looking).await.unwrap_or_else(late)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_found_in_order_or_none() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("a"), b"abc").expect("a file");
        let roots = Roots::new([folder.path().to_owned()]).expect("roots");
        let found =
            |names: &[&str]| roots.start_find(names.iter().map(ToString::to_string)).expect("a job").wait();
        let files = found(&["new", "a"]).expect("both are in the root");
        let told: Vec<_> = files.iter().map(|file| (file.name.as_str(), file.size)).collect();
        assert_eq!(told, [("new", None), ("a", Some(3))]);
        let refused = found(&["a", "../b"]).expect_err("one is outside");
        assert!(refused.message().contains("is not in a folder"), "{refused:?}");
    }
}

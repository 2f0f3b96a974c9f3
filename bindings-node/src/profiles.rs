//! How a browser's folder is packed, and looking at one.

use dropoff::Error;
use napi::{Either, Env};
use napi_derive::napi;

use crate::errors::Failed;
use crate::job::Job;

/// What of a folder is packed, and how.
#[napi(object, object_to_js = false)]
pub struct Pack {
    /// How much goes.
    pub level: Option<String>,
    /// Only this one of the profiles.
    pub profile: Option<String>,
    /// Globs of what goes although the level leaves it out.
    pub include: Option<Vec<String>>,
    /// Globs of what stays.
    pub exclude: Option<Vec<String>>,
    /// What to do while a browser is using the folder.
    pub if_running: Option<String>,
    /// A folder that everything in the archive is in.
    pub prefix: Option<String>,
}

/// What was given, or the defaults.
pub(crate) fn pack(given: Option<Pack>) -> Result<dropoff::Pack, Error> {
    let mut pack = dropoff::Pack::new();
    let Some(given) = given else { return Ok(pack) };
    if let Some(name) = given.level {
        pack = pack.level(name.parse()?);
    }
    if let Some(folder) = given.profile {
        pack = pack.profile(folder);
    }
    for glob in given.include.unwrap_or_default() {
        pack = pack.include(glob);
    }
    for glob in given.exclude.unwrap_or_default() {
        pack = pack.exclude(glob);
    }
    if let Some(name) = given.if_running {
        pack = pack.if_running(name.parse()?);
    }
    if let Some(folder) = given.prefix {
        pack = pack.prefix(folder);
    }
    Ok(pack)
}

/// Looks at a folder as an upload would.
#[napi]
pub fn start_inspect_profile(env: &Env, path: String, given: Option<Pack>) -> Either<Job, Failed> {
    Job::start(env, || dropoff::start_inspect_profile(path, &pack(given)?))
}

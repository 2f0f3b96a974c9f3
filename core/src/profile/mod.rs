//! A browser's profile folder: what is in it, what of it is packed, and whether it will sign in elsewhere. The folder
//! is only read, and nothing here knows a service or the network.
//!
//! | file | what it knows |
//! |---|---|
//! | `rules` | every name a browser uses, as data |
//! | `family`, `profiles_ini` | whose folder it is, its profiles and version |
//! | `json` | what of a large file is read |
//! | `choice` | what the caller wants of it |
//! | `walk` | the files, and which of them go |
//! | `tabs` | whether a profile opens its last tabs again |
//! | `notes`, `remarks` | what is told of what goes and what does not |
//! | `lock` | whether a browser is using it |
//! | `cookies`, `sqlite` | which of its cookies will be there, and how they are encrypted |
//! | `session` | which cookies come with those tabs |
//! | `doctor` | all of that as one report with a verdict |
//! | `snapshot`, `copies` | consistent copies of databases that are in use |
//! | `stores` | which files belong to a database, as data |
//! | `packer`, `compress`, `archive` | the zip |
//! | `watch` | whether it still moves, and is still wanted |

mod archive;
mod choice;
mod compress;
pub(crate) mod cookies;
mod copies;
mod doctor;
mod family;
mod json;
mod lock;
mod notes;
mod open;
mod packer;
mod profiles_ini;
mod remarks;
mod rules;
pub(crate) mod session;
mod snapshot;
pub(crate) mod sqlite;
mod stores;
mod tabs;
mod walk;
mod watch;

pub use choice::{Level, Live, Pack};
pub use doctor::{
    CookieKeys, FileSize, LeftOut, LockState, ProfileInspection, SizeOfClass, Verdict, inspect_profile,
    start_inspect_profile,
};
pub use packer::{Consistency, PackReport};

pub(crate) use doctor::Browser;
pub(crate) use packer::{Limit, Packed, Room, pack_folder};

/// Whose folder it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// Chrome, Chromium, Edge, Brave and the like: a folder with profiles in it.
    Chrome,
    /// Firefox: a folder that is one profile.
    Firefox,
}

//! A browser's profile folder: what is in it, what of it is packed, and whether it will sign in elsewhere.
//! The folder is only read, and nothing here knows a service or the network.
//!
//! | file | what it knows |
//! |---|---|
//! | `rules/` | every name a browser uses, as data |
//! | `names` | names of files, in paths and in sentences |
//! | `pack_options` | what the caller wants of the folder |
//! | `family`, `folder` | the kinds of browsers; a folder of one and the names in it |
//! | `recognise`, `profiles_ini` | whose folder it is, its profiles and version |
//! | `json` | what of a large file is read |
//! | `walk/` | the files, and which of them go |
//! | `tabs` | whether a profile opens its last tabs again |
//! | `profile_warnings`, `warning_list` | what is told of what goes and what does not |
//! | `lock`, `database_locks` | whether a browser is using it |
//! | `cookies`, `sqlite` | which of its cookies will be there, and how they are encrypted |
//! | `session` | which cookies come with those tabs |
//! | `inspection/` | all of that as one report with a verdict |
//! | `snapshot/` | consistent copies of databases that are in use |
//! | `stores` | which files belong to a database, as data |
//! | `packing/` | the zip |
//! | `open_nofollow` | opening a file that may be anything by now |
//! | `stall_guard` | whether the work on the folder still moves, and is still wanted |

pub(crate) mod cookies;
mod database_locks;
mod family;
mod folder;
mod inspection;
mod json;
mod lock;
mod names;
mod open_nofollow;
mod pack_options;
mod packing;
mod profile_warnings;
mod profiles_ini;
mod recognise;
mod rules;
pub(crate) mod session;
mod snapshot;
pub(crate) mod sqlite;
mod stall_guard;
mod stores;
mod tabs;
mod walk;
mod warning_list;

pub(crate) use inspection::Browser;
pub use inspection::{
    CategorySize, CookieKeys, FileSize, LeftOut, ProfileInspection, Verdict, inspect_profile,
    start_inspect_profile,
};
pub use lock::LockState;
pub use pack_options::{IfRunning, Level, Pack};
pub(crate) use packing::{ArchiveLimit, PackContext, PackedFolder, pack_folder};
pub use packing::{Consistency, PackReport};

//! H Company: how a folder is packed
//!
//! What of a browser's user-data folder goes, and what happens while a browser is using it. Without one of these, all
//! goes but caches and what belongs to a run or a machine, and a folder in use is DROPOFF_BROWSER_RUNNING. That is
//! right for most.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use dropoff::{Pack, Result};

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, give, needed};
use crate::text::text;

/// How a browser's folder is packed. Calls copy it, so one can serve many and be freed at once. Free it with
/// dropoff_pack_free.
///
/// Threads: one at a time; a call that was given it does not look at it again.
pub struct dropoff_pack {
    pub(crate) pack: Pack,
    _live: LiveHandle,
}

impl dropoff_pack {
    /// A copy; the defaults for NULL.
    pub(crate) fn of(pack: Option<&Self>) -> Pack {
        pack.map_or_else(Pack::new, |pack| pack.pack.clone())
    }
    /// A copy is changed, so that a refused change leaves everything as it was.
    fn change(&mut self, change: impl FnOnce(Pack) -> Result<Pack>) -> Result<()> {
        self.pack = change(self.pack.clone())?;
        Ok(())
    }
}

/// Begins with the defaults.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_pack_new(
    pack: Option<&mut MaybeUninit<*mut dropoff_pack>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        give(needed!(pack)?, dropoff_pack { pack: Pack::new(), _live: LiveHandle::new() });
        Ok(())
    })
}

/// How much goes. "default": everything but caches and what belongs to a run or a machine; what sites put into Chromium's
/// Cache API is a cache, and a warning says how much there is. "minimal": what signs in, which is cookies, what sites
/// store, settings and extensions; no history, saved passwords, bookmarks, addresses or web apps, and not the browser's
/// own account. Two private things go with what signs in: the last tabs of a profile that opens them again (a warning
/// says so), and Firefox's key4.db, with the keys of client certificates and that of the saved passwords. "full": caches
/// too. DROPOFF_INVALID_INPUT for any other.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_pack_set_level(
    pack: Option<&mut dropoff_pack>,
    level: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (pack, level) = (needed!(pack)?, text!(level)?);
        pack.change(|pack| Ok(pack.level(level.parse()?)))
    })
}

/// Only this one of the profiles, by the name of its folder, such as "Default" or "Profile 2"; what all profiles share
/// goes too. Default: all. One that is not there is refused by the call.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_pack_set_profile(
    pack: Option<&mut dropoff_pack>,
    profile: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (pack, profile) = (needed!(pack)?, text!(profile)?);
        pack.change(|pack| Ok(pack.profile(profile)))
    })
}

/// Packs what matches although the level leaves it out; give several by calling again. A glob on the path inside the
/// folder, such as "Default/Code Cache": `*` and `?` do not cross a slash, a double star does, and a folder stands for
/// all that is in it. Locks, sockets and symlinks stay out whatever it says. One that is no glob is refused by the
/// call.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_pack_add_include(
    pack: Option<&mut dropoff_pack>,
    glob: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (pack, glob) = (needed!(pack)?, text!(glob)?);
        pack.change(|pack| Ok(pack.include(glob)))
    })
}

/// Leaves out what matches, in the same form; give several by calling again. Goes before what is included.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_pack_add_exclude(
    pack: Option<&mut dropoff_pack>,
    glob: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (pack, glob) = (needed!(pack)?, text!(glob)?);
        pack.change(|pack| Ok(pack.exclude(glob)))
    })
}

/// What to do while a browser is using the folder. "error", the default: fail with DROPOFF_BROWSER_RUNNING. "snapshot":
/// pack consistent copies of its databases, each with the files it names, without what the browser has not written to
/// disk yet: Chromium writes cookies up to 30 s late and local storage 5 s or more, Firefox local storage up to 5 s. What
/// kept changing is named in a warning, or is a DROPOFF_BROWSER_RUNNING that may be tried again. "force": pack as it is;
/// databases that are written meanwhile may be damaged in the archive. DROPOFF_INVALID_INPUT for any other.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_pack_set_if_running(
    pack: Option<&mut dropoff_pack>,
    if_running: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (pack, if_running) = (needed!(pack)?, text!(if_running)?);
        pack.change(|pack| Ok(pack.if_running(if_running.parse()?)))
    })
}

/// A folder that everything in the archive is in, such as "user-data". Default, and "": none, the archive's top is the
/// folder's. One that leads out of the archive is refused by the call.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_pack_set_prefix(
    pack: Option<&mut dropoff_pack>,
    prefix: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (pack, prefix) = (needed!(pack)?, text!(prefix)?);
        pack.change(|pack| Ok(pack.prefix(prefix)))
    })
}

/// Frees it, used or not. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_pack_free(pack: Option<Box<dropoff_pack>>) {
    guard::free(pack);
}

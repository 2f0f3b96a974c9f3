//! Made by dropoff-generate from the core's sources. Do not edit.

use crate::generated::prelude::*;

/// How much of a profile goes.
///
/// Threads: a plain number.
#[repr(C)]
#[allow(dead_code, reason = "C chooses, by number")]
pub enum dropoff_level {
    /// Everything but caches and what belongs to a run or a machine. Data that sites put into Chromium's
    /// Cache API is a cache; a warning says how much there is.
    DROPOFF_LEVEL_DEFAULT = 0,
    /// Files that sign in: cookies, data that sites store, settings and extensions. No history, saved
    /// passwords, bookmarks, addresses or web apps, and not the browser's own account. Files that belong
    /// together go together, so two private things go. If the profile opens its last tabs again, these do,
    /// since what sites keep for a session comes back with them; a warning says so. And Firefox's "key4.db"
    /// does, which has the keys of client certificates, and that of the saved passwords, though not the
    /// passwords.
    DROPOFF_LEVEL_MINIMAL = 1,
    /// Caches too.
    DROPOFF_LEVEL_FULL = 2,
}

impl dropoff_level {
    pub(crate) fn to_core(number: c_int, fields: &Fields<'_>, field: &str) -> Result<dropoff::Level> {
        match number {
            0 => Ok(dropoff::Level::Default),
            1 => Ok(dropoff::Level::Minimal),
            2 => Ok(dropoff::Level::Full),
            _ => Err(fields.no_such(field, "dropoff_level", number)),
        }
    }
}

/// How to treat a folder that a browser is using.
///
/// Threads: a plain number.
#[repr(C)]
#[allow(dead_code, reason = "C chooses, by number")]
pub enum dropoff_if_running {
    /// Fail with "browser_running".
    DROPOFF_IF_RUNNING_ERROR = 0,
    /// Pack consistent copies of its databases, each with the files it names. Data that the browser has not
    /// written to disk yet is not in them: Chromium writes cookies up to 30 s late and local storage 5 s or
    /// more, Firefox local storage up to 5 s. A store that kept changing is named in a warning, or is a
    /// "browser_running" that may be tried again.
    DROPOFF_IF_RUNNING_SNAPSHOT = 1,
    /// Pack as it is. Databases that are written meanwhile may be damaged in the archive.
    DROPOFF_IF_RUNNING_FORCE = 2,
}

impl dropoff_if_running {
    pub(crate) fn to_core(number: c_int, fields: &Fields<'_>, field: &str) -> Result<dropoff::IfRunning> {
        match number {
            0 => Ok(dropoff::IfRunning::Refuse),
            1 => Ok(dropoff::IfRunning::Snapshot),
            2 => Ok(dropoff::IfRunning::Force),
            _ => Err(fields.no_such(field, "dropoff_if_running", number)),
        }
    }
}

/// How a browser's folder is packed. The default is right for a folder whose browser is closed.
///
/// Threads: plain data.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_pack {
    pub size: usize,
    /// How much goes. Default: DROPOFF_LEVEL_DEFAULT. A dropoff_level.
    pub level: c_int,
    /// Only this one of the profiles, by the name of its folder: "Default", Profile 2. Files that all
    /// profiles share go too. Default: all.
    pub profile: *const c_char,
    /// The globs of what is packed although the level leaves it out. A glob is about a path inside the
    /// folder, such as Default/Code Cache: * and ? do not cross a /, ** does, and a folder stands for all
    /// that is in it. Locks, sockets and symlinks stay out whatever it says. Default: none.
    pub include: *const *const c_char,
    pub include_count: usize,
    /// The globs of what is left out; goes before include. Default: none.
    pub exclude: *const *const c_char,
    pub exclude_count: usize,
    /// How to treat a folder that a browser is using. Default: DROPOFF_IF_RUNNING_ERROR. A
    /// dropoff_if_running.
    pub if_running: c_int,
    /// A folder that everything in the archive is in. Default: none, the archive's top is the folder's.
    pub prefix: *const c_char,
}

impl CallerStruct for dropoff_pack {
    const NAME: &'static str = "dropoff_pack";
    const INIT_MACRO: &'static str = "DROPOFF_PACK_INIT";
    const INIT: Self = Self {
        size: size_of::<Self>(),
        level: 0,
        profile: ptr::null(),
        include: ptr::null(),
        include_count: 0,
        exclude: ptr::null(),
        exclude_count: 0,
        if_running: 0,
        prefix: ptr::null(),
    };
    const FIRST_SIZE: usize = offset_of!(Self, prefix) + size_of::<*const c_char>();
    fn size(&self) -> usize {
        self.size
    }
}

// A field of a later version would hide in padding at the end.
const _: () =
    assert!(offset_of!(dropoff_pack, prefix) + size_of::<*const c_char>() == size_of::<dropoff_pack>());

impl dropoff_pack {
    /// The core's request.
    pub(crate) fn into_core(self, reader: &Fields<'_>) -> Result<dropoff::Pack> {
        let level = dropoff_level::to_core(self.level, reader, "level")?;
        let profile = reader.text(self.profile, "profile")?;
        let include = reader.texts(self.include, self.include_count, "include")?;
        let exclude = reader.texts(self.exclude, self.exclude_count, "exclude")?;
        let if_running = dropoff_if_running::to_core(self.if_running, reader, "if_running")?;
        let prefix = reader.text(self.prefix, "prefix")?;

        let mut request = dropoff::Pack::new();
        request = request.level(level);
        if let Some(value) = profile {
            request = request.profile(value);
        }
        for value in include {
            request = request.include(value);
        }
        for value in exclude {
            request = request.exclude(value);
        }
        request = request.if_running(if_running);
        if let Some(value) = prefix {
            request = request.prefix(value);
        }

        Ok(request)
    }
}

/// One whole browser-profile upload.
///
/// Threads: plain data.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_profile_upload {
    pub size: usize,
    /// A browser's user-data folder, which is packed, or a zip of one, sent as it is. Its path; a leading ~/
    /// is the home folder. NULL if source is set.
    pub path: *const c_char,
    /// Any other source. A call that takes it empties it, also one that fails. NULL if path is set.
    pub source: *mut dropoff_source,
    /// What the profile is called. Needed.
    pub name: *const c_char,
    /// The browser it belongs to, such as "chromium" or "firefox"; the service decides which there are.
    /// Default, for a folder that is packed: what the folder tells, and dropoff_pack_report.browser_guessed
    /// is then true.
    pub browser_name: *const c_char,
    /// That browser's version, such as "131". Default: as the browser's name.
    pub browser_version: *const c_char,
    /// A text for people. Default: none.
    pub description: *const c_char,
    /// The labels, a name and its value; their order is kept.
    pub labels: *const dropoff_pair,
    pub labels_count: usize,
    /// How a folder is packed. A zip is sent as it is, whatever this says.
    pub pack: *const dropoff_pack,
    /// The id of an earlier profile. If the archive equals that one's by the service's own checksum, nothing
    /// is sent, and the result is that profile with dropoff_profile.unchanged set. A profile that is not
    /// there any more equals nothing. Default: it is sent.
    pub if_changed_from: *const c_char,
    /// Bounds the whole call, retries included. Default: no limit.
    pub timeout_ms: u64,
    /// Who is told how far the call is.
    pub on_progress: dropoff_progress_fn,
    /// Handed to on_progress and to finalizer.
    pub user_data: *mut c_void,
    /// Called once by each call that takes this struct.
    pub finalizer: dropoff_finalizer,
}

impl CallerStruct for dropoff_profile_upload {
    const NAME: &'static str = "dropoff_profile_upload";
    const INIT_MACRO: &'static str = "DROPOFF_PROFILE_UPLOAD_INIT";
    const INIT: Self = Self {
        size: size_of::<Self>(),
        path: ptr::null(),
        source: ptr::null_mut(),
        name: ptr::null(),
        browser_name: ptr::null(),
        browser_version: ptr::null(),
        description: ptr::null(),
        labels: ptr::null(),
        labels_count: 0,
        pack: ptr::null(),
        if_changed_from: ptr::null(),
        timeout_ms: 0,
        on_progress: None,
        user_data: ptr::null_mut(),
        finalizer: None,
    };
    const FIRST_SIZE: usize = offset_of!(Self, finalizer) + size_of::<dropoff_finalizer>();
    fn size(&self) -> usize {
        self.size
    }
}

// A field of a later version would hide in padding at the end.
const _: () = assert!(
    offset_of!(dropoff_profile_upload, finalizer) + size_of::<dropoff_finalizer>()
        == size_of::<dropoff_profile_upload>()
);

impl dropoff_profile_upload {
    /// The callback, which takes the caller's data from here on.
    pub(crate) fn progress(&self) -> Option<Callback> {
        Callback::given(self.on_progress, self.user_data, self.finalizer)
    }

    /// The core's request.
    pub(crate) fn into_core(self, reader: &Fields<'_>) -> Result<dropoff::ProfileUpload> {
        let name = reader.needed_text(self.name, "name")?;
        let browser_name = reader.text(self.browser_name, "browser_name")?;
        let browser_version = reader.text(self.browser_version, "browser_version")?;
        let description = reader.text(self.description, "description")?;
        let labels = reader.pairs(self.labels, self.labels_count, "labels")?;
        let pack = match reader.structure(self.pack, "pack")? {
            Some((item, at)) => Some(item.into_core(&reader.within(&at))?),
            None => None,
        };
        let if_changed_from = reader.text(self.if_changed_from, "if_changed_from")?;
        let source = reader.source(self.path, self.source)?;
        let mut details = dropoff::ProfileDetails::new(name);
        if let Some(value) = browser_name {
            details = details.browser_name(value);
        }
        if let Some(value) = browser_version {
            details = details.browser_version(value);
        }
        if let Some(value) = description {
            details = details.description(value);
        }
        for (name, value) in labels {
            details = details.label(name, value);
        }

        let mut request = dropoff::ProfileUpload::new(source, details);
        if let Some(value) = pack {
            request = request.pack(value);
        }
        if let Some(value) = if_changed_from {
            request = request.if_changed_from(value);
        }
        if self.timeout_ms > 0 {
            request = request.timeout(Duration::from_millis(self.timeout_ms));
        }

        Ok(request)
    }
}

/// The name and browser of a profile. The browser must be one the service knows ("chromium", "firefox",
/// "webkit", ...; the service decides) and the version is free text such as "131".
///
/// Threads: plain data.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_profile_details {
    pub size: usize,
    /// What the profile is called. Needed.
    pub name: *const c_char,
    /// The browser it belongs to, such as "chromium". Needed.
    pub browser_name: *const c_char,
    /// That browser's version, such as "131". Needed.
    pub browser_version: *const c_char,
    /// A text for people. Default: none.
    pub description: *const c_char,
    /// The labels, a name and its value; their order is kept.
    pub labels: *const dropoff_pair,
    pub labels_count: usize,
    /// The result of dropoff_hcompany_upload, to be compared with what the service stored.
    pub uploaded: *const dropoff_stored_object,
}

impl CallerStruct for dropoff_profile_details {
    const NAME: &'static str = "dropoff_profile_details";
    const INIT_MACRO: &'static str = "DROPOFF_PROFILE_DETAILS_INIT";
    const INIT: Self = Self {
        size: size_of::<Self>(),
        name: ptr::null(),
        browser_name: ptr::null(),
        browser_version: ptr::null(),
        description: ptr::null(),
        labels: ptr::null(),
        labels_count: 0,
        uploaded: ptr::null(),
    };
    const FIRST_SIZE: usize = offset_of!(Self, uploaded) + size_of::<*const dropoff_stored_object>();
    fn size(&self) -> usize {
        self.size
    }
}

// A field of a later version would hide in padding at the end.
const _: () = assert!(
    offset_of!(dropoff_profile_details, uploaded) + size_of::<*const dropoff_stored_object>()
        == size_of::<dropoff_profile_details>()
);

impl dropoff_profile_details {
    /// The core's request.
    pub(crate) fn into_core(self, reader: &Fields<'_>) -> Result<dropoff::ProfileDetails> {
        let name = reader.needed_text(self.name, "name")?;
        let browser_name = reader.needed_text(self.browser_name, "browser_name")?;
        let browser_version = reader.needed_text(self.browser_version, "browser_version")?;
        let description = reader.text(self.description, "description")?;
        let labels = reader.pairs(self.labels, self.labels_count, "labels")?;
        let uploaded = match reader.structure(self.uploaded, "uploaded")? {
            Some((item, at)) => Some(item.into_core(&reader.within(&at))?),
            None => None,
        };

        let mut request = dropoff::ProfileDetails::new(name);
        request = request.browser_name(browser_name);
        request = request.browser_version(browser_version);
        if let Some(value) = description {
            request = request.description(value);
        }
        for (name, value) in labels {
            request = request.label(name, value);
        }
        if let Some(value) = uploaded {
            request = request.uploaded(value);
        }

        Ok(request)
    }
}

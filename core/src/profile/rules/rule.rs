//! A rule: where a name counts, what the file is, why, and where that is from.

use super::sources::CACHE_API;
use crate::profile::family::Family;
use crate::profile::pack_options::Level;

/// The use of a file to its owner, which decides whether it is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Class {
    /// Cookies and what sites store: what signs in.
    Login,
    Settings,
    Extensions,
    /// Installed web apps.
    Apps,
    Passwords,
    Autofill,
    Bookmarks,
    History,
    /// Made again or downloaded again by the browser.
    Cache,
    /// Belongs to a running browser, to this machine, to its file manager or to its file system.
    Runtime,
    /// A profile that was not asked for.
    OtherProfile,
    /// No rule knows it.
    Unknown,
}

impl Class {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Settings => "settings",
            Self::Extensions => "extensions",
            Self::Apps => "apps",
            Self::Passwords => "passwords",
            Self::Autofill => "autofill",
            Self::Bookmarks => "bookmarks",
            Self::History => "history",
            Self::Cache => "cache",
            Self::Runtime => "runtime",
            Self::OtherProfile => "other_profile",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it is packed at this level.
    pub(crate) fn is_packed_at(self, level: Level) -> bool {
        match self {
            Self::Login | Self::Settings | Self::Extensions | Self::Unknown => true,
            Self::Apps | Self::Passwords | Self::Autofill | Self::Bookmarks | Self::History => {
                level != Level::Minimal
            }
            Self::Cache => level == Level::Full,
            Self::Runtime | Self::OtherProfile => false,
        }
    }
}

/// A purpose that some files serve together. One of them without the others is of no use, or worse: a list of
/// what is not there. So a level takes a feature whole, or nothing that serves it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Feature {
    /// The cookies, and what makes a session good that is bound to more than its cookie.
    Cookies,
    /// Certificates that sign in, their keys, and which site is shown which.
    ClientCertificates,
    SavedPasswords,
    /// Cards, which Firefox encrypts with a key from where its passwords' is.
    SavedCards,
    /// The account the browser itself is signed in to.
    BrowserAccount,
    /// The tabs a browser opens again, with the storage and the session's cookies they had.
    OpenTabs,
    WebApps,
    Extensions,
    ServiceWorkers,
    Bookmarks,
}

/// Where a rule's pattern counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Scope {
    /// Any level, against the last name.
    Any,
    /// From the top of the folder. A Firefox folder is one profile, so all of its rules are here.
    Top,
    /// From the top of each profile inside a Chrome folder.
    Profile,
    /// Beside a LevelDB database's own files, against the last name.
    LevelDb,
}

pub(crate) struct Rule {
    /// `None`: both.
    pub(super) family: Option<Family>,
    pub(super) at: Scope,
    pub(super) pattern: &'static str,
    pub(super) class: Class,
    pub(super) features: &'static [Feature],
    /// Why it is what it is, in a few words for people.
    pub(crate) why: &'static str,
    /// Where that is from.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the reader of this file"))]
    pub(super) source: &'static str,
}

impl Rule {
    pub(super) const fn of(self, features: &'static [Feature]) -> Self {
        Self { features, ..self }
    }

    /// The class in a profile that opens its last tabs again, or in one that does not. In the first the tabs
    /// help to sign in: their storage comes back with them, and in Firefox the session's cookies
    /// do.
    pub(crate) fn class(&self, reopens_tabs: bool) -> Class {
        if reopens_tabs && self.holds_tabs() { Class::Login } else { self.class }
    }

    /// Whether open tabs are in it, and nothing else.
    pub(crate) fn holds_tabs(&self) -> bool {
        self.features == [Feature::OpenTabs]
    }

    pub(crate) fn holds_cache_api(&self) -> bool {
        self.why == CACHE_API
    }
}

pub(super) const BOTH: Option<Family> = None;
pub(super) const CHROME: Option<Family> = Some(Family::Chrome);
pub(super) const FIREFOX: Option<Family> = Some(Family::Firefox);

pub(super) const fn rule(
    family: Option<Family>,
    at: Scope,
    pattern: &'static str,
    class: Class,
    why: &'static str,
    source: &'static str,
) -> Rule {
    Rule { family, at, pattern, class, features: &[], why, source }
}

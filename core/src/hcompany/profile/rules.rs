//! What is known of the names in a browser's folder: the one place to read, and to change, when a browser adds a
//! file. A name that no rule knows is kept and reported: a list of what to keep would lose data with every release.
//!
//! A rule says where a name counts, what it is ([`Class`]), why, and where that is from. The class decides whether it
//! goes: [`Class::goes`]. Patterns are globs of one folder level (`*` does not cross a `/`). What is below a folder
//! belongs to the folder's rule unless it has one of its own.

use std::sync::OnceLock;

use glob::{MatchOptions, Pattern};

use super::{Family, Level};

/// What a file is to its owner, which decides whether it is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Class {
    /// Cookies and what sites store: what signs in.
    Login,
    Settings,
    Extensions,
    Passwords,
    Autofill,
    Bookmarks,
    History,
    /// Made again or downloaded again by the browser.
    Cache,
    /// Belongs to a running browser, to this machine, or to its file manager.
    Runtime,
    /// A profile that was not asked for.
    OtherProfile,
    /// No rule knows it.
    Unknown,
}

impl Class {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Settings => "settings",
            Self::Extensions => "extensions",
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
    pub(super) fn goes(self, level: Level) -> bool {
        match self {
            Self::Login | Self::Settings | Self::Extensions | Self::Unknown => true,
            Self::Passwords | Self::Autofill | Self::Bookmarks | Self::History => level != Level::Minimal,
            Self::Cache => level == Level::Full,
            Self::Runtime | Self::OtherProfile => false,
        }
    }
}

/// Where a rule's pattern counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// Any level, against the last name.
    Any,
    /// From the top of the folder. A Firefox folder is one profile, so all of its rules are here.
    Top,
    /// From the top of each profile inside a Chrome folder.
    Profile,
    /// Beside a LevelDB database's own files, against the last name.
    LevelDb,
}

pub(super) struct Rule {
    /// `None`: both.
    family: Option<Family>,
    at: At,
    pattern: &'static str,
    pub(super) class: Class,
    /// Why it is what it is, in a few words for people.
    pub(super) why: &'static str,
    /// Where that is from.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the reader of this file"))]
    source: &'static str,
}

/// The names Chromium may delete when its data folder is moved: `ash/crosapi/browser_data_migrator_util.h`.
const MIGRATOR: &str = "Chromium: ash/crosapi/browser_data_migrator_util.h";
/// What Chromium keeps for a rollback: `chrome/browser/downgrade/snapshot_file_collector.cc`.
const SNAPSHOT: &str = "Chromium: chrome/browser/downgrade/snapshot_file_collector.cc";
const SINGLETON: &str = "Chromium: chrome/browser/process_singleton_posix.cc";
const LEVELDB: &str = "LevelDB: doc/impl.md";
const SQLITE: &str = "SQLite: sqlite.org/tempfiles.html";
const MOZILLA: &str = "Mozilla: support.mozilla.org/kb/profiles-where-firefox-stores-user-data";
const MOZILLA_LOCK: &str = "Firefox: toolkit/profile/nsProfileLock.cpp";
/// Seen in a folder that Chromium 156 made, and what its name says.
const SEEN: &str = "seen in Chromium 156";
/// From several public clean-up lists and reports.
const LISTS: &str = "public clean-up lists";

use At::{Any, LevelDb, Profile, Top};
use Class::{Autofill, Bookmarks, Cache, Extensions, History, Login, Passwords, Runtime, Settings};
const BOTH: Option<Family> = None;
const CHROME: Option<Family> = Some(Family::Chrome);
const FIREFOX: Option<Family> = Some(Family::Firefox);

const fn rule(
    family: Option<Family>,
    at: At,
    pattern: &'static str,
    class: Class,
    why: &'static str,
    source: &'static str,
) -> Rule {
    Rule { family, at, pattern, class, why, source }
}

#[rustfmt::skip]
static RULES: &[Rule] = &[
    // ── both ─────────────────────────────────────────────────────────────────────────────────────────────
    rule(BOTH, Any, ".DS_Store", Runtime, "file manager's own", LISTS),
    rule(BOTH, Any, "Thumbs.db", Runtime, "file manager's own", LISTS),
    rule(BOTH, Any, "desktop.ini", Runtime, "file manager's own", LISTS),
    rule(BOTH, Any, "*-shm", Runtime, "index of a write-ahead log, made again", SQLITE),
    // Never *.log: 000123.log is the write-ahead log and holds the newest data.
    rule(BOTH, LevelDb, "LOCK", Runtime, "lock of a database", LEVELDB),
    rule(BOTH, LevelDb, "LOG", Runtime, "text log of a database", LEVELDB),
    rule(BOTH, LevelDb, "LOG.old", Runtime, "text log of a database", LEVELDB),

    // ── Chrome, Chromium, Edge, Brave: the user-data folder ──────────────────────────────────────────────
    rule(CHROME, Top, "SingletonLock", Runtime, "symlink to the host and process of this run", SINGLETON),
    rule(CHROME, Top, "SingletonSocket", Runtime, "symlink to the socket of this run", SINGLETON),
    rule(CHROME, Top, "SingletonCookie", Runtime, "symlink beside the other two", SINGLETON),
    rule(CHROME, Top, "lockfile", Runtime, "lock of this run, on Windows", LISTS),
    rule(CHROME, Top, "RunningChromeVersion", Runtime, "version of this run", LISTS),
    rule(CHROME, Top, "DevToolsActivePort", Runtime, "port of this run", LISTS),
    rule(CHROME, Top, "chrome_debug.log", Runtime, "text log", LISTS),
    rule(CHROME, Top, "*.tmp", Runtime, "being written when it was left", LISTS),
    rule(CHROME, Profile, "*.tmp", Runtime, "being written when it was left", LISTS),
    rule(CHROME, Top, ".org.chromium.Chromium.*", Runtime, "being written when it was left", SEEN),
    rule(CHROME, Profile, ".org.chromium.Chromium.*", Runtime, "being written when it was left", SEEN),
    rule(CHROME, Top, ".com.google.Chrome.*", Runtime, "being written when it was left", LISTS),
    rule(CHROME, Profile, ".com.google.Chrome.*", Runtime, "being written when it was left", LISTS),
    rule(CHROME, Profile, "LOCK", Runtime, "lock of this run", SEEN),
    rule(CHROME, Profile, "LOG", Runtime, "text log", SEEN),
    rule(CHROME, Profile, "LOG.old", Runtime, "text log", SEEN),
    // Old copies of cookies and logins, taken before an update.
    rule(CHROME, Top, "Snapshots", Runtime, "old copies from before an update", SNAPSHOT),
    rule(CHROME, Top, "System Profile", Runtime, "of the profile chooser, no site's", LISTS),
    rule(CHROME, Top, "Guest Profile", Runtime, "of guests, kept empty", LISTS),

    rule(CHROME, Top, "Local State", Settings, "profile list; on Windows the wrapped cookie key", SNAPSHOT),
    rule(CHROME, Top, "First Run", Settings, "no welcome page", LISTS),
    rule(CHROME, Top, "Last Version", Settings, "version that wrote the folder", SNAPSHOT),
    rule(CHROME, Top, "Last Browser", Settings, "browser that wrote the folder", LISTS),
    rule(CHROME, Top, "Variations", Settings, "field trials", SEEN),
    rule(CHROME, Top, "Consent To Send Stats", Settings, "a choice of its user", LISTS),
    rule(CHROME, Top, "Avatars", Settings, "pictures of profiles", SNAPSHOT),
    rule(CHROME, Top, "Dictionaries", Cache, "downloaded", SEEN),
    rule(CHROME, Top, "NativeMessagingHosts", Settings, "programs that extensions may start", SEEN),
    rule(CHROME, Top, "Webstore Downloads", Cache, "extensions being installed", LISTS),

    rule(CHROME, Top, "ShaderCache", Cache, "compiled again", LISTS),
    rule(CHROME, Top, "GrShaderCache", Cache, "compiled again", LISTS),
    rule(CHROME, Top, "GraphiteDawnCache", Cache, "compiled again", LISTS),
    rule(CHROME, Top, "GPUCache", Cache, "compiled again", LISTS),
    rule(CHROME, Top, "GPUPersistentCache", Cache, "compiled again", SEEN),
    rule(CHROME, Top, "Crashpad", Cache, "crash reports", LISTS),
    rule(CHROME, Top, "Crash Reports", Cache, "crash reports", LISTS),
    rule(CHROME, Top, "BrowserMetrics*", Cache, "statistics", LISTS),
    rule(CHROME, Top, "DeferredBrowserMetrics", Cache, "statistics", LISTS),
    rule(CHROME, Top, "CrashpadMetrics*", Cache, "statistics", LISTS),
    rule(CHROME, Top, "segmentation_platform", Cache, "statistics", SEEN),
    rule(CHROME, Top, "component_crx_cache", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "extensions_crx_cache", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "optimization_guide_model_store", Cache, "downloaded models, gigabytes at times", LISTS),
    rule(CHROME, Top, "OptimizationGuideModelsManifest", Cache, "downloaded", SEEN),
    rule(CHROME, Top, "OptGuideOnDeviceModel", Cache, "downloaded model, gigabytes", LISTS),
    rule(CHROME, Top, "OptGuideOnDeviceClassifierModel", Cache, "downloaded model", LISTS),
    rule(CHROME, Top, "OptimizationHints", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "OnDeviceHeadSuggestModel", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "WasmTtsEngine", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "Speech Recognition", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "Safe Browsing", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "SafetyTips", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "hyphen-data", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "ZxcvbnData", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "Subresource Filter", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "PKIMetadata", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "CertificateRevocation", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "FileTypePolicies", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "MEIPreload", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "OriginTrials", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "SSLErrorAssistant", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "TrustTokenKeyCommitments", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "FirstPartySetsPreloaded", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "PrivacySandboxAttestationsPreloaded", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "RecoveryImproved", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "AmountExtractionHeuristicRegexes", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "CookieReadinessList", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "ActorSafetyLists", Cache, "downloaded", SEEN),
    rule(CHROME, Top, "CaptchaProviders", Cache, "downloaded", SEEN),
    rule(CHROME, Top, "Crowd Deny", Cache, "downloaded", SEEN),
    rule(CHROME, Top, "pnacl", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "WidevineCdm", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "Edge Entity Extraction", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "EdgeLanguageDetectionModel", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "EdgeWallet", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "EdgeCoupons", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "Edge Shopping", Cache, "downloaded", LISTS),

    // ── Chrome family: each profile ──────────────────────────────────────────────────────────────────────
    rule(CHROME, Profile, "Cookies", Login, "cookies", SNAPSHOT),
    rule(CHROME, Profile, "Network", Login, "cookies, in the newer layout", SNAPSHOT),
    rule(CHROME, Profile, "Network/Cookies", Login, "cookies", SNAPSHOT),
    rule(CHROME, Profile, "Extension Cookies", Login, "cookies of extensions", LISTS),
    rule(CHROME, Profile, "Safe Browsing Cookies", Cache, "no site's", LISTS),
    rule(CHROME, Profile, "Local Storage", Login, "site storage", LISTS),
    rule(CHROME, Profile, "IndexedDB", Login, "site storage", LISTS),
    rule(CHROME, Profile, "Session Storage", Login, "site storage", LISTS),
    rule(CHROME, Profile, "Storage", Login, "site storage", LISTS),
    rule(CHROME, Profile, "WebStorage", Login, "site storage", LISTS),
    rule(CHROME, Profile, "databases", Login, "site storage", LISTS),
    rule(CHROME, Profile, "File System", Login, "site storage", LISTS),
    rule(CHROME, Profile, "Service Worker", Login, "sites' workers", LISTS),
    rule(CHROME, Profile, "shared_proto_db", Login, "site storage's lists", LISTS),
    rule(CHROME, Profile, "Trust Tokens", Login, "tokens of sites", LISTS),
    rule(CHROME, Profile, "TransportSecurity", Login, "which sites want https", LISTS),
    rule(CHROME, Profile, "Network/TransportSecurity", Login, "which sites want https", LISTS),
    rule(CHROME, Profile, "Network/Trust Tokens", Login, "tokens of sites", LISTS),
    rule(CHROME, Profile, "Platform Notifications", Login, "sites' notifications", LISTS),
    rule(CHROME, Profile, "Affiliation Database", Passwords, "which passwords belong together", LISTS),
    rule(CHROME, Profile, "ServerCertificate", Login, "certificates its user accepted", SEEN),
    rule(CHROME, Profile, "ClientCertificates", Login, "certificates of its user", SEEN),

    // Service Worker/Database goes with the scripts: a registration without its script is the worse state.
    rule(CHROME, Profile, "Service Worker/ScriptCache", Cache, "fetched again", LISTS),
    rule(CHROME, Profile, "Service Worker/Database", Cache, "registered again; useless without the scripts", LISTS),
    rule(CHROME, Profile, "Service Worker/CacheStorage", Cache, "fetched again, gigabytes at times", LISTS),
    rule(CHROME, Profile, "WebStorage/*/CacheStorage", Cache, "fetched again", LISTS),
    rule(CHROME, Profile, "Storage/ext/*/*/Cache", Cache, "fetched again", LISTS),
    rule(CHROME, Profile, "Storage/ext/*/*/Code Cache", Cache, "compiled again", LISTS),
    rule(CHROME, Profile, "Storage/ext/*/*/GPUCache", Cache, "compiled again", LISTS),

    // Their HMACs make the browser reset settings that were changed, so they are copied unchanged.
    rule(CHROME, Profile, "Preferences", Settings, "settings", SNAPSHOT),
    rule(CHROME, Profile, "Secure Preferences", Settings, "settings", SNAPSHOT),
    rule(CHROME, Profile, "Policy", Settings, "policies", LISTS),
    rule(CHROME, Profile, "README", Settings, "a text for people", SEEN),
    rule(CHROME, Profile, "PreferredApps", Settings, "which apps open links", SEEN),
    rule(CHROME, Profile, "Google Profile Picture.png", Settings, "a picture", LISTS),
    rule(CHROME, Profile, "Google Profile.ico", Settings, "a picture", LISTS),
    rule(CHROME, Profile, "Accounts", Settings, "pictures of accounts", LISTS),
    rule(CHROME, Profile, "Custom Dictionary.txt*", Settings, "words its user added", LISTS),
    rule(CHROME, Profile, "PersistentOriginTrials", Settings, "field trials", SEEN),
    rule(CHROME, Profile, "GCM Store", Settings, "push registration", SEEN),
    rule(CHROME, Profile, "Sync Data", History, "copies of what an account syncs", LISTS),
    rule(CHROME, Profile, "Sync App Settings", Extensions, "data of apps", LISTS),

    rule(CHROME, Profile, "Extensions", Extensions, "installed extensions", LISTS),
    rule(CHROME, Profile, "Extension State", Extensions, "data of extensions", LISTS),
    rule(CHROME, Profile, "Extension Rules", Extensions, "data of extensions", LISTS),
    rule(CHROME, Profile, "Extension Scripts", Extensions, "data of extensions", LISTS),
    rule(CHROME, Profile, "Local Extension Settings", Extensions, "data of extensions", LISTS),
    rule(CHROME, Profile, "Sync Extension Settings", Extensions, "data of extensions", LISTS),
    rule(CHROME, Profile, "Managed Extension Settings", Extensions, "data of extensions", LISTS),
    rule(CHROME, Profile, "Local App Settings", Extensions, "data of apps", LISTS),
    rule(CHROME, Profile, "DNR Extension Rules", Extensions, "data of extensions", LISTS),
    rule(CHROME, Profile, "Web Applications", Extensions, "installed web apps", LISTS),

    rule(CHROME, Profile, "Login Data*", Passwords, "saved passwords", SNAPSHOT),
    rule(CHROME, Profile, "Web Data", Autofill, "addresses, cards, search engines", SNAPSHOT),
    rule(CHROME, Profile, "Account Web Data", Autofill, "addresses and cards of an account", LISTS),
    rule(CHROME, Profile, "AutofillStrikeDatabase", Autofill, "what not to offer again", SNAPSHOT),
    rule(CHROME, Profile, "AutofillAiModelCache", Cache, "downloaded", SEEN),
    rule(CHROME, Profile, "Bookmarks*", Bookmarks, "bookmarks", SNAPSHOT),
    rule(CHROME, Profile, "AccountBookmarks*", Bookmarks, "bookmarks of an account", LISTS),
    rule(CHROME, Profile, "BookmarkMergedSurfaceOrdering", Bookmarks, "order of bookmarks", SEEN),
    rule(CHROME, Profile, "History*", History, "visited pages", SNAPSHOT),
    rule(CHROME, Profile, "Archived History", History, "visited pages", LISTS),
    rule(CHROME, Profile, "Thumbnails", History, "pictures of visited pages", LISTS),
    rule(CHROME, Profile, "DownloadMetadata", History, "downloaded files", LISTS),
    rule(CHROME, Profile, "WebAssistDatabase", History, "visited pages, in Edge", LISTS),
    rule(CHROME, Profile, "load_statistics.db", History, "visited pages, in Edge", LISTS),
    rule(CHROME, Profile, "Collections", Bookmarks, "collected pages, in Edge", LISTS),
    rule(CHROME, Profile, "Favicons", History, "icons of visited pages", SNAPSHOT),
    rule(CHROME, Profile, "Top Sites", History, "visited pages", SNAPSHOT),
    rule(CHROME, Profile, "Visited Links", History, "visited pages", LISTS),
    rule(CHROME, Profile, "Shortcuts", History, "typed addresses", LISTS),
    rule(CHROME, Profile, "Sessions", History, "open tabs", SNAPSHOT),
    rule(CHROME, Profile, "Sessions_Encrypted", History, "open tabs", SEEN),
    rule(CHROME, Profile, "Current Session", History, "open tabs", LISTS),
    rule(CHROME, Profile, "Current Tabs", History, "open tabs", LISTS),
    rule(CHROME, Profile, "Last Session", History, "open tabs", LISTS),
    rule(CHROME, Profile, "Last Tabs", History, "open tabs", LISTS),
    rule(CHROME, Profile, "Segmentation Platform", History, "what its user does", SEEN),
    rule(CHROME, Profile, "DIPS", History, "which sites bounce", SEEN),
    rule(CHROME, Profile, "MediaDeviceSalts", Settings, "ids of microphones and cameras", LISTS),
    rule(CHROME, Profile, "Media History", History, "played media", LISTS),
    rule(CHROME, Profile, "BrowsingTopicsState", History, "topics of visited pages", LISTS),
    rule(CHROME, Profile, "BrowsingTopicsSiteData", History, "topics of visited pages", LISTS),
    rule(CHROME, Profile, "InterestGroups", History, "advertising", LISTS),
    rule(CHROME, Profile, "PrivateAggregation", History, "advertising", LISTS),
    rule(CHROME, Profile, "Conversions", History, "advertising", LISTS),
    rule(CHROME, Profile, "AggregationService", History, "advertising", LISTS),
    rule(CHROME, Profile, "SharedStorage", Login, "site storage", LISTS),
    rule(CHROME, Profile, "BudgetDatabase", Settings, "push allowances", SEEN),
    rule(CHROME, Profile, "chrome_cart_db", History, "shopping", SEEN),
    rule(CHROME, Profile, "commerce_subscription_db", History, "shopping", SEEN),
    rule(CHROME, Profile, "discount_infos_db", History, "shopping", SEEN),
    rule(CHROME, Profile, "discounts_db", History, "shopping", SEEN),
    rule(CHROME, Profile, "parcel_tracking_db", History, "shopping", SEEN),

    rule(CHROME, Profile, "Cache", Cache, "fetched again", MIGRATOR),
    rule(CHROME, Profile, "Code Cache", Cache, "compiled again", MIGRATOR),
    rule(CHROME, Profile, "GPUCache", Cache, "compiled again", MIGRATOR),
    rule(CHROME, Profile, "DawnCache", Cache, "compiled again", LISTS),
    rule(CHROME, Profile, "DawnGraphiteCache", Cache, "compiled again", LISTS),
    rule(CHROME, Profile, "DawnWebGPUCache", Cache, "compiled again", LISTS),
    rule(CHROME, Profile, "Media Cache", Cache, "fetched again", LISTS),
    rule(CHROME, Profile, "Application Cache", Cache, "fetched again", LISTS),
    rule(CHROME, Profile, "Shared Dictionary", Cache, "fetched again", LISTS),
    rule(CHROME, Profile, "blob_storage", Cache, "of one run", MIGRATOR),
    rule(CHROME, Profile, "Pepper Data", Cache, "of plug-ins that are no more", LISTS),
    rule(CHROME, Profile, "Download Service", Cache, "being downloaded", MIGRATOR),
    rule(CHROME, Profile, "GCache", Cache, "fetched again", MIGRATOR),
    rule(CHROME, Profile, "crash", Cache, "crash reports", MIGRATOR),
    rule(CHROME, Profile, "coupon_db", Cache, "fetched again", MIGRATOR),
    rule(CHROME, Profile, "merchant_signal_db", Cache, "fetched again", MIGRATOR),
    rule(CHROME, Profile, "heavy_ad_intervention_opt_out.db", Cache, "statistics", MIGRATOR),
    rule(CHROME, Profile, "previews_opt_out.db", Cache, "statistics", MIGRATOR),
    rule(CHROME, Profile, "declarative_performance_observer.db", Cache, "statistics", SEEN),
    rule(CHROME, Profile, "Network Action Predictor", Cache, "guesses from visited pages", MIGRATOR),
    rule(CHROME, Profile, "Network Persistent State", Cache, "how servers were reached", MIGRATOR),
    rule(CHROME, Profile, "Network/Network Persistent State", Cache, "how servers were reached", MIGRATOR),
    rule(CHROME, Profile, "Reporting and NEL", Cache, "reports for servers", MIGRATOR),
    rule(CHROME, Profile, "Network/Reporting and NEL", Cache, "reports for servers", MIGRATOR),
    rule(CHROME, Profile, "SCT Auditing Pending Reports", Cache, "reports", SEEN),
    rule(CHROME, Profile, "Network/SCT Auditing Pending Reports", Cache, "reports", SEEN),
    rule(CHROME, Profile, "Site Characteristics Database", Cache, "statistics", MIGRATOR),
    rule(CHROME, Profile, "Translate Ranker Model", Cache, "downloaded", MIGRATOR),
    rule(CHROME, Profile, "optimization_guide_hint_cache_store", Cache, "downloaded", LISTS),
    rule(CHROME, Profile, "optimization_guide_prediction_model_downloads", Cache, "downloaded", LISTS),
    rule(CHROME, Profile, "VideoDecodeStats", Cache, "statistics", LISTS),
    rule(CHROME, Profile, "Feature Engagement Tracker", Cache, "statistics", LISTS),
    rule(CHROME, Profile, "JumpListIcons*", Cache, "icons of the Windows task bar", LISTS),
    rule(CHROME, Profile, "BrowserMetrics*", Cache, "statistics", LISTS),

    // ── Firefox: the folder is the profile ───────────────────────────────────────────────────────────────
    rule(FIREFOX, Top, "lock", Runtime, "symlink to the host and process of this run", MOZILLA_LOCK),
    rule(FIREFOX, Top, ".parentlock", Runtime, "lock of this run", MOZILLA_LOCK),
    rule(FIREFOX, Top, "parent.lock", Runtime, "lock of this run, on Windows", MOZILLA_LOCK),
    rule(FIREFOX, Top, "*.tmp", Runtime, "being written when it was left", LISTS),

    rule(FIREFOX, Top, "cookies.sqlite", Login, "cookies", MOZILLA),
    rule(FIREFOX, Top, "storage", Login, "site storage", MOZILLA),
    rule(FIREFOX, Top, "storage.sqlite", Login, "site storage's list", MOZILLA),
    rule(FIREFOX, Top, "storage-sync*", Extensions, "data of extensions", MOZILLA),
    rule(FIREFOX, Top, "webappsstore.sqlite", Login, "site storage, older", MOZILLA),
    rule(FIREFOX, Top, "permissions.sqlite", Login, "what sites may do", MOZILLA),
    rule(FIREFOX, Top, "content-prefs.sqlite", Settings, "settings of sites", MOZILLA),
    rule(FIREFOX, Top, "cert9.db", Login, "certificates", MOZILLA),
    rule(FIREFOX, Top, "cert_override.txt", Login, "certificates its user accepted", MOZILLA),
    rule(FIREFOX, Top, "pkcs11.txt", Settings, "security devices", MOZILLA),
    rule(FIREFOX, Top, "SiteSecurityServiceState*", Login, "which sites want https", MOZILLA),
    rule(FIREFOX, Top, "serviceworker*.txt", Login, "sites' workers", LISTS),
    rule(FIREFOX, Top, "containers.json", Login, "container tabs", MOZILLA),
    rule(FIREFOX, Top, "signedInUser.json", Login, "the browser's own account", MOZILLA),
    // Together or not at all: one is of no use without the other.
    rule(FIREFOX, Top, "key4.db", Passwords, "key of the saved passwords", MOZILLA),
    rule(FIREFOX, Top, "logins*.json", Passwords, "saved passwords", MOZILLA),
    rule(FIREFOX, Top, "autofill-profiles.json", Autofill, "addresses", MOZILLA),
    rule(FIREFOX, Top, "formhistory.sqlite", Autofill, "what was typed in forms", MOZILLA),
    rule(FIREFOX, Top, "places.sqlite*", History, "visited pages and bookmarks", MOZILLA),
    rule(FIREFOX, Top, "downloads*", History, "downloaded files", MOZILLA),
    rule(FIREFOX, Top, "synced-tabs.db", History, "open tabs of other machines", LISTS),
    rule(FIREFOX, Top, "bounce-tracking-protection.sqlite", History, "which sites bounce", LISTS),
    rule(FIREFOX, Top, "signons.sqlite", Passwords, "saved passwords, older", MOZILLA),
    rule(FIREFOX, Top, "logins.db", Passwords, "saved passwords", LISTS),
    rule(FIREFOX, Top, "favicons.sqlite", History, "icons of visited pages", MOZILLA),
    rule(FIREFOX, Top, "bookmarkbackups", Bookmarks, "bookmarks", MOZILLA),
    rule(FIREFOX, Top, "sessionstore*", History, "open tabs", MOZILLA),
    rule(FIREFOX, Top, "sessionCheckpoints.json", History, "open tabs", MOZILLA),
    rule(FIREFOX, Top, "prefs.js", Settings, "settings", MOZILLA),
    rule(FIREFOX, Top, "user.js", Settings, "settings", MOZILLA),
    rule(FIREFOX, Top, "times.json", Settings, "age of the profile", MOZILLA),
    rule(FIREFOX, Top, "compatibility.ini", Settings, "version that wrote the folder", MOZILLA),
    rule(FIREFOX, Top, "handlers.json", Settings, "which programs open files", MOZILLA),
    rule(FIREFOX, Top, "search.json.mozlz4", Settings, "search engines", MOZILLA),
    rule(FIREFOX, Top, "xulstore.json", Settings, "sizes of windows", MOZILLA),
    rule(FIREFOX, Top, "persdict.dat", Settings, "words its user added", MOZILLA),
    rule(FIREFOX, Top, "chrome", Settings, "style sheets of its user", MOZILLA),
    rule(FIREFOX, Top, "AlternateServices*", Cache, "how servers were reached", LISTS),
    rule(FIREFOX, Top, "extension*", Extensions, "extensions and their data", MOZILLA),
    rule(FIREFOX, Top, "addon*", Extensions, "extensions", MOZILLA),
    rule(FIREFOX, Top, "browser-extension-data", Extensions, "data of extensions", MOZILLA),

    rule(FIREFOX, Top, "cache2", Cache, "fetched again", LISTS),
    rule(FIREFOX, Top, "startupCache", Cache, "compiled again", LISTS),
    rule(FIREFOX, Top, "shader-cache", Cache, "compiled again", LISTS),
    rule(FIREFOX, Top, "jumpListCache", Cache, "icons of the Windows task bar", LISTS),
    rule(FIREFOX, Top, "thumbnails", Cache, "pictures of visited pages", LISTS),
    rule(FIREFOX, Top, "OfflineCache", Cache, "fetched again", LISTS),
    rule(FIREFOX, Top, "crashes", Cache, "crash reports", LISTS),
    rule(FIREFOX, Top, "minidumps", Cache, "crash reports", LISTS),
    rule(FIREFOX, Top, "datareporting", Cache, "statistics", LISTS),
    rule(FIREFOX, Top, "saved-telemetry-pings", Cache, "statistics", LISTS),
    rule(FIREFOX, Top, "safebrowsing*", Cache, "downloaded", LISTS),
    rule(FIREFOX, Top, "settings", Cache, "downloaded", LISTS),
    rule(FIREFOX, Top, "security_state", Cache, "downloaded", LISTS),
    rule(FIREFOX, Top, "gmp*", Cache, "downloaded plug-ins", LISTS),
    rule(FIREFOX, Top, "storage/temporary", Cache, "of one run", LISTS),
    rule(FIREFOX, Top, "storage/to-be-removed", Cache, "about to be removed", LISTS),
    rule(FIREFOX, Top, "storage/private", Cache, "of private windows of one run", LISTS),
];

/// Without these the profile signs in nowhere, so one that cannot be read is an error and no remark.
const CRITICAL: &[&str] = &["Local State", "Cookies", "Network/Cookies", "cookies.sqlite", "key4.db"];

/// Where a name is: in the folder, and in one of its profiles.
pub(super) struct Name<'a> {
    /// From the top of the folder, with `/`.
    pub(super) path: &'a str,
    /// From the top of the profile it is in, if it is in one.
    pub(super) in_profile: Option<&'a str>,
    /// Whether it is among a LevelDB database's own files.
    pub(super) in_leveldb: bool,
}

/// The rule that knows this name itself; not the one of a folder it is in.
pub(super) fn of(family: Family, name: &Name<'_>) -> Option<&'static Rule> {
    let last = last(name.path);
    let subject = |at| match at {
        Any => Some(last),
        LevelDb => name.in_leveldb.then_some(last),
        Top => Some(name.path),
        Profile => name.in_profile,
    };
    let known = compiled().iter().find(|(rule, pattern)| {
        rule.family.is_none_or(|f| f == family)
            && subject(rule.at).is_some_and(|text| pattern.matches_with(without_sidecar(text), ONE_LEVEL))
    });
    known.map(|(rule, _)| *rule)
}

pub(super) fn is_critical(path: &str, in_profile: Option<&str>) -> bool {
    let is_it = |path: &str| CRITICAL.contains(&without_sidecar(path));
    is_it(path) || in_profile.is_some_and(is_it)
}

/// Whether something critical is in this folder.
pub(super) fn holds_critical(in_profile: Option<&str>) -> bool {
    in_profile.is_some_and(|inside| {
        CRITICAL.iter().any(|name| name.rsplit_once('/').is_some_and(|(folder, _)| folder == inside))
    })
}

/// A database's write-ahead log or rollback journal goes where it goes.
pub(super) fn without_sidecar(text: &str) -> &str {
    text.strip_suffix("-wal").or_else(|| text.strip_suffix("-journal")).unwrap_or(text)
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

const ONE_LEVEL: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

fn compiled() -> &'static [(&'static Rule, Pattern)] {
    static COMPILED: OnceLock<Vec<(&'static Rule, Pattern)>> = OnceLock::new();
    // A pattern that is none is found by the test below.
    COMPILED.get_or_init(|| {
        RULES.iter().filter_map(|rule| Some((rule, Pattern::new(rule.pattern).ok()?))).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_a_pattern_with_a_reason_and_a_source_and_is_reached() {
        for (at, rule) in RULES.iter().enumerate() {
            Pattern::new(rule.pattern).expect(rule.pattern);
            assert!(!rule.why.is_empty() && !rule.source.is_empty(), "{}", rule.pattern);
            // An example of what it is for must find it, and not one above it.
            let example = rule.pattern.replace('*', "x");
            let name = Name {
                path: if rule.at == Profile { "Default/whatever" } else { &example },
                in_profile: (rule.at == Profile).then_some(example.as_str()),
                in_leveldb: rule.at == LevelDb,
            };
            let found = of(rule.family.unwrap_or(Family::Chrome), &name).expect(rule.pattern);
            assert!(
                std::ptr::eq(found, rule),
                "rule {at}, {:?}, is hidden by {:?}",
                rule.pattern,
                found.pattern
            );
        }
    }

    #[test]
    fn a_log_goes_where_its_database_goes() {
        let of = |path| {
            let name = Name { path: "Default/x", in_profile: Some(path), in_leveldb: false };
            of(Family::Chrome, &name).map(|rule| rule.class)
        };
        assert_eq!(of("Cookies-wal"), Some(Login));
        assert_eq!(of("Network/Cookies-journal"), Some(Login));
        assert_eq!(of("History-journal"), Some(History));
        assert_eq!(of("Something New"), None);
    }
}

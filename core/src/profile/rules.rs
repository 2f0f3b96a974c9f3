//! What is known of the names in a browser's folder: the one place to read, and to change, when a browser adds a
//! file. A name that no rule knows is kept and reported: a list of what to keep would lose data with every release.
//!
//! A rule says where a name counts, what it is ([`Class`]), why, and where that is from; and, of files that
//! are of no use without others, the [`Feature`] they make together. The class decides whether it goes:
//! [`Class::goes`]. Patterns are globs of one folder level (`*` does not cross a `/`). What is below a folder
//! belongs to the folder's rule unless it has one of its own.

use std::collections::HashMap;
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
    pub(super) fn as_str(self) -> &'static str {
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
    pub(super) fn goes(self, level: Level) -> bool {
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

/// What some files do together. One of them without the others is of no use, or worse: a list of what is not
/// there. So a level takes a feature whole, or nothing that serves it alone.
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
    class: Class,
    features: &'static [Feature],
    /// Why it is what it is, in a few words for people.
    pub(super) why: &'static str,
    /// Where that is from.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the reader of this file"))]
    source: &'static str,
}

impl Rule {
    const fn of(self, features: &'static [Feature]) -> Self {
        Self { features, ..self }
    }

    /// What it is in a profile that opens its last tabs again, or in one that does not. In the first the tabs
    /// are a part of what signs in: their storage comes back with them, and in Firefox the session's cookies
    /// do.
    pub(super) fn class(&self, reopens_tabs: bool) -> Class {
        if reopens_tabs && self.holds_tabs() { Class::Login } else { self.class }
    }

    /// Whether open tabs are in it, and nothing else.
    pub(super) fn holds_tabs(&self) -> bool {
        self.features == [Feature::OpenTabs]
    }

    pub(super) fn holds_cache_api(&self) -> bool {
        self.why == CACHE_API
    }
}

/// What pages, and not the browser, put into a cache: HTTP has its own. Chromium keeps it apart from what
/// sites store; Firefox does not, and has the scripts of service workers in it too.
const CACHE_API: &str = "sites' own data in the Cache API, gigabytes at times";

/// The names Chromium may delete when its data folder is moved: `ash/crosapi/browser_data_migrator_util.h`.
const MIGRATOR: &str = "Chromium: ash/crosapi/browser_data_migrator_util.h";
/// What Chromium keeps for a rollback: `chrome/browser/downgrade/snapshot_file_collector.cc`.
const SNAPSHOT: &str = "Chromium: chrome/browser/downgrade/snapshot_file_collector.cc";
/// A web app's files are in one folder, and the list of web apps is a LevelDB of sync's, account or none.
const WEB_APPS: &str =
    "Chromium: chrome/browser/web_applications/web_app_database_factory.cc, web_app_utils.cc";
const CACHE_STORAGE: &str = "Chromium: content/browser/cache_storage/cache_storage_manager.cc";
const CONSTANTS: &str = "Chromium: chrome/common/chrome_constants.h";
const ELECTRON: &str = "Electron: shell/browser/electron_browser_context.cc";
const QTWEBENGINE: &str = "QtWebEngine: src/core/profile_adapter.cpp";
const SINGLETON: &str = "Chromium: chrome/browser/process_singleton_posix.cc";
const NFS: &str = "Linux: fs/nfs/unlink.c";
const FUSE: &str = "libfuse: include/fuse.h, hard_remove";
const FHS: &str = "Filesystem Hierarchy Standard 3.0, 3.1; e2fsprogs: mklost+found(8)";
const TRASH: &str = "freedesktop.org: trash-spec 1.0";
const SNAPSHOTS: &str = "NetApp ONTAP, snapper(8), zfsprops(7)";
const LEVELDB: &str = "LevelDB: doc/impl.md";
const SQLITE: &str = "SQLite: sqlite.org/tempfiles.html";
const MOZILLA: &str = "Mozilla: support.mozilla.org/kb/profiles-where-firefox-stores-user-data";
const NSS: &str = "Mozilla: wiki.mozilla.org/NSS_Shared_DB";
const NSS_CHOICES: &str = "Firefox: security/manager/ssl/nsClientAuthRemember.cpp";
/// `sessionToken` is in the file, the keys that open what it syncs are in the password store.
const FXA: &str = "Firefox: services/fxaccounts/FxAccountsStorage.sys.mjs";
const MOZILLA_LOCK: &str = "Firefox: toolkit/profile/nsProfileLock.cpp";
/// Seen in a folder that Chromium 156 made, and what its name says.
const SEEN: &str = "seen in Chromium 156";
/// Each component's folder, and those a version removes again.
const COMPONENTS: &str = "Chromium: chrome/browser/component_updater/, registration.cc";
const TRACES: &str = "Chromium: content/browser/tracing/trace_report/trace_report_database.cc";
const ACCOUNT_KEYS: &str = "Chromium: components/trusted_vault/, chrome/browser/webauthn/enclave_manager.cc";
const EDGE: &str = "public clean-up lists of Edge";
const BRAVE: &str = "public clean-up lists of Brave";
const OPERA: &str = "public clean-up lists of Opera";
const VIVALDI: &str = "Vivaldi: vivaldi_data_sources_api.cc; public tools that move a profile";
/// Seen in a folder that Firefox 153 made, and the file in its source that writes it.
const SHARED_PROFILES: &str = "Firefox 153: browser/components/profiles/SelectableProfileService.sys.mjs";
const NEW_TAB: &str = "Firefox 153: browser/extensions/newtab/lib/PersistentCache.sys.mjs";
const SEARCH_TELEMETRY: &str = "Firefox 153: browser/components/search/SearchSERPTelemetry.sys.mjs";
const TRACKING_DB: &str = "Firefox 153: toolkit/components/antitracking/TrackingDBService.sys.mjs";
const BROADCASTS: &str = "Firefox 153: dom/push/PushBroadcastService.sys.mjs";
const EXPERIMENTS: &str = "Firefox 153: toolkit/components/normandy/lib/PreferenceExperiments.sys.mjs";
const FIREFOX_LISTS: &str = "public lists of a Firefox profile's files";
/// From several public clean-up lists and reports.
const LISTS: &str = "public clean-up lists";

use At::{Any, LevelDb, Profile, Top};
use Class::{Apps, Autofill, Bookmarks, Cache, Extensions, History, Login, Passwords, Runtime, Settings};
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
    Rule { family, at, pattern, class, features: &[], why, source }
}

#[rustfmt::skip]
static RULES: &[Rule] = &[
    // ── both ─────────────────────────────────────────────────────────────────────────────────────────────
    rule(BOTH, Any, ".DS_Store", Runtime, "file manager's own", LISTS),
    rule(BOTH, Any, "Thumbs.db", Runtime, "file manager's own", LISTS),
    rule(BOTH, Any, "desktop.ini", Runtime, "file manager's own", LISTS),
    rule(BOTH, Any, ".nfs????????????????????????", Runtime, "a removed file that is still open, on NFS", NFS),
    rule(BOTH, Any, ".fuse_hidden*", Runtime, "a removed file that is still open, on FUSE", FUSE),
    rule(BOTH, Top, "lost+found", Runtime, "the file system's own", FHS),
    rule(BOTH, Top, ".Trash-*", Runtime, "a waste basket", TRASH),
    rule(BOTH, Top, ".Trash", Runtime, "a waste basket", TRASH),
    rule(BOTH, Top, ".Trashes", Runtime, "a waste basket", LISTS),
    rule(BOTH, Top, "$RECYCLE.BIN", Runtime, "a waste basket", LISTS),
    rule(BOTH, Top, "System Volume Information", Runtime, "the file system's own", LISTS),
    rule(BOTH, Top, ".snapshot", Runtime, "the file system's old copies of all of it", SNAPSHOTS),
    rule(BOTH, Top, ".snapshots", Runtime, "the file system's old copies of all of it", SNAPSHOTS),
    rule(BOTH, Top, ".zfs", Runtime, "the file system's old copies of all of it", SNAPSHOTS),
    rule(BOTH, Top, ".Spotlight-V100", Runtime, "a Mac's index", LISTS),
    rule(BOTH, Top, ".fseventsd", Runtime, "a Mac's index", LISTS),
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
    rule(CHROME, Top, "chrome_shutdown_ms.txt", Runtime, "how long the last run took to end", LISTS),
    rule(CHROME, Top, "edge_shutdown_ms*", Runtime, "how long the last run took to end", EDGE),
    rule(CHROME, Top, "*.tmp", Runtime, "being written when it was left", LISTS),
    rule(CHROME, Profile, "*.tmp", Runtime, "being written when it was left", LISTS),
    rule(CHROME, Top, ".org.chromium.Chromium.*", Runtime, "being written when it was left", SEEN),
    rule(CHROME, Profile, ".org.chromium.Chromium.*", Runtime, "being written when it was left", SEEN),
    rule(CHROME, Top, ".com.google.Chrome.*", Runtime, "being written when it was left", LISTS),
    rule(CHROME, Profile, ".com.google.Chrome.*", Runtime, "being written when it was left", LISTS),
    rule(CHROME, Profile, "lost+found", Runtime, "the file system's own", FHS),
    rule(CHROME, Profile, ".Trash-*", Runtime, "a waste basket", TRASH),
    rule(CHROME, Profile, "LOCK", Runtime, "lock of this run", SEEN),
    rule(CHROME, Profile, "LOG", Runtime, "text log", SEEN),
    rule(CHROME, Profile, "LOG.old", Runtime, "text log", SEEN),
    // Old copies of cookies and logins, taken before an update.
    rule(CHROME, Top, "Snapshots", Runtime, "old copies from before an update", SNAPSHOT),
    rule(CHROME, Top, "System Profile", Runtime, "of the profile chooser, no site's", LISTS),
    rule(CHROME, Top, "Guest Profile", Runtime, "of guests, kept empty", LISTS),

    rule(CHROME, Top, "Local State", Settings, "profile list; on Windows the wrapped cookie key", SNAPSHOT).of(&[Feature::Cookies]),
    rule(CHROME, Top, "First Run", Settings, "no welcome page", LISTS),
    rule(CHROME, Top, "Last Version", Settings, "version that wrote the folder", SNAPSHOT),
    rule(CHROME, Top, "Last Browser", Settings, "browser that wrote the folder", LISTS),
    rule(CHROME, Top, "Variations", Settings, "field trials", SEEN),
    rule(CHROME, Top, "Consent To Send Stats", Settings, "a choice of its user", LISTS),
    rule(CHROME, Top, "Avatars", Settings, "pictures of profiles", SNAPSHOT),
    rule(CHROME, Top, "Dictionaries", Cache, "downloaded", SEEN),
    rule(CHROME, Top, "NativeMessagingHosts", Settings, "programs that extensions may start", SEEN),
    rule(CHROME, Top, "Webstore Downloads", Cache, "extensions being installed", LISTS),

    rule(CHROME, Top, "Partitions", Login, "profiles of an application's partitions", ELECTRON),
    rule(CHROME, Top, "OffTheRecord", Cache, "of private windows", QTWEBENGINE),

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
    rule(CHROME, Top, "AIEmbeddings", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "AutofillStates", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "AutofillRegex", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "CertificateTransparency", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "ClientSidePhishing", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "CommerceHeuristics", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "DesktopSharingHub", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "DictationConnector", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "EVWhitelist", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "Fingerprinting Protection Filter", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "Floc", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "HistorySearch", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "Indigo", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "InterventionPolicyDatabase", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "IwaKeyDistribution", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "MediaFoundationWidevineCdm", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "OnDeviceTranslation", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "OpenCookieDatabase", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "PlusAddressBlocklist", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "ProbabilisticRevealTokenRegistry", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "screen_ai", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "SODA", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "SODALanguagePacks", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "SODAModels", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "SwReporter", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "ThirdPartyModuleList*", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "TLSDeprecationConfig", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "TpcdMetadata", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "TranslateKit", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "UrlParamClassifications", Cache, "downloaded", COMPONENTS),
    rule(CHROME, Top, "SwiftShader", Cache, "downloaded", EDGE),
    rule(CHROME, Top, "*.bdic", Cache, "downloaded dictionaries", LISTS),
    rule(CHROME, Top, "Certificate Revocation Lists", Cache, "downloaded", CONSTANTS),
    rule(CHROME, Top, "Service State", Settings, "a choice of its user", CONSTANTS),
    rule(CHROME, Top, "first_party_sets.db", Cache, "which sites belong together", COMPONENTS),
    rule(CHROME, Top, "Local Traces", Cache, "traces of how the browser ran", TRACES),
    rule(CHROME, Top, "WidevineCdm", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "Edge Entity Extraction", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "EdgeLanguageDetectionModel", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "EdgeWallet", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "EdgeCoupons", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "Edge Shopping", Cache, "downloaded", LISTS),
    rule(CHROME, Top, "Edge *", Cache, "downloaded", EDGE),
    rule(CHROME, Top, "Ad Blocking", Cache, "downloaded", EDGE),
    rule(CHROME, Top, "AutoLaunchProtocolsComponent", Cache, "downloaded", EDGE),
    rule(CHROME, Top, "Domain Actions", Cache, "downloaded", EDGE),
    rule(CHROME, Top, "EADPData Component", Cache, "downloaded", EDGE),
    rule(CHROME, Top, "Nurturing", Cache, "downloaded", EDGE),
    rule(CHROME, Top, "Provenance*", Cache, "downloaded", EDGE),
    rule(CHROME, Top, "SmartScreen", Cache, "downloaded", EDGE),
    rule(CHROME, Top, "Trust Protection Lists", Cache, "downloaded", EDGE),
    rule(CHROME, Top, "Typosquatting", Cache, "downloaded", EDGE),
    rule(CHROME, Top, "VisualCompanion", Cache, "downloaded", EDGE),
    rule(CHROME, Top, "Web Notifications Deny List", Cache, "downloaded", EDGE),
    rule(CHROME, Top, "Well Known Domains", Cache, "downloaded", EDGE),
    rule(CHROME, Top, "WorkspacesNavigationComponent", Cache, "downloaded", EDGE),
    // A component of Brave's is in a folder named by its id, as an extension's is: 32 letters from a to p.
    rule(CHROME, Top, "[a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p][a-p]", Cache, "downloaded", BRAVE),
    rule(CHROME, Top, "Greaselion", Cache, "downloaded", BRAVE),
    rule(CHROME, Top, "P3AConfig", Cache, "downloaded", BRAVE),

    // ── Chrome family: each profile ──────────────────────────────────────────────────────────────────────
    rule(CHROME, Profile, "Cookies", Login, "cookies", SNAPSHOT).of(&[Feature::Cookies]),
    rule(CHROME, Profile, "Network", Login, "cookies, in the newer layout", SNAPSHOT).of(&[Feature::Cookies]),
    rule(CHROME, Profile, "Network/Cookies", Login, "cookies", SNAPSHOT).of(&[Feature::Cookies]),
    rule(CHROME, Profile, "Extension Cookies", Login, "cookies of extensions", LISTS).of(&[Feature::Extensions]),
    rule(CHROME, Profile, "Safe Browsing Cookies", Cache, "no site's", LISTS),
    rule(CHROME, Profile, "Local Storage", Login, "site storage", LISTS),
    rule(CHROME, Profile, "IndexedDB", Login, "site storage", LISTS),
    rule(CHROME, Profile, "Session Storage", Login, "site storage", LISTS).of(&[Feature::OpenTabs, Feature::Cookies]),
    rule(CHROME, Profile, "Storage", Login, "site storage", LISTS),
    rule(CHROME, Profile, "WebStorage", Login, "site storage", LISTS),
    rule(CHROME, Profile, "databases", Login, "site storage", LISTS),
    rule(CHROME, Profile, "File System", Login, "site storage", LISTS),
    rule(CHROME, Profile, "Service Worker", Login, "sites' workers", LISTS),
    rule(CHROME, Profile, "shared_proto_db", Login, "site storage's lists", LISTS),
    rule(CHROME, Profile, "Trust Tokens", Login, "tokens of sites", LISTS).of(&[Feature::Cookies]),
    rule(CHROME, Profile, "Device Bound Sessions", Login, "sessions bound to a key", CONSTANTS).of(&[Feature::Cookies]),
    rule(CHROME, Profile, "Network/Device Bound Sessions", Login, "sessions bound to a key", CONSTANTS).of(&[Feature::Cookies]),
    rule(CHROME, Profile, "Origin Bound Certs", Login, "keys that cookies were bound to, older", OPERA).of(&[Feature::Cookies]),
    rule(CHROME, Profile, "QuotaManager", Login, "site storage's list, older", OPERA),
    rule(CHROME, Profile, "Media Licenses", Login, "licences of protected media", LISTS),
    rule(CHROME, Profile, "TransportSecurity", Login, "which sites want https", LISTS),
    rule(CHROME, Profile, "Network/TransportSecurity", Login, "which sites want https", LISTS),
    rule(CHROME, Profile, "Network/Trust Tokens", Login, "tokens of sites", LISTS).of(&[Feature::Cookies]),
    rule(CHROME, Profile, "Platform Notifications", Login, "sites' notifications", LISTS),
    rule(CHROME, Profile, "Affiliation Database", Passwords, "which passwords belong together", LISTS).of(&[Feature::SavedPasswords]),
    rule(CHROME, Profile, "ServerCertificate", Login, "certificates its user accepted", SEEN),
    rule(CHROME, Profile, "ClientCertificates", Login, "certificates of its user", SEEN),

    // Service Worker/Database goes with the scripts: a registration without its script is the worse state.
    rule(CHROME, Profile, "Service Worker/ScriptCache", Cache, "fetched again", LISTS).of(&[Feature::ServiceWorkers]),
    rule(CHROME, Profile, "Service Worker/Database", Cache, "registered again; useless without the scripts", LISTS).of(&[Feature::ServiceWorkers]),
    rule(CHROME, Profile, "Service Worker/CacheStorage", Cache, CACHE_API, CACHE_STORAGE),
    rule(CHROME, Profile, "WebStorage/*/CacheStorage", Cache, CACHE_API, CACHE_STORAGE),
    rule(CHROME, Profile, "Storage/ext/*/*/Cache", Cache, "fetched again", LISTS),
    rule(CHROME, Profile, "Storage/ext/*/*/Code Cache", Cache, "compiled again", LISTS),
    rule(CHROME, Profile, "Storage/ext/*/*/GPUCache", Cache, "compiled again", LISTS),

    // Their HMACs make the browser reset settings that were changed, so they are copied unchanged.
    rule(CHROME, Profile, "Preferences", Settings, "settings", SNAPSHOT),
    rule(CHROME, Profile, "Secure Preferences", Settings, "settings", SNAPSHOT),
    rule(CHROME, Profile, "Policy", Settings, "policies", LISTS),
    rule(CHROME, Profile, "AccountPreferences", Settings, "settings of an account", CONSTANTS),
    rule(CHROME, Profile, "Managed Mode Settings", Settings, "settings of a supervised user", LISTS),
    rule(CHROME, Profile, "HubApps*", Settings, "the side bar", EDGE),
    rule(CHROME, Profile, "DualEngine", Settings, "which sites want the older engine", EDGE),
    rule(CHROME, Profile, "SiteList.xml", Settings, "which sites want the older engine", EDGE),
    rule(CHROME, Profile, "EdgePushStorage*", Settings, "push registration", EDGE),
    rule(CHROME, Profile, "default_partner_content*", Settings, "the start page", OPERA),
    rule(CHROME, Profile, "siteprefs.json", Settings, "settings of sites", OPERA),
    rule(CHROME, Profile, "ssdfp*", Settings, "the start page", OPERA),
    rule(CHROME, Profile, "file_mapping.json", Settings, "which pictures are shown where", VIVALDI),
    rule(CHROME, Profile, "VivaldiThumbnails", Settings, "pictures its user chose", VIVALDI),
    rule(CHROME, Profile, "SyncedFiles", Settings, "pictures its user chose", VIVALDI),
    rule(CHROME, Profile, "README", Settings, "a text for people", SEEN),
    rule(CHROME, Profile, "PreferredApps", Settings, "which apps open links", SEEN),
    rule(CHROME, Profile, "Google Profile Picture.png", Settings, "a picture", LISTS),
    rule(CHROME, Profile, "Google Profile.ico", Settings, "a picture", LISTS),
    rule(CHROME, Profile, "Accounts", Settings, "pictures of accounts", LISTS),
    rule(CHROME, Profile, "Custom Dictionary.txt*", Settings, "words its user added", LISTS),
    rule(CHROME, Profile, "PersistentOriginTrials", Settings, "field trials", SEEN),
    rule(CHROME, Profile, "GCM Store", Settings, "push registration", SEEN),
    rule(CHROME, Profile, "Sync Data", Apps, "list of installed web apps; copies of what an account syncs", WEB_APPS).of(&[Feature::WebApps, Feature::BrowserAccount]),
    rule(CHROME, Profile, "Sync App Settings", Extensions, "data of apps", LISTS),

    rule(CHROME, Profile, "Extensions", Extensions, "installed extensions", LISTS).of(&[Feature::Extensions]),
    rule(CHROME, Profile, "Extension State", Extensions, "data of extensions", LISTS).of(&[Feature::Extensions]),
    rule(CHROME, Profile, "Extension Rules", Extensions, "data of extensions", LISTS).of(&[Feature::Extensions]),
    rule(CHROME, Profile, "Extension Scripts", Extensions, "data of extensions", LISTS).of(&[Feature::Extensions]),
    rule(CHROME, Profile, "Local Extension Settings", Extensions, "data of extensions", LISTS).of(&[Feature::Extensions]),
    rule(CHROME, Profile, "Sync Extension Settings", Extensions, "data of extensions", LISTS).of(&[Feature::Extensions]),
    rule(CHROME, Profile, "Managed Extension Settings", Extensions, "data of extensions", LISTS).of(&[Feature::Extensions]),
    rule(CHROME, Profile, "Local App Settings", Extensions, "data of apps", LISTS),
    rule(CHROME, Profile, "DNR Extension Rules", Extensions, "data of extensions", LISTS).of(&[Feature::Extensions]),
    rule(CHROME, Profile, "Web Applications", Apps, "installed web apps", WEB_APPS).of(&[Feature::WebApps]),

    rule(CHROME, Profile, "Login Data*", Passwords, "saved passwords", SNAPSHOT).of(&[Feature::SavedPasswords, Feature::BrowserAccount]),
    rule(CHROME, Profile, "Web Data", Autofill, "addresses, cards, search engines", SNAPSHOT).of(&[Feature::BrowserAccount, Feature::SavedCards]),
    rule(CHROME, Profile, "Account Web Data", Autofill, "addresses and cards of an account", LISTS).of(&[Feature::SavedCards]),
    rule(CHROME, Profile, "AutofillStrikeDatabase", Autofill, "what not to offer again", SNAPSHOT),
    rule(CHROME, Profile, "AutofillAiModelCache", Cache, "downloaded", SEEN),
    rule(CHROME, Profile, "trusted_vault.pb", Passwords, "keys of the browser's own account", ACCOUNT_KEYS).of(&[Feature::BrowserAccount]),
    rule(CHROME, Profile, "passkey_enclave_state*", Passwords, "keys of the browser's own account", ACCOUNT_KEYS).of(&[Feature::BrowserAccount]),
    rule(CHROME, Profile, "Vpn Tokens", Passwords, "keys of Edge's network", EDGE),
    rule(CHROME, Profile, "EdgeWallet", Autofill, "cards and coupons", EDGE),
    rule(CHROME, Profile, "Bookmarks*", Bookmarks, "bookmarks", SNAPSHOT).of(&[Feature::Bookmarks]),
    rule(CHROME, Profile, "AccountBookmarks*", Bookmarks, "bookmarks of an account", LISTS).of(&[Feature::Bookmarks]),
    rule(CHROME, Profile, "BookmarkMergedSurfaceOrdering", Bookmarks, "order of bookmarks", SEEN).of(&[Feature::Bookmarks]),
    rule(CHROME, Profile, "History*", History, "visited pages", SNAPSHOT),
    rule(CHROME, Profile, "Archived History", History, "visited pages", LISTS),
    rule(CHROME, Profile, "Thumbnails", History, "pictures of visited pages", LISTS),
    rule(CHROME, Profile, "DownloadMetadata", History, "downloaded files", LISTS),
    rule(CHROME, Profile, "WebAssistDatabase", History, "visited pages, in Edge", LISTS),
    rule(CHROME, Profile, "load_statistics.db", History, "visited pages, in Edge", LISTS),
    rule(CHROME, Profile, "Collections", Bookmarks, "collected pages, in Edge", LISTS),
    rule(CHROME, Profile, "Workspaces*", Bookmarks, "collected pages, in Edge", EDGE),
    rule(CHROME, Profile, "EdgeEDrop", History, "what its user dropped there", EDGE),
    rule(CHROME, Profile, "EdgeHubAppUsage", History, "what its user does", EDGE),
    rule(CHROME, Profile, "EdgeJourneys", History, "visited pages", EDGE),
    rule(CHROME, Profile, "DashTrackerDatabase", History, "played media", EDGE),
    rule(CHROME, Profile, "ExtensionActivity*", History, "what extensions do", EDGE),
    rule(CHROME, Profile, "Extension Activity", History, "what extensions do", CONSTANTS),
    rule(CHROME, Profile, "annotated_page_contents_db", History, "text of visited pages", SEEN),
    rule(CHROME, Profile, "ads_service", History, "advertising, in Brave", BRAVE),
    rule(CHROME, Profile, "Favicons", History, "icons of visited pages", SNAPSHOT),
    rule(CHROME, Profile, "Top Sites", History, "visited pages", SNAPSHOT),
    rule(CHROME, Profile, "Visited Links", History, "visited pages", LISTS),
    rule(CHROME, Profile, "Shortcuts", History, "typed addresses", LISTS),
    rule(CHROME, Profile, "Sessions", History, "open tabs", SNAPSHOT).of(&[Feature::OpenTabs]),
    rule(CHROME, Profile, "Sessions_Encrypted", History, "open tabs", SEEN).of(&[Feature::OpenTabs]),
    rule(CHROME, Profile, "Current Session", History, "open tabs", LISTS).of(&[Feature::OpenTabs]),
    rule(CHROME, Profile, "Current Tabs", History, "open tabs", LISTS).of(&[Feature::OpenTabs]),
    rule(CHROME, Profile, "Last Session", History, "open tabs", LISTS).of(&[Feature::OpenTabs]),
    rule(CHROME, Profile, "Last Tabs", History, "open tabs", LISTS).of(&[Feature::OpenTabs]),
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
    rule(CHROME, Profile, "Asset Store", Cache, "downloaded", EDGE),
    rule(CHROME, Profile, "EdgeCoupons", Cache, "downloaded", EDGE),
    rule(CHROME, Profile, "EntityExtraction", Cache, "downloaded", EDGE),
    rule(CHROME, Profile, "Nurturing", Cache, "downloaded", EDGE),
    rule(CHROME, Profile, "uu_host_config", Cache, "downloaded", EDGE),
    rule(CHROME, Profile, "favorites_diagnostic.log", Runtime, "text log", EDGE),
    rule(CHROME, Profile, "Offline Pages", Cache, "downloaded", CONSTANTS),
    rule(CHROME, Profile, "Query Tiles", Cache, "downloaded", CONSTANTS),
    rule(CHROME, Profile, "Video Tutorials", Cache, "downloaded", CONSTANTS),
    rule(CHROME, Profile, "Notification Scheduler", Cache, "downloaded", CONSTANTS),
    rule(CHROME, Profile, "Safe Browsing Network", Cache, "made again", LISTS),
    rule(CHROME, Profile, "Search Logos", Cache, "made again", LISTS),
    rule(CHROME, Profile, "WebRTC Logs", Cache, "made again", LISTS),
    rule(CHROME, Profile, "WebrtcVideoStats", Cache, "made again", LISTS),
    rule(CHROME, Profile, "GraphiteDawnCache", Cache, "made again", LISTS),
    rule(CHROME, Profile, "GrShaderCache", Cache, "made again", LISTS),
    rule(CHROME, Profile, "ShaderCache", Cache, "made again", LISTS),
    rule(CHROME, Profile, "Opera Add-ons Downloads", Cache, "downloaded", OPERA),
    rule(CHROME, Profile, "adblocker_data", Cache, "downloaded", OPERA),
    rule(CHROME, Profile, "autoupdate_checker*", Cache, "downloaded", OPERA),
    rule(CHROME, Profile, "browser.js", Cache, "downloaded", OPERA),
    rule(CHROME, Profile, "Jump List Icons*", Cache, "downloaded", OPERA),
    rule(CHROME, Profile, "opera_autoupdate.log", Runtime, "of one run", OPERA),
    rule(CHROME, Profile, "oauc_pipe*", Runtime, "of one run", OPERA),

    // ── Firefox: the folder is the profile ───────────────────────────────────────────────────────────────
    rule(FIREFOX, Top, "lock", Runtime, "symlink to the host and process of this run", MOZILLA_LOCK),
    rule(FIREFOX, Top, ".parentlock", Runtime, "lock of this run", MOZILLA_LOCK),
    rule(FIREFOX, Top, "parent.lock", Runtime, "lock of this run, on Windows", MOZILLA_LOCK),
    rule(FIREFOX, Top, "*.tmp", Runtime, "being written when it was left", LISTS),
    rule(FIREFOX, Top, ".startup-incomplete", Runtime, "mark of a start", FIREFOX_LISTS),

    rule(FIREFOX, Top, "cookies.sqlite", Login, "cookies", MOZILLA),
    rule(FIREFOX, Top, "storage", Login, "site storage", MOZILLA).of(&[Feature::ServiceWorkers]),
    rule(FIREFOX, Top, "storage.sqlite", Login, "site storage's list", MOZILLA),
    rule(FIREFOX, Top, "storage-sync*", Extensions, "data of extensions", MOZILLA).of(&[Feature::Extensions]),
    rule(FIREFOX, Top, "webappsstore.sqlite", Login, "site storage, older", MOZILLA),
    rule(FIREFOX, Top, "permissions.sqlite", Login, "what sites may do", MOZILLA),
    rule(FIREFOX, Top, "content-prefs.sqlite", Settings, "settings of sites", MOZILLA),
    rule(FIREFOX, Top, "cert9.db", Login, "certificates", MOZILLA).of(&[Feature::ClientCertificates]),
    rule(FIREFOX, Top, "cert_override.txt", Login, "certificates its user accepted", MOZILLA),
    rule(FIREFOX, Top, "pkcs11.txt", Settings, "security devices", MOZILLA).of(&[Feature::ClientCertificates]),
    rule(FIREFOX, Top, "SiteSecurityServiceState*", Login, "which sites want https", MOZILLA),
    rule(FIREFOX, Top, "serviceworker*.txt", Login, "sites' workers", LISTS).of(&[Feature::ServiceWorkers]),
    rule(FIREFOX, Top, "containers.json", Login, "container tabs", MOZILLA),
    rule(FIREFOX, Top, "signedInUser.json", Passwords, "the browser's own account; its keys are among the saved passwords", FXA).of(&[Feature::BrowserAccount]),
    // A certificate that signs in is in cert9.db, and its key in key4.db, with that of the saved passwords.
    rule(FIREFOX, Top, "key4.db", Login, "keys of client certificates, and of saved passwords", NSS).of(&[Feature::ClientCertificates, Feature::SavedPasswords, Feature::SavedCards]),
    rule(FIREFOX, Top, "ClientAuthRememberList.*", Login, "which site is shown which client certificate", NSS_CHOICES).of(&[Feature::ClientCertificates]),
    rule(FIREFOX, Top, "logins*.json", Passwords, "saved passwords", MOZILLA).of(&[Feature::SavedPasswords, Feature::BrowserAccount]),
    rule(FIREFOX, Top, "autofill-profiles.json", Autofill, "addresses", MOZILLA).of(&[Feature::SavedCards]),
    rule(FIREFOX, Top, "formhistory.sqlite", Autofill, "what was typed in forms", MOZILLA),
    rule(FIREFOX, Top, "places.sqlite*", History, "visited pages and bookmarks", MOZILLA).of(&[Feature::Bookmarks]),
    rule(FIREFOX, Top, "downloads*", History, "downloaded files", MOZILLA),
    rule(FIREFOX, Top, "synced-tabs.db", History, "open tabs of other machines", LISTS),
    rule(FIREFOX, Top, "bounce-tracking-protection.sqlite", History, "which sites bounce", LISTS),
    rule(FIREFOX, Top, "signons.sqlite", Passwords, "saved passwords, older", MOZILLA),
    rule(FIREFOX, Top, "logins.db", Passwords, "saved passwords", LISTS).of(&[Feature::SavedPasswords]),
    rule(FIREFOX, Top, "favicons.sqlite", History, "icons of visited pages", MOZILLA),
    rule(FIREFOX, Top, "bookmarkbackups", Bookmarks, "bookmarks", MOZILLA).of(&[Feature::Bookmarks]),
    rule(FIREFOX, Top, "sessionstore*", History, "open tabs", MOZILLA).of(&[Feature::OpenTabs]),
    rule(FIREFOX, Top, "sessionCheckpoints.json", History, "open tabs", MOZILLA).of(&[Feature::OpenTabs]),
    rule(FIREFOX, Top, "prefs.js", Settings, "settings", MOZILLA),
    rule(FIREFOX, Top, "user.js", Settings, "settings", MOZILLA),
    rule(FIREFOX, Top, "times.json", Settings, "age of the profile", MOZILLA),
    rule(FIREFOX, Top, "compatibility.ini", Settings, "version that wrote the folder", MOZILLA),
    rule(FIREFOX, Top, "handlers.json", Settings, "which programs open files", MOZILLA),
    rule(FIREFOX, Top, "search.json.mozlz4", Settings, "search engines", MOZILLA),
    rule(FIREFOX, Top, "xulstore.json", Settings, "sizes of windows", MOZILLA),
    rule(FIREFOX, Top, "persdict.dat", Settings, "words its user added", MOZILLA),
    rule(FIREFOX, Top, "chrome", Settings, "style sheets of its user", MOZILLA),
    rule(FIREFOX, Top, "[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f].sqlite", Settings, "list of a group's profiles, and settings they share", SHARED_PROFILES),
    rule(FIREFOX, Top, "shield-preference-experiments.json", Settings, "field trials", EXPERIMENTS),
    rule(FIREFOX, Top, "ExperimentStoreData*", Settings, "field trials", EXPERIMENTS),
    rule(FIREFOX, Top, "enumerate_devices.txt", Settings, "ids of microphones and cameras", FIREFOX_LISTS),
    rule(FIREFOX, Top, "chromeappsstore.sqlite", Settings, "settings of the browser's own pages", FIREFOX_LISTS),
    rule(FIREFOX, Top, "notificationstore.json", Login, "sites' notifications", FIREFOX_LISTS),
    rule(FIREFOX, Top, "credentialstate.sqlite", Login, "which account signs in to which site", FIREFOX_LISTS),
    rule(FIREFOX, Top, "weave", History, "copies of what an account syncs", FIREFOX_LISTS).of(&[Feature::BrowserAccount]),
    rule(FIREFOX, Top, "protections.sqlite", History, "which trackers were met", TRACKING_DB),
    rule(FIREFOX, Top, "tabnotes.sqlite", History, "notes on pages", FIREFOX_LISTS),
    rule(FIREFOX, Top, "chat-store.sqlite", History, "what was asked", FIREFOX_LISTS),
    rule(FIREFOX, Top, "breach-alerts.db", Passwords, "which passwords leaked", FIREFOX_LISTS),
    rule(FIREFOX, Top, "AlternateServices*", Cache, "how servers were reached", LISTS),
    rule(FIREFOX, Top, "extension*", Extensions, "extensions and their data", MOZILLA).of(&[Feature::Extensions]),
    rule(FIREFOX, Top, "addon*", Extensions, "extensions", MOZILLA).of(&[Feature::Extensions]),
    rule(FIREFOX, Top, "browser-extension-data", Extensions, "data of extensions", MOZILLA).of(&[Feature::Extensions]),

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
    rule(FIREFOX, Top, "activity-stream.*", Cache, "of the new-tab page, fetched again", NEW_TAB),
    rule(FIREFOX, Top, "domain_to_categories.sqlite", Cache, "downloaded", SEARCH_TELEMETRY),
    rule(FIREFOX, Top, "broadcast-listeners.json", Cache, "which lists were fetched", BROADCASTS),
    rule(FIREFOX, Top, "suggest.sqlite", Cache, "downloaded", FIREFOX_LISTS),
    rule(FIREFOX, Top, "features", Cache, "downloaded", FIREFOX_LISTS),
    rule(FIREFOX, Top, "blocklist*", Cache, "downloaded", FIREFOX_LISTS),
    rule(FIREFOX, Top, "revocations.txt", Cache, "downloaded", FIREFOX_LISTS),
    rule(FIREFOX, Top, "SecurityPreloadState*", Cache, "downloaded", FIREFOX_LISTS),
    rule(FIREFOX, Top, "kinto.sqlite", Cache, "downloaded", FIREFOX_LISTS),
    rule(FIREFOX, Top, "targeting.snapshot.json", Cache, "statistics", FIREFOX_LISTS),
    rule(FIREFOX, Top, "Telemetry.*", Cache, "statistics", FIREFOX_LISTS),
    rule(FIREFOX, Top, "pluginreg.dat", Cache, "made again", FIREFOX_LISTS),
    rule(FIREFOX, Top, "webext.sc.lz4", Cache, "made again", FIREFOX_LISTS),
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

/// The rule that knows this name itself; not the one of a folder it is in. The first in the table that does.
pub(super) fn of(family: Family, name: &Name<'_>) -> Option<&'static Rule> {
    let last = last(name.path);
    let subject = |at| {
        let text = match at {
            Any => last,
            LevelDb => name.in_leveldb.then_some(last)?,
            Top => name.path,
            Profile => name.in_profile?,
        };
        Some(without_sidecar(text))
    };
    let counts = |place: &usize| RULES[*place].family.is_none_or(|f| f == family);
    let Compiled { plain, globs } = compiled();
    let plain = [Any, LevelDb, Top, Profile]
        .into_iter()
        .filter_map(|at| plain.get(&(at, subject(at)?))?.iter().copied().find(counts));
    let mut globs = globs.iter().filter(|(place, pattern)| {
        counts(place) && subject(RULES[*place].at).is_some_and(|text| pattern.matches_with(text, ONE_LEVEL))
    });
    let place = plain.chain(globs.next().map(|(place, _)| *place)).min()?;
    Some(&RULES[place])
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

/// Places in the table. A folder may hold 200,000 names, and most rules are of one name each.
struct Compiled {
    plain: HashMap<(At, &'static str), Vec<usize>>,
    globs: Vec<(usize, Pattern)>,
}

fn compiled() -> &'static Compiled {
    static COMPILED: OnceLock<Compiled> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let mut compiled = Compiled { plain: HashMap::new(), globs: Vec::new() };
        for (place, rule) in RULES.iter().enumerate() {
            if !rule.pattern.contains(['*', '?', '[']) {
                compiled.plain.entry((rule.at, rule.pattern)).or_default().push(place);
            } else if let Ok(pattern) = Pattern::new(rule.pattern) {
                // One that is no pattern is found by the test below.
                compiled.globs.push((place, pattern));
            }
        }
        compiled
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
            let example =
                rule.pattern.replace("[a-p]", "a").replace("[0-9a-f]", "0").replace(['*', '?'], "x");
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

    /// What serves one feature alone never goes without the rest of it.
    #[test]
    fn no_level_splits_a_feature() {
        let all = [
            Feature::Cookies,
            Feature::ClientCertificates,
            Feature::SavedPasswords,
            Feature::SavedCards,
            Feature::BrowserAccount,
            Feature::OpenTabs,
            Feature::WebApps,
            Feature::Extensions,
            Feature::ServiceWorkers,
            Feature::Bookmarks,
        ];
        for feature in all {
            let parts = RULES.iter().filter(|rule| rule.features.contains(&feature));
            assert!(parts.clone().count() > 1, "{feature:?} is one file, which nothing can split");
            for (family, level, reopens) in settings() {
                let goes = |rule: &&Rule| rule.class(reopens).goes(level);
                let parts = || parts.clone().filter(move |rule| rule.family.is_none_or(|f| f == family));
                let mut alone = parts().filter(|rule| rule.features == [feature]);
                if let Some(part) = alone.find(goes)
                    && let Some(missing) = parts().find(|rule| !goes(rule))
                {
                    panic!(
                        "{level:?}, tabs {reopens}: {:?} goes without {:?}, and {feature:?} is split",
                        part.pattern, missing.pattern
                    );
                }
            }
        }
    }

    fn settings() -> impl Iterator<Item = (Family, Level, bool)> {
        [Family::Chrome, Family::Firefox].into_iter().flat_map(|family| {
            [Level::Minimal, Level::Default, Level::Full]
                .into_iter()
                .flat_map(move |level| [false, true].map(|reopens| (family, level, reopens)))
        })
    }

    #[test]
    fn a_level_takes_pairs() {
        let goes = |family, path: &str, level, reopens| {
            let name = Name { path: "x/x", in_profile: Some(path), in_leveldb: false };
            let name = if family == Family::Firefox { Name { path, in_profile: None, ..name } } else { name };
            of(family, &name).expect(path).class(reopens).goes(level)
        };
        let minimal = |family, path| goes(family, path, Level::Minimal, false);
        // The keys of certificates are in the file of the passwords' key, but the passwords are not.
        for (path, expected) in
            [("cert9.db", true), ("key4.db", true), ("pkcs11.txt", true), ("logins.json", false)]
        {
            assert_eq!(minimal(Family::Firefox, path), expected, "{path}");
        }
        for path in ["Web Applications", "Sync Data", "Login Data", "Web Data"] {
            assert!(!minimal(Family::Chrome, path), "{path}");
            assert!(goes(Family::Chrome, path, Level::Default, false), "{path}");
        }
        for (family, path) in [(Family::Chrome, "Sessions"), (Family::Firefox, "sessionstore.jsonlz4")] {
            assert!(!minimal(family, path), "{path}: tabs that nobody opens again are history");
            assert!(goes(family, path, Level::Minimal, true), "{path}: what they hold signs in");
        }
    }

    #[test]
    fn names_of_file_systems_are_nobodys() {
        for path in ["lost+found", ".Trash-1000", "System Volume Information", ".snapshot"] {
            for family in [Family::Chrome, Family::Firefox] {
                let name = Name { path, in_profile: None, in_leveldb: false };
                assert_eq!(of(family, &name).expect(path).class(false), Runtime, "{path}");
            }
        }
    }

    #[test]
    fn a_log_goes_where_its_database_goes() {
        let of = |path| {
            let name = Name { path: "Default/x", in_profile: Some(path), in_leveldb: false };
            of(Family::Chrome, &name).map(|rule| rule.class(false))
        };
        assert_eq!(of("Cookies-wal"), Some(Login));
        assert_eq!(of("Network/Cookies-journal"), Some(Login));
        assert_eq!(of("History-journal"), Some(History));
        assert_eq!(of("Something New"), None);
    }
}

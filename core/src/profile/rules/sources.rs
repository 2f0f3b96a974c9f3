//! Where the rules are from, and the one reason that is asked for by name.

/// Pages, and not the browser, put data into this cache: HTTP has its own. Chromium keeps it apart from what
/// sites store; Firefox does not, and has the scripts of service workers in it too.
pub(super) const CACHE_API: &str = "sites' own data in the Cache API, gigabytes at times";

/// The names Chromium may delete when its data folder is moved: `ash/crosapi/browser_data_migrator_util.h`.
pub(super) const MIGRATOR: &str = "Chromium: ash/crosapi/browser_data_migrator_util.h";
/// Chromium keeps these for a rollback: `chrome/browser/downgrade/snapshot_file_collector.cc`.
pub(super) const SNAPSHOT: &str = "Chromium: chrome/browser/downgrade/snapshot_file_collector.cc";
/// A web app's files are in one folder, and the list of web apps is a LevelDB of sync's, account or none.
pub(super) const WEB_APPS: &str =
    "Chromium: chrome/browser/web_applications/web_app_database_factory.cc, web_app_utils.cc";
pub(super) const CACHE_STORAGE: &str = "Chromium: content/browser/cache_storage/cache_storage_manager.cc";
pub(super) const CONSTANTS: &str = "Chromium: chrome/common/chrome_constants.h";
pub(super) const ELECTRON: &str = "Electron: shell/browser/electron_browser_context.cc";
pub(super) const QTWEBENGINE: &str = "QtWebEngine: src/core/profile_adapter.cpp";
pub(super) const SINGLETON: &str = "Chromium: chrome/browser/process_singleton_posix.cc";
pub(super) const NFS: &str = "Linux: fs/nfs/unlink.c";
pub(super) const FUSE: &str = "libfuse: include/fuse.h, hard_remove";
pub(super) const FHS: &str = "Filesystem Hierarchy Standard 3.0, 3.1; e2fsprogs: mklost+found(8)";
pub(super) const TRASH: &str = "freedesktop.org: trash-spec 1.0";
pub(super) const SNAPSHOTS: &str = "NetApp ONTAP, snapper(8), zfsprops(7)";
pub(super) const LEVELDB: &str = "LevelDB: doc/impl.md";
pub(super) const SQLITE: &str = "SQLite: sqlite.org/tempfiles.html";
pub(super) const MOZILLA: &str = "Mozilla: support.mozilla.org/kb/profiles-where-firefox-stores-user-data";
pub(super) const NSS: &str = "Mozilla: wiki.mozilla.org/NSS_Shared_DB";
pub(super) const NSS_CHOICES: &str = "Firefox: security/manager/ssl/nsClientAuthRemember.cpp";
/// `sessionToken` is in the file, the keys that open what it syncs are in the password store.
pub(super) const FXA: &str = "Firefox: services/fxaccounts/FxAccountsStorage.sys.mjs";
pub(super) const MOZILLA_LOCK: &str = "Firefox: toolkit/profile/nsProfileLock.cpp";
/// Seen in a folder that Chromium 156 made, and what its name says.
pub(super) const SEEN: &str = "seen in Chromium 156";
/// Each component's folder, and those a version removes again.
pub(super) const COMPONENTS: &str = "Chromium: chrome/browser/component_updater/, registration.cc";
pub(super) const TRACES: &str = "Chromium: content/browser/tracing/trace_report/trace_report_database.cc";
pub(super) const ACCOUNT_KEYS: &str =
    "Chromium: components/trusted_vault/, chrome/browser/webauthn/enclave_manager.cc";
pub(super) const EDGE: &str = "public clean-up lists of Edge";
pub(super) const BRAVE: &str = "public clean-up lists of Brave";
pub(super) const OPERA: &str = "public clean-up lists of Opera";
pub(super) const VIVALDI: &str = "Vivaldi: vivaldi_data_sources_api.cc; public tools that move a profile";
/// Seen in a folder that Firefox 153 made, and the file in its source that writes it.
pub(super) const SHARED_PROFILES: &str =
    "Firefox 153: browser/components/profiles/SelectableProfileService.sys.mjs";
pub(super) const NEW_TAB: &str = "Firefox 153: browser/extensions/newtab/lib/PersistentCache.sys.mjs";
pub(super) const SEARCH_TELEMETRY: &str =
    "Firefox 153: browser/components/search/SearchSERPTelemetry.sys.mjs";
pub(super) const TRACKING_DB: &str = "Firefox 153: toolkit/components/antitracking/TrackingDBService.sys.mjs";
pub(super) const BROADCASTS: &str = "Firefox 153: dom/push/PushBroadcastService.sys.mjs";
pub(super) const EXPERIMENTS: &str =
    "Firefox 153: toolkit/components/normandy/lib/PreferenceExperiments.sys.mjs";
pub(super) const FIREFOX_LISTS: &str = "public lists of a Firefox profile's files";
/// From several public clean-up lists and reports.
pub(super) const LISTS: &str = "public clean-up lists";

"""How each kind of folder is made: by a real browser, or from such a folder by the rules of the program it
would be of, whose source is named."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import firefox
from browser import Browser, Started, until
from devtools import Driven, Refused
from encryption import as_a_mac, as_windows, decrypt, encrypt_anew, rows
from firefox import Firefox
from folders import OLDER, TOKEN, Maker, Shell, chromium_time, edit, wait_for_cookie, wait_for_firefox_cookie

# Makes the folder at the path it is given; gives another one if that is what the caller gives.
Recipe = Callable[[Maker, Path], Path | None]


# ── Chromium ─────────────────────────────────────────────────────────────────────────────────────────────


def copied(of: str) -> Recipe:
    def make(maker: Maker, folder: Path) -> None:
        maker.copy(of, folder)

    return make


def signed_in(what: str, **preferences: Any) -> Recipe:
    """By what the page stores."""

    def make(maker: Maker, folder: Path) -> None:
        if preferences:
            edit(folder / "Default" / "Preferences", lambda told: told.update(preferences))
        maker.sign_in(folder, what=what)

    return make


def by_the_shell(maker: Maker, folder: Path) -> None:
    maker.sign_in(folder, start=Shell)


def killed(once_written: bool, what: str = "cookie") -> Recipe:
    def make(maker: Maker, folder: Path) -> None:
        browser = maker.leave_running(folder, Browser, what=what)
        if once_written:
            wait_for_cookie(folder / "Default", name="brief" if what == "session" else "login")
        browser.kill()

    return make


def with_cookies(change: Callable[[Path], None]) -> Recipe:
    """A Chromium's folder whose `Cookies` are changed."""

    def make(maker: Maker, folder: Path) -> None:
        change(maker.copy("chromium", folder) / "Default" / "Cookies")

    return make


def marked(prefix: str, where: str = "true") -> Callable[[Path], None]:
    """Values that begin with what another key's begin with."""
    value = f"CAST('{prefix}' AS BLOB) || substr(encrypted_value, 4)"
    return lambda cookies: execute(cookies, f"UPDATE cookies SET encrypted_value = {value} WHERE {where}")


def with_another_site(cookies: Path) -> None:
    """Signed in somewhere else while there was a keyring."""
    ((columns,),) = rows(cookies, "SELECT group_concat(name) FROM pragma_table_info('cookies')")
    values = columns.replace("host_key", "'another.example'").replace(
        "encrypted_value", "CAST('v11' AS BLOB) || substr(encrypted_value, 4)"
    )
    execute(cookies, f"INSERT INTO cookies ({columns}) SELECT {values} FROM cookies WHERE name = 'login'")


def execute(database: Path, *statements: str) -> None:
    for statement in statements:
        rows(database, statement)


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def expired(cookies: Path) -> None:
    rows(cookies, "UPDATE cookies SET expires_utc = ?", chromium_time(-86400))


# With memory for so few pages, the changes are in the file before the transaction is done.
HALF_DONE = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA cache_size = 5")
database.execute("BEGIN")
database.execute("UPDATE cookies SET expires_utc = ?", [int(sys.argv[2])])
database.execute("CREATE TABLE more (bytes)")
database.executemany("INSERT INTO more VALUES (randomblob(?))", [[4000]] * 500)
os._exit(0)
"""


def killed_while_it_set(expires: int) -> Callable[[Path], None]:
    """Killed within the transaction that sets when all cookies expire."""

    def change(cookies: Path) -> None:
        before = cookies.read_bytes()
        subprocess.run([sys.executable, "-c", HALF_DONE, cookies, str(expires)], check=True, timeout=60)
        assert cookies.read_bytes()[: len(before)] != before, "nothing of it is in the file"
        assert Path(f"{cookies}-journal").read_bytes()[0], "nothing undoes it"

    return change


def killed_while_it_signed_in(cookies: Path) -> None:
    expired(cookies)
    killed_while_it_set(chromium_time(86400))(cookies)


def with_local_state(change: Callable[[Path], None]) -> Recipe:
    def make(maker: Maker, folder: Path) -> None:
        change(maker.copy("chromium", folder) / "Local State")

    return make


LIBRARY = "/Users/somebody/Library/Application Support/Google/Chrome"
FRAMEWORK = (
    "/Applications/Google Chrome.app/Contents/Frameworks/Google Chrome Framework.framework/Resources/pdf"
)
APPDATA = "C:\\Users\\somebody\\AppData\\Local\\Google\\Chrome\\User Data"
PROGRAM = "C:\\Program Files\\Google\\Chrome\\Application\\131.0.6778.86\\resources\\pdf"


def taken_to(home: str, program: str, maker: Maker, folder: Path) -> None:
    """What tells where it was: LevelDB's text logs name the place (db/db_impl.cc, util/env_chromium.cc), the
    settings of extensions that of the program. Those are in Secure Preferences on macOS and Windows, with all
    that must not be tampered with: chrome/browser/prefs/chrome_pref_service_factory.cc."""
    here = str(maker.made("chromium"))

    def there(line: str) -> str:
        before, found, after = line.partition(here)
        # The file's own name follows a slash everywhere.
        folders, slash, name = after.rpartition("/")
        if home == APPDATA:
            folders = folders.replace("/", "\\")
        return f"{before}{home}{folders}{slash}{name}" if found else line

    for log in logs(folder):
        log.write_text("".join(map(there, log.read_text("utf-8", "replace").splitlines(keepends=True))))
    profile = folder / "Default"
    moved: dict[str, Any] = {}
    edit(profile / "Preferences", lambda told: moved.update(told["extensions"].pop("settings", {"a": {}})))
    for extension in moved.values():
        extension["path"] = program
    edit(profile / "Secure Preferences", lambda told: told.update(extensions={"settings": moved}))
    edit(folder / "Local State", lambda told: told.pop("os_crypt", None))


def logs(folder: Path) -> list[Path]:
    return [*folder.rglob("LOG"), *folder.rglob("LOG.old")]


def of_a_mac(signs: bool) -> Recipe:
    def make(maker: Maker, folder: Path) -> None:
        maker.copy("chromium", folder)
        encrypt_anew(folder / "Default" / "Cookies", as_a_mac)
        taken_to(LIBRARY, FRAMEWORK, maker, folder)
        if not signs:
            (folder / "Default" / "Secure Preferences").unlink()
            for log in logs(folder):
                log.unlink()

    return make


def of_windows(maker: Maker, folder: Path) -> Path:
    maker.copy("chromium", folder)
    encrypt_anew(folder / "Default" / "Cookies", as_windows)
    into_network(folder / "Default")
    taken_to(APPDATA, PROGRAM, maker, folder)
    # chrome/browser/downgrade/downgrade_utils.cc
    program = "C:\\Users\\somebody\\AppData\\Local\\Google\\Chrome\\Application\\chrome.exe"
    (folder / "Last Browser").write_bytes(program.encode("utf-16-le"))
    # components/os_crypt/sync/os_crypt_win.cc: "DPAPI" and the wrapped key.
    keys = {"audit_enabled": True, "encrypted_key": "RFBBUEkBAAAA0Iyd3wEV0RGMegDAT8KX6wEAAAA="}
    edit(folder / "Local State", lambda told: told.update(os_crypt=keys))
    return folder


def windows_with(change: Callable[[Path], None]) -> Recipe:
    def make(maker: Maker, folder: Path) -> None:
        change(of_windows(maker, folder))

    return make


def only_the_profile(folder: Path) -> None:
    (folder / "Local State").unlink()
    (folder / "Last Browser").unlink()


def with_mark_of_order(file: Path) -> None:
    """As some editors save a text."""
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())


def into_network(profile: Path) -> None:
    """Where Windows has cookies: chrome/browser/net/profile_network_context_service.cc."""
    (profile / "Network").mkdir()
    (profile / "Cookies").rename(profile / "Network" / "Cookies")


def in_network(maker: Maker, folder: Path) -> None:
    into_network(maker.copy("chromium", folder) / "Default")


SECOND = "--profile-directory=Profile 2"


def two_profiles(last: str) -> Recipe:
    """`Profile 2` is signed in; the last one used is opened when the browser is started."""

    def make(maker: Maker, folder: Path) -> None:
        maker.look_around(folder)
        maker.sign_in(folder, SECOND)
        if last == "Default":
            maker.look_around(folder, "--profile-directory=Default")

    return make


def first_of_two(maker: Maker, folder: Path) -> None:
    """`Default` is signed in, `Profile 2` was used last."""
    maker.sign_in(folder)
    maker.look_around(folder, SECOND)


def at_the_top(maker: Maker, folder: Path) -> None:
    """Opera until 2023, and programs with a browser in them: the user-data folder is the profile."""
    whole = maker.copy("chromium", folder.with_name(f"{folder.name} whole"))
    (whole / "Default").rename(folder)
    for name in ("Local State", "Last Version"):
        (whole / name).rename(folder / name)


def electron(maker: Maker, folder: Path) -> None:
    """electronjs.org/docs/latest/api/session: `partition: 'persist:chat'` is in Partitions/chat; cookies are
    encrypted only with the fuse EnableCookieEncryption."""
    whole = maker.copy("empty", folder.with_name(f"{folder.name} whole"))
    (whole / "Default").rename(folder)
    (whole / "Local State").rename(folder / "Local State")
    signed_in = maker.copy("chromium", folder.with_name(f"{folder.name} signed in"))
    decrypt(signed_in / "Default" / "Cookies")
    (folder / "Partitions").mkdir()
    (signed_in / "Default").rename(folder / "Partitions" / "chat")


# What a profile of Qt WebEngine has: src/core/profile_adapter.cpp, profile_qt.cpp and profile_io_data_qt.cpp,
# the last of which turns encryption off.
QT = (
    "Cookies",
    "IndexedDB",
    "Local Storage",
    "Session Storage",
    "Network Persistent State",
    "TransportSecurity",
)


def qt_profile(maker: Maker, folder: Path) -> None:
    """~/.local/share/PROGRAM/QtWebEngine/Default"""
    whole = maker.copy("chromium", folder.with_name(f"{folder.name} whole"))
    decrypt(whole / "Default" / "Cookies")
    folder.mkdir()
    for name in QT:
        if (whole / "Default" / name).exists():
            (whole / "Default" / name).rename(folder / name)
    (folder / "user_prefs.json").write_text("{}")


def qt_profiles(maker: Maker, folder: Path) -> None:
    """~/.local/share/PROGRAM/QtWebEngine"""
    folder.mkdir()
    qt_profile(maker, folder / "Default")
    for left in folder.glob("Default whole"):
        left.rename(folder.with_name(f"{folder.name} left"))


def running(start: Callable[..., Started]) -> Recipe:
    """Signed in once and closed; then signed in anew, and left open."""

    def make(maker: Maker, folder: Path) -> None:
        maker.sign_in(folder, token=OLDER, start=start)
        maker.leave_running(folder, start, what="cookie")
        wait_for_cookie(folder / "Default")

    return make


def looked_at(maker: Maker, folder: Path) -> None:
    maker.copy("empty", folder)


EXTENSION = "dropoff test extension"


def with_extension(maker: Maker, folder: Path) -> None:
    """Unpacked, as its developer loads it from a folder of theirs: the browser keeps its path alone."""
    beside = folder.with_name(f"{folder.name} extension")
    beside.mkdir()
    script = {"matches": ["<all_urls>"], "js": ["mark.js"], "run_at": "document_start"}
    manifest = {"manifest_version": 3, "name": EXTENSION, "version": "1.0", "content_scripts": [script]}
    (beside / "manifest.json").write_text(json.dumps(manifest))
    (beside / "mark.js").write_text("document.documentElement.dataset.extension = 'there'")
    developer = {"extensions": {"ui": {"developer_mode": True}}}
    edit(folder / "Default" / "Preferences", lambda told: told.update(developer))
    with Driven(folder, "about:blank", "--enable-unsafe-extension-debugging") as browser:
        number = browser.do("Extensions.loadUnpacked", path=str(beside))["id"]
        browser.close()

    def by_hand(told: Any) -> None:
        # As the button "Load unpacked" leaves it: extensions/common/extension.h, InitFromValueFlags.
        told["extensions"]["settings"][number]["creation_flags"] = 38

    edit(folder / "Default" / "Preferences", by_hand)
    maker.sign_in(folder)
    report = maker.look_around(folder)
    assert report["extension"] == "there", "the extension is not there at home either"
    # On another machine it is not.
    maker.only_here(beside)


def extension_there(maker: Maker, folder: Path) -> str:
    report = maker.look_around(folder)
    return "the extension is there" if report["extension"] else "the extension is not there"


def with_app(maker: Maker, folder: Path) -> None:
    maker.sign_in(folder)
    origin = maker.website.origin
    with Driven(folder, "about:blank") as browser:
        browser.do("PWA.install", manifestId=f"{origin}/app", installUrlOrBundleUrl=f"{origin}/app")
        browser.close()
    assert app_there(maker, folder) == "the app is installed", "nor is it at home"


def app_there(maker: Maker, folder: Path) -> str:
    with Driven(folder, "about:blank") as browser:
        try:
            browser.do("PWA.getOsAppState", manifestId=f"{maker.website.origin}/app")
            found = "the app is installed"
        except Refused:
            found = "the app is not installed"
        browser.close()
    return found


def symlinked(name: str) -> Recipe:
    """To another disk, say."""

    def make(maker: Maker, folder: Path) -> None:
        there = maker.copy("chromium", folder) / name
        elsewhere = folder.with_name(f"{folder.name} elsewhere")
        there.rename(elsewhere)
        there.symlink_to(elsewhere)

    return make


def on_a_volume(maker: Maker, folder: Path) -> None:
    """The folder is where a disk is mounted."""
    (maker.copy("chromium", folder) / "lost+found").mkdir(mode=0o700)


def large(file: Path) -> None:
    edit(file, lambda told: told.update(padding="x" * 100_000_000))


def nested(file: Path) -> None:
    text = file.read_text().rstrip()
    file.write_text(text[:-1] + ', "nested": ' + "[" * 10_000 + "]" * 10_000 + "}")


# ── Firefox ──────────────────────────────────────────────────────────────────────────────────────────────


def firefox_signed_in(what: str, **settings: Any) -> Recipe:
    def make(maker: Maker, folder: Path) -> None:
        told = {name.replace("__", "."): value for name, value in settings.items()}
        maker.sign_in(firefox.new_profile(folder, told), what=what, start=Firefox)

    return make


def firefox_looked_at(maker: Maker, folder: Path) -> None:
    maker.look_around(firefox.new_profile(folder), start=Firefox)


def firefox_running(maker: Maker, folder: Path) -> None:
    maker.sign_in(firefox.new_profile(folder), token=OLDER, start=Firefox)
    maker.leave_running(folder, Firefox, what="cookie")
    wait_for_firefox_cookie(folder)


def firefox_killed_with_tabs(maker: Maker, folder: Path) -> None:
    """Its tabs are written every 15 s (browser.sessionstore.interval), session cookies with them."""
    browser = maker.leave_running(firefox.new_profile(folder), Firefox, what="session")
    tabs, now = folder / "sessionstore-backups" / "recovery.jsonlz4", time.time()
    until(lambda: tabs.exists() and tabs.stat().st_mtime > now, "the tabs in the files", within=90)
    browser.kill()


def firefox_killed(maker: Maker, folder: Path) -> None:
    browser = maker.leave_running(firefox.new_profile(folder), Firefox, what="cookie")
    wait_for_firefox_cookie(folder)
    browser.kill()
    assert (folder / "cookies.sqlite-wal").stat().st_size > 0, (
        "its log is empty: find another way to leave one"
    )


def firefox_with_cookies(change: Callable[[Path], None]) -> Recipe:
    def make(maker: Maker, folder: Path) -> None:
        database = maker.copy("firefox", folder) / "cookies.sqlite"
        # What is in its log goes into it, so that the database is all there is.
        rows(database, "PRAGMA wal_checkpoint(TRUNCATE)")
        for log in ("-wal", "-shm"):
            database.with_name(f"{database.name}{log}").unlink(missing_ok=True)
        change(database)

    return make


def firefox_cut(cookies: Path) -> None:
    """Its end is empty, so half of it would be all there is."""
    ((size,),) = rows(cookies, "PRAGMA page_size")
    os.truncate(cookies, size * 3 // 2)


def firefox_expired(cookies: Path) -> None:
    # Milliseconds since 1970 from schema 16 on: netwerk/cookie/CookiePersistentStorage.cpp.
    execute(cookies, "UPDATE moz_cookies SET expiry = lastAccessed / 1000 - 86400000")


def with_certificate(maker: Maker, folder: Path) -> None:
    """Nothing but a certificate signs in."""
    firefox.new_profile(folder, {"security.default_personal_cert": "Select Automatically"})
    maker.look_around(folder, start=Firefox)
    maker.authority.give_to(folder)


def several_firefox_profiles(maker: Maker, folder: Path) -> None:
    """~/.mozilla/firefox: toolkit/profile/nsToolkitProfileService.cpp."""
    folder.mkdir()
    (folder / "abcd1234.default").mkdir()
    maker.copy("firefox", folder / "efgh5678.default-esr")
    (folder / "profiles.ini").write_text(
        "[Install3B6073811A6ABF12]\nDefault=efgh5678.default-esr\nLocked=1\n\n"
        "[Profile1]\nName=default\nIsRelative=1\nPath=abcd1234.default\nDefault=1\n\n"
        "[Profile0]\nName=default-esr\nIsRelative=1\nPath=efgh5678.default-esr\n\n"
        "[General]\nStartWithLastProfile=1\nVersion=2\n"
    )


def webkit(maker: Maker, folder: Path) -> None:
    """A WebKitGTK program's data folder: cookies by libsoup/cookies/soup-cookie-jar-db.c, the rest as
    Source/WebKit/UIProcess/WebsiteData/glib/WebsiteDataStoreGLib.cpp names it."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / "cookies.sqlite")) as database, database:
        database.execute(
            "CREATE TABLE moz_cookies (id INTEGER PRIMARY KEY, name TEXT, value TEXT, host TEXT, path TEXT,"
            " expiry INTEGER, lastAccessed INTEGER, isSecure INTEGER, isHttpOnly INTEGER, sameSite INTEGER)"
        )
        row = ("login", TOKEN, "127.0.0.1", "/", chromium_time(864_000) // 1_000_000 - 11_644_473_600)
        database.execute("INSERT INTO moz_cookies VALUES (NULL, ?, ?, ?, ?, ?, NULL, 0, 1, 0)", row)
    (folder / "storage").mkdir()
    (folder / "hsts-storage.sqlite").touch()

"""A Firefox profile folder. Small only."""

import json
from functools import partial

import contents as c
from entries import CACHE, KEEP, PRIVATE, RUNTIME, Tree

VERSION = "153.7.0_20261105120000/20261105120000"


def tree(size):
    if size != "small":
        raise ValueError("a Firefox tree is small")
    tree = Tree()
    tree.file("prefs.js", KEEP, _prefs)
    tree.file("times.json", KEEP, lambda _: b'{"created":1763800000000,"firstUse":1763800001000}\n')
    tree.file("compatibility.ini", KEEP, lambda _: _compatibility())
    tree.file("containers.json", KEEP, lambda _: b'{"version":5,"lastUserContextId":5,"identities":[]}')
    tree.file("extensions.json", KEEP, lambda _: b'{"schemaVersion":37,"addons":[]}')
    tree.file("logins.json", PRIVATE, _logins)
    # A certificate that signs in, its key, and the device both are in. The second has the passwords' key too.
    tree.file("cert9.db", KEEP, _keys)
    tree.file("key4.db", KEEP, _keys)
    tree.file("pkcs11.txt", KEEP, lambda _: b"library=\nname=NSS Internal PKCS #11 Module\n")
    tree.file("ClientAuthRememberList.bin", KEEP, partial(c.noise, length=100))
    # The account of the browser, whose keys are among the passwords.
    tree.file("signedInUser.json", PRIVATE, lambda _: b'{"version":1}')
    tree.file("permissions.sqlite", KEEP, _permissions)
    database, log = _cookies()
    tree.file("cookies.sqlite", KEEP, lambda _: database)
    tree.file("cookies.sqlite-wal", KEEP, lambda _: log)
    # SQLite makes it anew from the log.
    tree.file("cookies.sqlite-shm", RUNTIME, lambda _: bytes(4096))
    tree.file("places.sqlite", PRIVATE, _places)
    tree.link("lock", RUNTIME, "127.0.1.1:+99999999")
    tree.file(".parentlock", RUNTIME, lambda _: b"")

    site = "storage/default/https+++example.com"
    for folder in (site, "storage/default/moz-extension+++example"):
        tree.file(f"{folder}/.metadata-v2", KEEP, lambda _: bytes(48))
    tree.file(f"{site}/ls/data.sqlite", KEEP, _local_storage)
    tree.file(f"{site}/ls/usage", KEEP, partial(c.noise, length=12))
    tree.file(f"{site}/idb/1234567890abc.sqlite", KEEP, _local_storage)
    tree.folder(f"{site}/idb/1234567890abc.files", KEEP)
    tree.file("storage.sqlite", KEEP, _permissions)
    tree.file("storage/temporary/https+++example.org/.metadata-v2", CACHE, lambda _: bytes(48))

    for number in range(4):
        name = c.dice(f"cache2/{number}").randbytes(20).hex().upper()
        tree.file(f"cache2/entries/{name}", CACHE, partial(c.noise, length=700))
    tree.folder("cache2/doomed", CACHE)
    tree.file("startupCache/scriptCache.bin", CACHE, partial(c.mixed, length=3000))
    tree.file("shader-cache/1", CACHE, partial(c.noise, length=300))
    tree.file("datareporting/state.json", CACHE, lambda _: b'{"clientID":"0"}')
    tree.folder("minidumps", CACHE)
    tree.file("sessionstore-backups/recovery.jsonlz4", PRIVATE, partial(c.noise, length=600))
    tree.file("activity-stream.weather_feed.json", CACHE, lambda _: b"{}")
    tree.file("lost+found/#1", RUNTIME, lambda _: b"")
    return tree


def _compatibility():
    return (
        f"[Compatibility]\nLastVersion={VERSION}\nLastOSABI=Linux_x86_64-gcc3\n"
        "LastPlatformDir=/usr/lib/firefox\nLastAppDir=/usr/lib/firefox/browser\n"
    ).encode()


def _prefs(dice):
    lines = ["// Mozilla User Preferences", ""]
    for word in dice.sample(c.words(), 30):
        lines.append(f'user_pref("browser.{word}.value", {json.dumps(dice.choice(c.words()))});')
    return "\n".join(lines).encode()


def _logins(dice):
    login = {"hostname": "https://example.com", "encryptedUsername": dice.randbytes(48).hex()}
    return json.dumps({"nextId": 2, "logins": [login]}).encode()


def _keys(dice):
    script = "CREATE TABLE metaData (id PRIMARY KEY UNIQUE ON CONFLICT REPLACE, item1, item2);"
    rows = [("INSERT INTO metaData VALUES(?,?,?)", [("password", dice.randbytes(20), dice.randbytes(60))])]
    return c.sqlite(script, rows, 1024)


def _permissions(dice):
    script = "CREATE TABLE moz_perms (id INTEGER PRIMARY KEY, origin TEXT, type TEXT, permission INTEGER);"
    rows = [(n, c.address(dice, c.words()), "cookie", 1) for n in range(8)]
    return c.sqlite(script, [("INSERT INTO moz_perms VALUES(?,?,?,?)", rows)], 1024)


def _cookies():
    """Half of them in the log alone: without it the newest logins are lost."""
    script = """
        CREATE TABLE moz_cookies(id INTEGER PRIMARY KEY, name TEXT, value TEXT, host TEXT, path TEXT,
            expiry INTEGER, isSecure INTEGER, isHttpOnly INTEGER, UNIQUE (name, host));"""
    dice = c.dice("cookies.sqlite")

    def cookies(first, count):
        return [
            (n, f"session_{n}", dice.randbytes(20).hex(), "example.com", "/", 1_900_000_000, 1, 1)
            for n in range(first, first + count)
        ]

    insert = "INSERT INTO moz_cookies VALUES(?,?,?,?,?,?,?,?)"
    return c.sqlite_with_wal(script, [(insert, cookies(1, 10))], [(insert, cookies(11, 10))], 1024)


def _places(dice):
    script = "CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR);"
    rows = [(n, c.address(dice, c.words()), dice.choice(c.words())) for n in range(20)]
    return c.sqlite(script, [("INSERT INTO moz_places VALUES(?,?,?)", rows)], 1024)


def _local_storage(dice):
    script = "CREATE TABLE data (key TEXT PRIMARY KEY, utf16_length INTEGER, value BLOB);"
    rows = [(word, 200, c.text(dice, 200)) for word in dict.fromkeys(dice.sample(c.words(), 6))]
    return c.sqlite(script, [("INSERT INTO data VALUES(?,?,?)", rows)], 1024)

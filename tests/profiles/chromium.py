"""A Chromium user-data folder: two profiles, and what lies beside them."""

import json
from functools import partial

import contents as c
from entries import CACHE, KEEP, PRIVATE, RUNTIME, Tree

KIB = 1024
MIB = 1024 * KIB

# How much there is of everything, by size of the tree. Counts are of files, or rows of a database.
SIZES = {
    "small": {
        "page": 512,
        "visits": 20,
        "icons": (4, 300),
        "cookies": 12,
        "cards": 6,
        "logins": 3,
        "settings": 2 * KIB,
        "tables": (1, 1500),
        "log": 500,
        "cache": (3, 400, 900),
        "block_file": 2 * KIB,
        "code_cache": (2, 200, 600),
        "extensions": (1, 2, 1, 800),
        "sites": 1,
        "blobs": (1, 600, 900),
        "scripts": (1, 500, 900),
        "downloads": 600,
    },
    "bench": {
        "page": 4096,
        "visits": 93_000,
        "icons": (5500, 1900),
        "cookies": 5100,
        "cards": 9000,
        "logins": 2500,
        "settings": 300 * KIB,
        "tables": (4, 2 * MIB),
        "log": 300 * KIB,
        "cache": (930, 20 * KIB, 150 * KIB),
        "block_file": 1 * MIB,
        "code_cache": (480, 4 * KIB, 50 * KIB),
        "extensions": (14, 34, 20, 60 * KIB),
        "sites": 7,
        "blobs": (9, 40 * KIB, 400 * KIB),
        "scripts": (110, 10 * KIB, 150 * KIB),
        "downloads": 1500 * KIB,
    },
}
# A LevelDB database's log for people, and its times.
LOG = b"2026/11/22-10:00:00.000 1 Reusing MANIFEST MANIFEST-000001\n"
# The second profile has this much of what the first has.
SECOND = 0.12


def tree(size):
    sizes, tree = SIZES[size], Tree()
    _beside(tree, sizes)
    _profile(tree, "Default", sizes)
    second = sizes if size == "small" else {name: _less(name, value) for name, value in sizes.items()}
    _profile(tree, "Profile 1", second)
    if size == "small":
        _traps(tree)
    return tree


def _less(name, value):
    if name == "page":
        return value
    # Fewer, and not smaller: of a tuple the first is how many.
    many, *sizes = value if isinstance(value, tuple) else (value,)
    fewer = max(1, int(many * SECOND))
    return (fewer, *sizes) if sizes else fewer


def _json(chance, length, **fixed):
    """Settings of about this length, as Chromium writes them: one line."""
    value, words = dict(fixed), c.words()
    have = 0
    while have < length:
        key = "_".join(chance.choices(words, k=2))
        value[key] = {
            "enabled": chance.random() < 0.5,
            "last_modified": str(13_370_000_000_000_000 + chance.getrandbits(40)),
            "id": chance.randbytes(16).hex(),
            "text": " ".join(chance.choices(words, k=6)),
        }
        have += 150
    return json.dumps(value, separators=(",", ":")).encode()


def _beside(tree, sizes):
    fixed = {
        "profile": {"info_cache": {"Default": {"name": "Work"}, "Profile 1": {"name": "Tests"}}},
        "os_crypt": {"portal": {"prev_desktop": "GNOME", "prev_init_success": False}},
    }
    tree.file("Local State", KEEP, lambda dice: _json(dice, sizes["settings"] // 6, **fixed))
    tree.file("Last Version", KEEP, lambda _: b"131.0.6778.204")
    tree.file("First Run", KEEP, lambda _: b"")
    tree.link("SingletonLock", RUNTIME, "otherhost-123")
    tree.link("SingletonCookie", RUNTIME, "1234567890123456789")
    tree.link("SingletonSocket", RUNTIME, "/nowhere/org.chromium.Chromium.x/SingletonSocket")
    tree.link("RunningChromeVersion", RUNTIME, "131.0.6778.204")
    tree.file("DevToolsActivePort", RUNTIME, lambda _: b"9222\n/devtools/browser/0\n")
    tree.file("BrowserMetrics/BrowserMetrics-1.pma", CACHE, lambda _: bytes(sizes["block_file"]))
    tree.folder("Crashpad/completed", CACHE)
    tree.file("Crashpad/settings.dat", CACHE, partial(c.noise, length=40))
    for name in ("ShaderCache", "GrShaderCache"):
        _block_files(tree, name, sizes)
    tree.file("component_crx_cache/metadata.json", CACHE, lambda _: b'{"hashes":[]}')
    for name in ("optimization_guide_model_store/1/model.tflite", "WidevineCdm/4.10/libwidevinecdm.so"):
        tree.file(name, CACHE, partial(c.noise, length=sizes["downloads"]))
    tree.file("Safe Browsing/UrlSoceng.store.32_13", CACHE, partial(c.noise, length=sizes["downloads"]))
    tree.folder("OriginTrials", CACHE)
    tree.folder("Local Traces", CACHE)
    tree.file("lost+found/#1", RUNTIME, lambda _: b"")
    tree.folder(".Trash-1000/files", RUNTIME)
    # Unknown to any list, so it is kept.
    tree.file("Some New Thing/state.bin", KEEP, partial(c.mixed, length=sizes["settings"] // 10))
    tree.folder("Some New Folder", KEEP)


def _block_files(tree, folder, sizes):
    """The little files of Chromium's block-file cache."""
    tree.file(f"{folder}/index", CACHE, partial(c.noise, length=256))
    for number in range(4):
        tree.file(f"{folder}/data_{number}", CACHE, partial(c.mixed, length=sizes["block_file"] // 4))


def _profile(tree, at, sizes):
    _settings(tree, at, sizes)
    _databases(tree, at, sizes)
    _caches(tree, at, sizes)
    _stores(tree, at, sizes)
    _extensions(tree, at, sizes)


def _settings(tree, at, sizes):
    length = sizes["settings"]
    tree.file(f"{at}/Preferences", KEEP, partial(_json, length=length, exit_type="Normal"))
    tree.file(f"{at}/Secure Preferences", KEEP, partial(_json, length=length // 4))
    tree.file(f"{at}/Bookmarks", PRIVATE, partial(_json, length=length // 3, version=1))
    tree.file(f"{at}/TransportSecurity", KEEP, partial(_json, length=length // 10))
    tree.file(f"{at}/README", KEEP, lambda _: b"Chromium settings and storage represent user-selected ...\n")
    tree.file(f"{at}/Visited Links", PRIVATE, partial(c.noise, length=length // 3))
    # A name that is not ASCII: the archive has to say that it is UTF-8.
    tree.file(f"{at}/Web Applications/Größe 📐.json", PRIVATE, partial(_json, length=length // 20))
    for name in ("Session_13370000000000000", "Tabs_13370000000000001"):
        tree.file(f"{at}/Sessions/{name}", PRIVATE, partial(c.text, length=length // 4))
    # A LevelDB database that was never written to has no more than this.
    tree.file(f"{at}/BudgetDatabase/LOCK", RUNTIME, lambda _: b"")
    tree.file(f"{at}/BudgetDatabase/LOG", RUNTIME, lambda _: b"")
    tree.folder(f"{at}/databases", KEEP)
    tree.folder(f"{at}/File System/000/t/00", KEEP)


def _databases(tree, at, sizes):
    for name, rule, make in [
        ("History", PRIVATE, _history),
        ("Favicons", PRIVATE, _favicons),
        ("Network/Cookies", KEEP, _cookies),
        ("Web Data", PRIVATE, _web_data),
        ("Login Data", PRIVATE, _logins),
    ]:
        tree.file(f"{at}/{name}", rule, partial(make, sizes=sizes))
        # Empty, as a journal is after a commit with truncation.
        tree.file(f"{at}/{name}-journal", rule, lambda _: b"")


def _time(dice):
    return 13_370_000_000_000_000 + dice.getrandbits(44)


def _history(dice, sizes):
    script = """
        CREATE TABLE urls(id INTEGER PRIMARY KEY AUTOINCREMENT, url LONGVARCHAR, title LONGVARCHAR,
            visit_count INTEGER DEFAULT 0 NOT NULL, typed_count INTEGER DEFAULT 0 NOT NULL,
            last_visit_time INTEGER NOT NULL, hidden INTEGER DEFAULT 0 NOT NULL);
        CREATE TABLE visits(id INTEGER PRIMARY KEY AUTOINCREMENT, url INTEGER NOT NULL,
            visit_time INTEGER NOT NULL, from_visit INTEGER, transition INTEGER DEFAULT 0 NOT NULL,
            visit_duration INTEGER DEFAULT 0 NOT NULL);
        CREATE INDEX urls_url_index ON urls (url);
        CREATE INDEX visits_url_index ON visits (url);
        CREATE INDEX visits_time_index ON visits (visit_time);"""
    words, count = c.words(), sizes["visits"]
    urls = [
        (n, c.address(dice, words), " ".join(dice.choices(words, k=7)), dice.randrange(40), 0, _time(dice), 0)
        for n in range(1, count + 1)
    ]
    visits = [
        (
            n,
            dice.randint(1, count),
            _time(dice),
            dice.randrange(n),
            dice.getrandbits(30),
            dice.getrandbits(24),
        )
        for n in range(1, count + 1)
    ]
    rows = [
        ("INSERT INTO urls VALUES(?,?,?,?,?,?,?)", urls),
        ("INSERT INTO visits VALUES(?,?,?,?,?,?)", visits),
    ]
    return c.sqlite(script, rows, sizes["page"])


def _favicons(dice, sizes):
    script = """
        CREATE TABLE favicons(id INTEGER PRIMARY KEY, url LONGVARCHAR NOT NULL, icon_type INTEGER);
        CREATE TABLE favicon_bitmaps(id INTEGER PRIMARY KEY, icon_id INTEGER NOT NULL,
            last_updated INTEGER, image_data BLOB, width INTEGER, height INTEGER);
        CREATE INDEX favicons_url ON favicons(url);"""
    words, (count, length) = c.words(), sizes["icons"]
    icons = [(n, c.address(dice, words), 1) for n in range(count)]
    bitmaps = [
        (n, n, _time(dice), c.picture(dice, dice.randint(length // 4, length)), 16, 16) for n in range(count)
    ]
    rows = [
        ("INSERT INTO favicons VALUES(?,?,?)", icons),
        ("INSERT INTO favicon_bitmaps VALUES(?,?,?,?,?,?)", bitmaps),
    ]
    return c.sqlite(script, rows, sizes["page"])


def _cookies(dice, sizes):
    script = """
        CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
        CREATE TABLE cookies(creation_utc INTEGER NOT NULL, host_key TEXT NOT NULL,
            top_frame_site_key TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
            encrypted_value BLOB NOT NULL, path TEXT NOT NULL, expires_utc INTEGER NOT NULL,
            is_secure INTEGER NOT NULL, is_httponly INTEGER NOT NULL, last_access_utc INTEGER NOT NULL);
        CREATE UNIQUE INDEX cookies_unique_index ON cookies(host_key, top_frame_site_key, name, path);"""
    words = c.words()
    # Linux without a keyring: AES in blocks of 16 bytes behind "v10".
    cookies = [
        (
            _time(dice),
            f".{words[dice.randrange(400)]}.example",
            "",
            f"{dice.choice(words)}_{n}",
            "",
            b"v10" + dice.randbytes(16 * dice.randint(3, 24)),
            "/",
            _time(dice),
            1,
            dice.randrange(2),
            _time(dice),
        )
        for n in range(sizes["cookies"])
    ]
    rows = [
        ("INSERT INTO meta VALUES(?,?)", [("version", "24"), ("last_compatible_version", "24")]),
        ("INSERT INTO cookies VALUES(?,?,?,?,?,?,?,?,?,?,?)", cookies),
    ]
    return c.sqlite(script, rows, sizes["page"])


def _web_data(dice, sizes):
    script = """
        CREATE TABLE autofill(name VARCHAR, value VARCHAR, value_lower VARCHAR, date_created INTEGER,
            count INTEGER DEFAULT 1, PRIMARY KEY (name, value));
        CREATE TABLE keywords(id INTEGER PRIMARY KEY, short_name VARCHAR NOT NULL, url VARCHAR NOT NULL);"""
    words = c.words()
    fields = []
    for n in range(sizes["cards"]):
        value = f"{' '.join(dice.choices(words, k=8))} {n}"
        fields.append((dice.choice(words[:300]), value, value.lower(), _time(dice), 1))
    keywords = [(n, dice.choice(words), c.address(dice, words)) for n in range(sizes["cards"] // 3)]
    rows = [
        ("INSERT INTO autofill VALUES(?,?,?,?,?)", fields),
        ("INSERT INTO keywords VALUES(?,?,?)", keywords),
    ]
    return c.sqlite(script, rows, sizes["page"])


def _logins(dice, sizes):
    script = """
        CREATE TABLE logins(origin_url VARCHAR NOT NULL, username_value VARCHAR, password_value BLOB,
            signon_realm VARCHAR NOT NULL, date_created INTEGER NOT NULL, id INTEGER PRIMARY KEY);"""
    words = c.words()
    logins = [
        (
            c.address(dice, words),
            f"{dice.choice(words)}@example.test",
            b"v10" + dice.randbytes(32),
            "https://www.example.test/",
            _time(dice),
            n,
        )
        for n in range(sizes["logins"])
    ]
    return c.sqlite(script, [("INSERT INTO logins VALUES(?,?,?,?,?,?)", logins)], sizes["page"])


def _caches(tree, at, sizes):
    _block_files(tree, f"{at}/Cache/Cache_Data", sizes)
    count, least, most = sizes["cache"]
    for number in range(1, count + 1):
        tree.file(f"{at}/Cache/Cache_Data/f_{number:06x}", CACHE, partial(_between, least=least, most=most))
    count, least, most = sizes["code_cache"]
    for kind in ("js", "wasm"):
        tree.file(f"{at}/Code Cache/{kind}/index", CACHE, lambda _: bytes(24))
        tree.file(f"{at}/Code Cache/{kind}/index-dir/the-real-index", CACHE, partial(c.noise, length=800))
    for number in range(count):
        name = c.dice(f"{at}/{number}").randbytes(8).hex()
        tree.file(f"{at}/Code Cache/js/{name}_0", CACHE, partial(_between, least=least, most=most))
    for name in ("GPUCache", "DawnGraphiteCache"):
        _block_files(tree, f"{at}/{name}", sizes)
    _leveldb(tree, f"{at}/Site Characteristics Database", sizes, CACHE, tables=False)
    tree.folder(f"{at}/blob_storage/0d6a0f9c-5a34-4ad5-9c39-6c0f6a2f4f0b", CACHE)


def _between(dice, least, most, make=c.noise):
    return make(dice, dice.randint(least, most))


def _leveldb(tree, at, sizes, rule=KEEP, tables=True):
    count, length = sizes["tables"]
    tree.file(f"{at}/CURRENT", rule, lambda _: b"MANIFEST-000001\n")
    tree.file(f"{at}/MANIFEST-000001", rule, c.manifest)
    # The newest data. It is no log in the sense of the next two.
    tree.file(f"{at}/000003.log", rule, partial(c.log, length=sizes["log"] if tables else 200))
    for name in ("LOG", "LOG.old"):
        tree.file(f"{at}/{name}", RUNTIME, lambda _: LOG)
    tree.file(f"{at}/LOCK", RUNTIME, lambda _: b"")
    for number in range(count if tables else 0):
        tree.file(f"{at}/{2 * number + 5:06}.ldb", rule, partial(c.table, length=length))


def _stores(tree, at, sizes):
    count, least, most = sizes["blobs"]
    for name in ("Local Storage/leveldb", "Session Storage", "Sync Data/LevelDB"):
        rule = PRIVATE if name.startswith("Sync") else KEEP
        _leveldb(tree, f"{at}/{name}", sizes, rule, tables=name.startswith("Local"))
    for site in range(sizes["sites"]):
        origin = f"{at}/IndexedDB/https_site{site}.example_0"
        _leveldb(tree, f"{origin}.indexeddb.leveldb", sizes)
        for number in range(count):
            blob = f"{origin}.indexeddb.blob/1/{number // 5:02x}/{number + 2:x}"
            tree.file(blob, KEEP, partial(_between, least=least, most=most, make=partial(c.mixed, share=0.8)))
    # A registration without its script is the worse state, so the database goes with the scripts.
    _leveldb(tree, f"{at}/Service Worker/Database", sizes, CACHE, tables=False)
    count, least, most = sizes["scripts"]
    for number in range(count):
        name = c.dice(f"{at}/worker/{number}").randbytes(8).hex()
        script = partial(_between, least=least, most=most, make=c.code)
        tree.file(f"{at}/Service Worker/ScriptCache/{name}_0", CACHE, script)
        stored = partial(_between, least=least, most=most, make=c.mixed)
        tree.file(f"{at}/Service Worker/CacheStorage/{name[:6]}/{name}_0", CACHE, stored)


def _extensions(tree, at, sizes):
    count, scripts, pictures, length = sizes["extensions"]
    for number in range(count):
        chance = c.dice(f"{at}/extension/{number}")
        name = "".join(chance.choices("abcdefghijklmnop", k=32))
        folder = f"{at}/Extensions/{name}/1.{number}_0"
        tree.file(f"{folder}/manifest.json", KEEP, partial(_json, length=900, manifest_version=3))
        tree.file(f"{folder}/_metadata/verified_contents.json", KEEP, partial(_json, length=2000))
        for script in range(scripts):
            make = partial(_between, least=length // 4, most=length, make=c.code)
            tree.file(f"{folder}/js/chunk-{script:03}.js", KEEP, make)
        for picture in range(pictures):
            make = partial(_between, least=length // 4, most=length, make=c.picture)
            tree.file(f"{folder}/images/icon-{picture}.png", KEEP, make)
        # A cache by its name, and an extension's own folder by its place.
        tree.file(f"{folder}/Cache/strings.json", KEEP, partial(_json, length=600))
    _leveldb(tree, f"{at}/Extension State", sizes, tables=False)
    _leveldb(tree, f"{at}/Local Extension Settings/abcdefghijklmnopabcdefghijklmnop", sizes, tables=False)


def _traps(tree):
    """What is no file, and must neither be followed nor opened."""
    tree.link("Default/Everything", RUNTIME, "..")
    tree.link("Default/Outside", RUNTIME, "/etc/hostname")
    # Opening it for reading would wait for ever.
    tree.pipe("Default/pipe", RUNTIME)
    tree.file("Default/.DS_Store", RUNTIME, lambda _: b"\0\0\0\1Bud1")
    tree.file("Default/half written.tmp", RUNTIME, lambda _: b"{")

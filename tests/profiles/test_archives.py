"""Archives of profile trees, read by others than ourselves, and the same for the same tree."""

import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest
import tree
import upload
from dropoff import Pack
from entries import CACHE, KEEP, PRIVATE

HERE = Path(__file__).parent
KEPT = {
    "minimal": {KEEP},
    "default": {KEEP, PRIVATE},
    "full": {KEEP, PRIVATE, CACHE},
}
ALL = [(family, level) for family in tree.FAMILIES for level in KEPT]
# Of what unzip -Z tells: mode, version, system, size, text or binary and extra fields, method, time, name.
ZIPINFO = re.compile(r"^(\S{10}) +[\d.]+ (\w+) +(\d+) (..) (\w+) (\S+ \S+) (.+)$")


@pytest.fixture(params=ALL, ids="-".join)
def packed(request, sandbox, tmp_path):
    """A tree, its entries, the level, and the archive of it."""
    family, level = request.param
    entries = tree.write(tmp_path / "tree", family)
    path = upload.archive(sandbox, tmp_path / "tree", tmp_path, Pack(level=level))
    return tmp_path / "tree", entries, level, path


def expected(entries, level, kind):
    return {path for path, entry in entries.items() if entry.kind == kind and entry.rule in KEPT[level]}


def run(*command, **environment):
    # Names are to be shown as they are.
    environment = os.environ | {"LC_ALL": "C.UTF-8"} | environment
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
    assert done.returncode == 0, f"{command} exits {done.returncode}: {done.stdout[-2000:]}{done.stderr}"
    return done.stdout


def names(path):
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


# -- what is in it


def test_it_holds_what_the_level_says_and_every_byte_of_it(packed):
    root, entries, level, path = packed
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        files = {info.filename for info in archive.infolist() if not info.is_dir()}
        wanted = expected(entries, level, "file")
        assert files == wanted, f"missing: {sorted(wanted - files)}; too many: {sorted(files - wanted)}"
        differ = [name for name in files if archive.read(name) != (root / name).read_bytes()]
        assert not differ


def test_only_folders_with_nothing_in_them_have_entries(packed):
    _, entries, level, path = packed
    every = names(path)
    folders = {name.rstrip("/") for name in every if name.endswith("/")}
    assert folders >= expected(entries, level, "folder")
    files = [name for name in every if not name.endswith("/")]
    for folder in folders:
        assert not [name for name in files if name.startswith(folder + "/")], folder


def test_it_tells_nothing_of_the_machine(packed):
    _, _, _, path = packed
    with zipfile.ZipFile(path) as archive:
        assert archive.comment == b""
        for info in archive.infolist():
            said = info.date_time, info.extra, info.comment, info.create_system
            assert said == ((1980, 1, 1, 0, 0, 0), b"", b"", 3), info.filename
            mode = stat.S_IFDIR | 0o755 if info.is_dir() else stat.S_IFREG | 0o644
            assert info.external_attr >> 16 == mode, f"{info.filename}: {info.external_attr:#x}"
            # Bit 11: the name is UTF-8. Readers take any other for CP437, or whatever they like.
            assert info.filename.isascii() or info.flag_bits & 0x800, info.filename


def test_entries_are_in_order_of_their_bytes(packed):
    _, _, _, path = packed
    every = [name.encode() for name in names(path)]
    assert every == sorted(set(every))


def test_a_prefix_is_in_front_of_everything(sandbox, tmp_path):
    tree.write(tmp_path / "tree")
    bare = names(upload.archive(sandbox, tmp_path / "tree", tmp_path))
    sandbox.reset()
    under = names(upload.archive(sandbox, tmp_path / "tree", tmp_path, Pack(prefix="user-data")))
    assert under == [f"user-data/{name}" for name in bare]


def test_what_a_write_ahead_log_alone_holds_arrives(sandbox, tmp_path):
    tree.write(tmp_path / "tree", "firefox")
    path = upload.archive(sandbox, tmp_path / "tree", tmp_path)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "out")
    database = sqlite3.connect(tmp_path / "out/cookies.sqlite")
    try:
        found = database.execute("SELECT count(*), max(id) FROM moz_cookies").fetchone()
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        database.close()
    assert found == (20, 20)


# -- others read it


def test_unzip(packed, reader):
    _, _, _, path = packed
    assert "No errors" in run(reader("unzip", "unzip"), "-tq", path)


def test_zipinfo(packed, reader):
    _, _, _, path = packed
    _, _, *lines, _ = run(reader("unzip", "unzip"), "-Z", path).splitlines()
    told = [ZIPINFO.match(line) for line in lines]
    assert all(told), lines
    assert [match[7] for match in told] == names(path)
    for match in told:
        mode, system, _, kind, method, when, name = match.groups()
        folder = name.endswith("/")
        assert mode == ("drwxr-xr-x" if folder else "-rw-r--r--"), match[0]
        assert system == "unx" and when == "80-Jan-01 00:00", match[0]
        # Capital or x: an extra field.
        assert kind[1] in "-l", match[0]
        assert method == "stor" or method.startswith("def"), match[0]


def test_bsdtar(packed, reader):
    _, _, _, path = packed
    program = reader("bsdtar", "libarchive-tools")
    assert run(program, "-tf", path).splitlines() == names(path)
    # Listing reads the directory at the end, and unpacking what is before each file too.
    into = path.parent / "bsdtar"
    into.mkdir()
    run(program, "-xf", path, "-C", into)
    _same_files(path, into)


def test_7z(packed, reader):
    _, _, _, path = packed
    program = reader("7z", "p7zip-full")
    out = run(program, "t", path)
    assert "Everything is Ok" in out and "Warning" not in out, out
    into = path.parent / "7z"
    run(program, "x", f"-o{into}", path)
    _same_files(path, into)


def test_jar(packed, reader):
    _, _, _, path = packed
    program = reader("jar", "default-jdk-headless", only_full=True)
    assert run(program, "tf", path).splitlines() == names(path)


def _same_files(path, root):
    with zipfile.ZipFile(path) as archive:
        files = [name for name in archive.namelist() if not name.endswith("/")]
        assert [name for name in files if archive.read(name) != (root / name).read_bytes()] == []
    unpacked = {str(p.relative_to(root)) for p in root.rglob("*") if not p.is_dir()}
    assert unpacked == set(files)


# -- the same tree, the same archive

SURROUNDINGS = [
    {"umask": 0o022, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
    {"umask": 0o077, "LC_ALL": "C", "TZ": "Asia/Kathmandu"},
    {"umask": 0o000, "LC_ALL": "POSIX", "TZ": "America/St_Johns"},
    {"umask": 0o027, "LC_ALL": "de_DE.UTF-8", "TZ": "Pacific/Kiritimati"},
]


@pytest.fixture
def folders(tmp_path):
    """Folders on two file systems where there are two. A disk's lists names in an order of its own, whatever
    came first; tmpfs lists the newest first, which shows whether anyone sorts."""
    made = [tmp_path]
    if os.access("/dev/shm", os.W_OK):
        made.append(Path(tempfile.mkdtemp(dir="/dev/shm", prefix="dropoff-tree-")))
    yield made
    for folder in made[1:]:
        shutil.rmtree(folder)


@pytest.mark.parametrize(("family", "level"), ALL, ids=["-".join(one) for one in ALL])
def test_variations_give_one_archive(sandbox, folders, family, level):
    found = {}
    for variation, around in enumerate(SURROUNDINGS):
        folder = folders[variation % 2 if len(folders) > 1 else 0] / f"variation {variation}"
        job = {
            "folder": str(folder),
            "family": family,
            "variation": variation,
            "level": level,
            # Threads share the work, and who is first must not matter.
            "times": 3,
            "h_api_key": sandbox.h_api_key,
            "api_url": sandbox.api_url,
            "storage_url": sandbox.storage_url,
        }
        around = dict(around)
        umask = around.pop("umask")
        command = [sys.executable, HERE / "variation.py", json.dumps(job)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=60,
            umask=umask,
            env=os.environ | around,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["umask"] == umask
        found[variation] = told["sha256"]
    assert len({digest for digests in found.values() for digest in digests}) == 1, found


@pytest.mark.parametrize("family", tree.FAMILIES)
def test_variations_hold_the_same_and_differ_in_everything_else(tmp_path, family):
    """Of the generator: otherwise the test above would prove nothing."""
    roots = [tmp_path / str(variation) for variation in range(4)]
    for variation, root in enumerate(roots):
        tree.write(root, family, "small", variation)

    def files(root):
        every = {str(p.relative_to(root)): p for p in root.rglob("*")}
        return {name: p for name, p in every.items() if p.is_file() and not p.is_symlink()}

    first = files(roots[0])
    assert 10_000 < sum(p.stat().st_size for p in first.values()) < 200_000
    for root in roots[1:]:
        other = files(root)
        assert other.keys() == first.keys()
        assert [n for n in first if first[n].read_bytes() != other[n].read_bytes()] == []
        for fact in ("st_mode", "st_mtime_ns"):
            assert [getattr(p.stat(), fact) for p in first.values()] != [
                getattr(p.stat(), fact) for p in other.values()
            ]
    assert any(p.stat().st_nlink > 1 for p in files(roots[1]).values())

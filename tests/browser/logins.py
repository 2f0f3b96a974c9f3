"""A login in a browser's folder: made, packed and unpacked, and looked for."""

from __future__ import annotations

import io
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from browser import Browser, Started, until
from website import Website

AnyBrowser = TypeVar("AnyBrowser", bound=Started)
# Ties to the machine and the process that ran; none of it may be in an archive.
LOCKS = {"SingletonLock", "SingletonCookie", "SingletonSocket"}


@contextmanager
def visiting(
    website: Website,
    folder: Path,
    do: str,
    *flags: str,
    start: Callable[..., AnyBrowser] = Browser,
    **query: object,
) -> Iterator[tuple[AnyBrowser, str, dict[str, Any]]]:
    """A browser on the folder that has done what the page does: itself, the visit and the page's report."""
    visit, address = website.visit(do, **query)
    with start(folder, address, *flags) as browser:

        def report() -> dict[str, Any] | None:
            assert browser.runs, f"the browser ended before it could {do}: {browser.said()}"
            return website.report(visit, within=0.2)

        yield browser, visit, until(report, f"the page's report of {do}", within=90)


def log_in(
    website: Website,
    folder: Path,
    token: str,
    *flags: str,
    start: Callable[..., Started] = Browser,
    **query: object,
) -> None:
    """Stores the token in every place a page has, in a browser that is closed then."""
    with visiting(website, folder, "store", *flags, start=start, token=token, **query) as (browser, _, _):
        browser.close()


def read_back(
    website: Website,
    folder: Path,
    *flags: str,
    start: Callable[..., Started] = Browser,
    **query: object,
) -> dict[str, Any]:
    """What a browser finds that is started on the folder."""
    with visiting(website, folder, "read", *flags, start=start, **query) as (browser, _, report):
        browser.close()
        return report


def cookies(report: dict[str, Any]) -> dict[str, str]:
    """What the browser sent along, by name."""
    return dict(pair.split("=", 1) for pair in report["cookie_header"].split("; ") if pair)


def assert_logged_in(report: dict[str, Any], token: str) -> None:
    """All that was stored is there, each place by itself, so that a failure names the one that was lost."""
    sent = cookies(report)
    assert sent.get("login") == token, f"the server's cookie: {sent}"
    assert sent.get("script") == token, f"the page's cookie: {sent}"
    assert f"script={token}" in report["cookie"] and "login=" not in report["cookie"]
    assert report.get("local") == token, f"local storage: {report.get('local')}"
    assert report.get("record") == {"token": token, "items": [1, 2, 3]}, f"record: {report.get('record')}"
    assert report.get("file") == f"{token} file", f"the origin's own file: {report.get('file')}"
    for kind in ("text", "blob"):
        found = report.get(kind) or ""
        assert found == f"{token} {kind}, " * 10_000, f"{kind}: {len(found)} characters, {found[:80]}…"


def assert_whole(folder: Path, cookies: str = "Cookies") -> None:
    """Every SQLite database in the folder opens, does what its journal says, and is whole. Changes them."""
    checked = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.read_bytes()[:16] != b"SQLite format 3\0":
            continue
        connection = sqlite3.connect(path)
        try:
            result = connection.execute("PRAGMA integrity_check").fetchall()
        finally:
            connection.close()
        assert result == [("ok",)], f"{path.name}: {result[:3]}"
        checked.append(path.name)
    assert cookies in checked


def stamps(folder: Path) -> dict[str, tuple[int, ...]]:
    """All that tells of a write below the folder; a folder's own times, that a name came or went in it."""
    found: dict[str, tuple[int, ...]] = {}
    for path in [folder, *folder.rglob("*")]:
        at = path.lstat()
        kept = (at.st_ino, at.st_mode, at.st_size, at.st_mtime_ns, at.st_ctime_ns)
        found[str(path.relative_to(folder))] = kept
    return found


def unpack(archive: bytes, to: Path) -> list[str]:
    """Unpacks an archive that two readers find whole, and gives its names."""
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        assert packed.testzip() is None
        names = packed.namelist()
        assert len(names) == len(set(names))
        assert not [name for name in names if set(name.split("/")) & LOCKS]
        packed.extractall(to)
    file = to.with_name(f"{to.name}.zip")
    file.write_bytes(archive)
    tested = subprocess.run(["unzip", "-tq", file], capture_output=True, text=True, timeout=60)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    return names

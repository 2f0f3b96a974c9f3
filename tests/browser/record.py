"""Prints what a browser leaves in a folder of its own: `record.py [SECONDS] [FOLDER]`, by the tests' Python.

The names at the top and in the profile with their kind and size, what tells the browser's version, and how
it encrypts its cookies. For whoever completes the lists of what is packed when a new browser is out. The
browser is open for SECONDS (default 5; some files come later than others); FOLDER, if given, is kept.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from browser import version
from dropoff import inspect_profile
from logins import visiting
from website import Website


def tree(folder: Path) -> Iterator[str]:
    """A line for each name: kind, bytes and files in it, name, and where a link leads."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            yield f"link {'':>20} {path.name} -> {path.readlink()}"
        elif path.is_dir():
            sizes = [file.lstat().st_size for file in path.rglob("*") if not file.is_dir()]
            yield f"dir  {sum(sizes):>9} in {len(sizes):>4}   {path.name}"
        else:
            yield f"file {path.lstat().st_size:>9} {'':>10} {path.name}"


def cookie_kinds(database: Path) -> dict[str, int]:
    """How many cookies begin with which three bytes; the first three tell how the value is encrypted."""
    # Immutable: nothing is locked, and nothing made beside it.
    connection = sqlite3.connect(f"file:{database}?immutable=1", uri=True)
    try:
        rows = connection.execute("SELECT substr(encrypted_value, 1, 3) FROM cookies").fetchall()
    finally:
        connection.close()
    return dict(Counter(bytes(row[0]).decode("ascii", "replace") for row in rows))


def record(folder: Path, seconds: float) -> None:
    site = Website()
    with visiting(site, folder, "store", token="recorded") as (browser, _, _):
        time.sleep(seconds)
        print(f"Chromium {version()}, while it runs:", *tree(folder), sep="\n  ")
        browser.close()
    site.stop()
    print("closed, at the top:", *tree(folder), sep="\n  ")
    print("in Default:", *tree(folder / "Default"), sep="\n  ")
    state = json.loads((folder / "Local State").read_bytes())
    print("Last Version:", repr((folder / "Last Version").read_text()))
    print("Local State:", ", ".join(state))
    print("its os_crypt:", sorted(state.get("os_crypt", {})) or "absent")
    print("cookies:", cookie_kinds(folder / "Default" / "Cookies"))
    seen = inspect_profile(folder)
    print("verdict:", seen.advice)
    print("names that no rule knows:", ", ".join(seen.unknown) or "none")


if __name__ == "__main__":
    given = dict(enumerate(sys.argv))
    wait = float(given.get(1, 5))
    if 2 in given:
        record(Path(given[2]), wait)
    else:
        with tempfile.TemporaryDirectory() as place:
            record(Path(place) / "chromium", wait)

"""Snapshots of browsers that never stop writing, and what another browser finds in each.

As a program, by the tests' Python: `snapshots.py [COUNT]` prints a table of COUNT snapshots (60). None may be
torn without saying so: what is read is of one moment, or a warning names it, or there is no archive.
"""

from __future__ import annotations

import itertools
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sdk"))

from browser import SHELL, Browser, Started, until
from dropoff import BrowserRunningError, HCompany, Pack
from firefox import Firefox, new_profile
from logins import read_back, unpack, visiting
from sandbox_process import Sandbox
from website import Website

PAGE = (Path(__file__).parent / "restless.html").read_bytes()
# Milliseconds between two rounds of a page.
PAUSE = 25
# Rounds before the first snapshot: databases have begun to replace their logs.
ROUNDS = 30
# Bytes before the databases, as a profile in use has: packing them takes a while.
IN_THE_WAY = 30_000_000


@dataclass(frozen=True)
class Kind:
    """A browser, and what its page writes to: `bucket` is all three in one of the site's buckets."""

    browser: str
    store: str

    @property
    def start(self) -> Callable[..., Started]:
        starts: dict[str, Callable[..., Started]] = {
            "chromium": Browser,
            "headless shell": partial(Browser, program=SHELL),
            "firefox": Firefox,
        }
        return starts[self.browser]


KINDS = [
    Kind(browser, store)
    for browser in ("chromium", "headless shell", "firefox")
    for store in ("database", "cache", "file", "bucket")
    if (browser, store) != ("firefox", "bucket")  # it has none
]


def damage(found: dict[str, Any]) -> list[str]:
    """How what was read is of no one moment."""
    said = [f"{kind}: {kept}" for kind, kept in found.items() if isinstance(kept, dict) and "error" in kept]
    if said:
        return said
    if "database" in found:
        kept = found["database"]
        if kept["left"] is None or not kept["left"] == kept["right"] == kept["file"]:
            said.append(f"database: {kept}")
    if "cache" in found and not isinstance(found["cache"], int):
        said.append(f"cache: {found['cache']}")
    if "file" in found:
        files = {int(name): content for name, content in found["file"].items()}
        whole = {name for name, content in files.items() if content == name}
        # The newest is empty until it is written.
        empty = {name for name in files if name == max(files) and files[name] == ""}
        if not whole or set(files) - whole - empty:
            said.append(f"file: {files}")
    return said


@dataclass
class Tally:
    """What became of the snapshots of one kind."""

    outcomes: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


class Restless:
    """A browser whose page never stops."""

    def __init__(self, kind: Kind, place: Path, website: Website, visit: str, sandbox: Sandbox) -> None:
        self.kind, self.place, self.website, self.visit = kind, place, website, visit
        self.sandbox = sandbox
        self.client = HCompany(
            sandbox.h_api_key, base_url=sandbox.api_url, trusted_storage=[sandbox.storage_url]
        )
        self.copies = itertools.count()

    def snapshot(self) -> tuple[Path | None, list[str]]:
        """A copy's folder and the warnings it came with; no folder if it was refused, with why."""
        self.sandbox.reset()
        try:
            profile = self.client.upload_profile(
                self.place / "profile",
                name="restless",
                # The headless shell does not leave its version.
                browser_version="1" if self.kind.browser == "headless shell" else None,
                pack=Pack("full", if_running="snapshot"),
                timeout=300,
            )
        except BrowserRunningError as error:
            assert error.retryable, error
            return None, [str(error)]
        assert profile.packed and profile.packed.consistency == "snapshot"
        copy = self.place / f"copy-{next(self.copies)}"
        (entry,) = self.sandbox.objects()
        unpack(self.sandbox.content(entry["key"]), copy)
        return copy, list(profile.packed.warnings)

    def goes_on(self) -> None:
        now = self.website.written(self.visit)
        until(lambda: self.website.written(self.visit) > now + 1, "the page writes on", within=60)


@contextmanager
def restless(kind: Kind, place: Path, website: Website, sandbox: Sandbox) -> Iterator[Restless]:
    folder = place / "profile"
    if kind.browser == "firefox":
        new_profile(folder)
    else:
        (folder / "Default").mkdir(parents=True)
        (folder / "Default" / "A download").write_bytes(random.Random(1).randbytes(IN_THE_WAY))
    wanted = {"kind": kind.store, "pause": PAUSE, "what": "none"}
    with visiting(website, folder, "store", start=kind.start, **wanted) as (_, visit, _):
        until(lambda: website.written(visit) >= ROUNDS, "the page writes", within=120)
        yield Restless(kind, place, website, visit, sandbox)


def judged(running: Restless, copy: Path | None, warnings: list[str]) -> tuple[str, str]:
    """`whole`, `told`, `refused` or `torn`, with a note."""
    if copy is None:
        return "refused", warnings[0]
    told = [warning for warning in warnings if "kept changing" in warning]
    found = read_back(running.website, copy, start=running.kind.start, kind=running.kind.store, what="none")
    harm = "; ".join(damage(found))
    if told:
        return "told", f"{told[0]} {harm}"
    return ("torn", harm) if harm else ("whole", "")


def taken(kind: Kind, count: int, place: Path, website: Website, sandbox: Sandbox) -> Tally:
    """So many snapshots of one browser, each read by another once the first has ended."""
    tally = Tally()
    copies = []
    with restless(kind, place, website, sandbox) as running:
        for _ in range(count):
            copies.append(running.snapshot())
            running.goes_on()
    for copy, warnings in copies:
        outcome, note = judged(running, copy, warnings)
        tally.outcomes[outcome] += 1
        tally.notes += [note] if note else []
    return tally


OUTCOMES = ("whole", "told", "refused", "torn")


def main(count: int) -> int:
    website, sandbox = Website(page=PAGE), Sandbox()
    torn = 0
    print(f"| browser | store | snapshots | {' | '.join(OUTCOMES)} |")
    print(f"|---|---|---{'|---' * len(OUTCOMES)}|")
    for number, kind in enumerate(KINDS):
        share = count // len(KINDS) + (number < count % len(KINDS))
        with tempfile.TemporaryDirectory(prefix="dropoff-snapshots-", dir="/var/tmp") as place:
            tally = taken(kind, share, Path(place), website, sandbox) if share else Tally()
        figures = " | ".join(str(tally.outcomes[outcome]) for outcome in OUTCOMES)
        print(f"| {kind.browser} | {kind.store} | {share} | {figures} |", flush=True)
        for note in tally.notes:
            print(f"{kind.browser}, {kind.store}: {note}", file=sys.stderr, flush=True)
        torn += tally.outcomes["torn"]
    website.stop()
    sandbox.stop()
    return 1 if torn else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 60))

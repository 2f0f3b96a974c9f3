"""What a tree consists of, before anything of it is written."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

# What packing makes of an entry. Kept at every level:
KEEP = "keep"
# left out by the level "minimal" alone,
PRIVATE = "private"
# left out unless the level is "full",
CACHE = "cache"
# never in an archive.
RUNTIME = "runtime"


@dataclass(frozen=True)
class Entry:
    """One file, folder without anything in it, symbolic link or named pipe."""

    path: str
    kind: str
    rule: str
    make: Callable[[Random], bytes] | None = None
    target: str | None = None


class Tree:
    """Entries by their path, `/` between names."""

    def __init__(self):
        self.entries: dict[str, Entry] = {}

    def _add(self, entry):
        assert entry.path not in self.entries, entry.path
        self.entries[entry.path] = entry

    def file(self, path, rule, make):
        self._add(Entry(path, "file", rule, make=make))

    def folder(self, path, rule):
        self._add(Entry(path, "folder", rule))

    def link(self, path, rule, target):
        self._add(Entry(path, "link", rule, target=target))

    def pipe(self, path, rule):
        self._add(Entry(path, "pipe", rule))

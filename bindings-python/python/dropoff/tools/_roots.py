"""The folders and files that a model may name. It may be told by a stranger to send others."""

from __future__ import annotations

import os
from collections.abc import Iterable
from fnmatch import fnmatchcase
from os import PathLike
from pathlib import Path

from ._description import REFUSED_NAMES, refusal


class Roots:
    def __init__(self, roots: Iterable[str | PathLike[str]]) -> None:
        # A text alone would be taken for a list of letters.
        listed = [roots] if isinstance(roots, str | PathLike) else roots
        self._roots = [os.path.abspath(_at_home(os.fspath(root))) for root in listed]

    def __bool__(self) -> bool:
        return bool(self._roots)

    def path(self, given: str) -> str:
        """The absolute path of what the model named, all symlinks followed, if it may name it."""
        try:
            path = os.path.realpath(self._absolute(given))
            below = self._below(Path(path))
        except ValueError:
            # Characters that no path has.
            below = []
        if not below:
            raise refusal("outside", path=given, roots=", ".join(self._roots))
        refused = [_refused(names) for names in below]
        if None not in refused:
            raise refusal("name", path=given, name=str(refused[0]))
        return path

    def name(self, given: str) -> str:
        """What a recipient sees of it: a symlink's own name, and not that of its target."""
        return os.path.basename(self._absolute(given))

    def _absolute(self, given: str) -> str:
        return os.path.normpath(os.path.join(self._roots[0], _at_home(given)))

    def _below(self, path: Path) -> list[tuple[str, ...]]:
        """The names below each root that the path is in. A root may have any name: the program gave it."""
        real = [os.path.realpath(root) for root in self._roots]
        return [path.relative_to(root).parts for root in real if path.is_relative_to(root)]


def _refused(names: Iterable[str]) -> str | None:
    """The first name that is one of a hidden file or a key."""
    return next((n for n in names if any(fnmatchcase(n.lower(), p) for p in REFUSED_NAMES)), None)


def _at_home(path: str) -> str:
    return os.path.expanduser(path) if path.startswith("~/") else path

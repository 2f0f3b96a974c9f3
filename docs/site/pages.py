"""The pages of the site, and how links between them and to other files of the repository are written."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FORGE = "https://github.com/dropoff/dropoff/blob/main/"

# Pages whose text stands elsewhere, or is made of a file there. A link to the file leads to its page.
ELSEWHERE = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "bench/README.md": "benchmark.md",
    "sandbox/README.md": "sandbox.md",
    "tests/README.md": "tests.md",
    "tests/vectors/errors.json": "errors/index.md",
    "bindings-python/python/dropoff/_native.pyi": "reference/python.md",
    "bindings-python/python/dropoff/tools/__init__.py": "reference/python-tools.md",
    "bindings-python/python/dropoff/testing/__init__.py": "reference/python-testing.md",
    "bindings-node/index.d.ts": "reference/node.md",
    "bindings-node/tools.d.ts": "reference/node-tools.md",
    "bindings-node/testing.d.ts": "reference/node-testing.md",
    "include/dropoff.h": "reference/c.md",
    "core/src/lib.rs": "reference/rust.md",
}
# Of those, the ones whose text is the page's.
INCLUDED = [name for name in ELSEWHERE if name.endswith(".md") and name != "README.md"]

LINK = re.compile(r"(\]\()([^)\s]+)(\))")
FENCE = re.compile(r"^(```+)[^\n]*\n.*?^\1\s*$", re.M | re.S)


def sources() -> dict[str, str]:
    """Files of the repository that hold a page's text, each with the page's place on the site."""
    own = sorted(path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md"))
    found = {f"docs/{page.as_posix()}": page.as_posix() for page in own if page.parts[0] != "site"}
    return found | {name: ELSEWHERE[name] for name in INCLUDED}


def with_links(text: str, source: str, page: str, places: dict[str, str]) -> str:
    """The text of a source with the links that its page must have."""

    def link(match: re.Match[str]) -> str:
        return match[1] + _target(match[2], source, page, places) + match[3]

    return outside_code(text, lambda prose: LINK.sub(link, prose))


def _target(target: str, source: str, page: str, places: dict[str, str]) -> str:
    path, hash_, anchor = target.partition("#")
    if not path or re.match(r"[a-z]+:", target):
        return target
    file = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    if not (ROOT / file).exists():
        raise SystemExit(f"{source} links to {target}, and there is no {file}")
    if file.startswith("docs/assets/"):
        return posixpath.relpath(file.removeprefix("docs/"), posixpath.dirname(page) or ".")
    if file not in places:
        return FORGE + file + hash_ + anchor
    return posixpath.relpath(places[file], posixpath.dirname(page) or ".") + hash_ + anchor


def outside_code(text: str, change) -> str:  # type: ignore[no-untyped-def]
    """A text whose prose is changed and whose code blocks are not."""
    parts: list[str] = []
    at = 0
    for fence in FENCE.finditer(text):
        parts += [change(text[at : fence.start()]), fence[0]]
        at = fence.end()
    return "".join([*parts, change(text[at:])])

"""The code of the documentation: every fenced block of the README and of the pages in `docs/`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_OWN = sorted(path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md"))
PAGES = [ROOT / "README.md", *(ROOT / "docs" / page for page in _OWN if page.parts[0] != "site")]
# A block is at the left margin, in a tab too.
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.M | re.S)
# Each of these is run by some suite; the rest is no program.
PROGRAMS = {"python", "js", "c", "cpp", "rust,no_run", "sh"}
NO_PROGRAMS = {"json", "text"}
# Their lines go on with the guide's tools, in frameworks that only `tests/frameworks` has, and it runs them.
OF_FRAMEWORKS = {"docs/guides/agents.md": {"Python frameworks", "Node frameworks"}}


@dataclass(frozen=True)
class Block:
    page: str
    section: str
    number: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}-{self.number}"


def of_page(path: Path) -> list[Block]:
    page = path.relative_to(ROOT).as_posix()
    text = path.read_text("utf-8")
    return [
        Block(page, section_at(text, match.start()), number, match[1], match[2])
        for number, match in enumerate(FENCE.finditer(text), 1)
    ]


def section_at(text: str, place: int) -> str:
    """The heading of the second level above a place."""
    return text[:place].rpartition("\n## ")[2].partition("\n")[0]


def blocks(language: str) -> list[Block]:
    """All blocks in a language that are programs by themselves."""
    return [
        block
        for path in PAGES
        for block in of_page(path)
        if block.language == language and block.section not in OF_FRAMEWORKS.get(block.page, ())
    ]

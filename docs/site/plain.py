"""A Markdown file for each page, and `llms.txt`, which lists them."""

from __future__ import annotations

import re
from pathlib import Path

from pages import outside_code

TAB = re.compile(r"^/// tab \| (.+)\n", re.M)


def write(pages: dict[str, str], navigation: list[object], site: Path, about: str) -> None:
    for page, text in pages.items():
        (site / page).parent.mkdir(parents=True, exist_ok=True)
        (site / page).write_text(plain(text), "utf-8")
    lines = ["# dropoff", "", f"> {about}", ""]
    lines += ["Each page of this site is a Markdown file too, by the same name with `.md`.", ""]
    for title, page in entries(navigation):
        if page is None:
            lines += ["", f"## {title}", ""]
        else:
            lines.append(f"- [{title}]({page}): {summary(pages[page])}")
    (site / "llms.txt").write_text("\n".join(lines) + "\n", "utf-8")


def plain(text: str) -> str:
    """Without the notation of tabs: each has its language as a title in bold."""
    return outside_code(text, lambda prose: re.sub(r"^///\n+", "", TAB.sub(r"**\1**\n", prose), flags=re.M))


def summary(text: str) -> str:
    """The first sentence under the title."""
    for paragraph in text.split("\n\n")[1:]:
        if re.match(r"[\w`*\[\"“]", paragraph):
            flat = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", " ".join(paragraph.split()))
            return re.match(r".*?[.:](?= |$)|.*", flat.replace("**", ""))[0].rstrip(":")  # type: ignore[index]
    return ""


def entries(navigation: list[object]):  # type: ignore[no-untyped-def]
    """Titles and pages in the order of the site; a title without a page begins a group."""
    for entry in navigation:
        if isinstance(entry, str):
            yield "All kinds", entry
            continue
        assert isinstance(entry, dict)
        [(title, below)] = entry.items()
        if isinstance(below, str):
            yield title, below
        else:
            yield title, None
            yield from entries(below)

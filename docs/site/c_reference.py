"""The C reference, in Markdown, from `dropoff.h`: the header's sections in their order."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from pages import ROOT

HEADER = ROOT / "include/dropoff.h"
# A comment that opens a section of the header; `/**` is about what follows it.
COMMENT = re.compile(r"/\*(?!\*)\n(.*?)\n \*/\n", re.S)


def reference() -> str:
    text = HEADER.read_text("utf-8")
    first, *sections = list(COMMENT.finditer(text))
    lines = ["# C reference\n", "Made from `dropoff.h`, which is the manual and has the same text.\n"]
    lines += _prose(first[1])
    ends = [section.start() for section in sections[1:]] + [text.rindex("#ifdef __cplusplus")]
    for section, end in zip(sections, ends, strict=True):
        title, _, prose = section[1].removeprefix(" * ").partition("\n")
        lines += [f"## {title}\n", *_prose(prose)]
        lines += _declarations(text[section.end() : end])
    return "\n".join(lines)


def _prose(comment: str) -> Iterator[str]:
    bare = "\n".join(re.sub(r"^ \* ?", "", line) for line in comment.splitlines()).strip()
    for paragraph in re.split(r"\n\n(?=\S)", bare):
        plain, *code = re.split(r"\n\n(?= {4})", paragraph, maxsplit=1)
        yield _text(plain) + "\n"
        if code:
            yield f"```c\n{textwrap.dedent(code[0])}\n```\n"


def _text(prose: str) -> str:
    """Names are code; nothing else of it is Markdown."""
    escaped = prose.replace("<", "&lt;").replace("*", "\\*").replace("_free function", "`_free` function")
    return re.sub(r"(?<![`\w])(dropoff_\w+(?:\.\w+)?(?:\(\))?|DROPOFF_[A-Z_0-9]+)(?![`\w])", r"`\1`", escaped)


def _declarations(code: str) -> Iterator[str]:
    # A declaration begins with its comment at the left margin.
    for item in re.split(r"\n\n(?=/\*\*)", code.strip()):
        if not item.startswith("/**"):
            if item:
                yield f"```c\n{item}\n```\n"
            continue
        comment, _, declaration = item.partition("*/\n")
        about = " ".join(line.strip().removeprefix("*").strip() for line in comment[3:].strip().splitlines())
        if names := _names(declaration):
            yield f"### {names}\n"
        # What may be NULL, and which threads: each a paragraph.
        for part in re.split(r" (?=May be NULL:|Threads:)", about):
            yield _text(part) + "\n"
        yield f"```c\n{declaration.strip()}\n```\n"


def _names(declaration: str) -> str:
    """What a declaration declares."""
    if typedef := re.search(r"\}\s*(dropoff_\w+);", declaration):
        return typedef[1]
    if pointer := re.search(r"\(\*(dropoff_\w+)\)", declaration):
        return pointer[1]
    if opaque := re.match(r"typedef struct (dropoff_\w+)", declaration):
        return opaque[1]
    if function := re.search(r"\b(dropoff_\w+)\(", declaration):
        return function[1]
    return ""

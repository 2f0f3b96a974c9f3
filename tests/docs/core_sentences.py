"""The sentences of the core's errors, as its sources have them, and whether a quotation is of one."""

from __future__ import annotations

import re
import sys
from functools import cache

from blocks import ROOT

sys.path += [str(ROOT / "tests")]

from sizes import is_test  # noqa: E402

# Comments and characters are read so that a quotation mark in one begins no literal.
RUST = re.compile(
    r"""
    //[^\n]* | /\*.*?\*/
    | '(?: \\[^\n]+? | [^'\\\n] )'
    | r(?P<marks>\#*)"(?P<raw>.*?)"(?P=marks)
    | "(?P<text> (?: [^"\\] | \\. )* )"
    """,
    re.DOTALL | re.VERBOSE,
)
# A service's or storage's own code says enough by itself.
CODE = re.compile(r"\b[A-Z]{3,}(?:_[A-Z]+)+\b")


def literals_of(source: str) -> list[str]:
    """The string literals of a Rust file but for its tests, with those that go on in the next line as one."""
    found = []
    for match in RUST.finditer(source.split("#[cfg(test)]")[0]):
        if match["raw"] is not None:
            found.append(match["raw"])
        elif match["text"] is not None:
            text = re.sub(r"\\\n\s*", "", match["text"])
            found.append(re.sub(r"\\([\"\\])", r"\1", text))
    return found


@cache
def files() -> list[list[str]]:
    paths = sorted((ROOT / "core/src").rglob("*.rs"))
    return [literals_of(path.read_text("utf-8")) for path in paths if not is_test(path.relative_to(ROOT))]


def is_long(fragment: str) -> bool:
    return len(fragment.split()) >= 3 or bool(CODE.search(fragment))


def flaws(said: str) -> list[str]:
    """What is wrong with a quotation, whose `…` stands for what differs or is left out."""
    fragments = [part.strip() for part in said.split("…") if part.strip()]

    def are_in(file: list[str], fragments: list[str]) -> bool:
        return all(any(fragment in literal for literal in file) for fragment in fragments)

    found = [f"no error says {part!r}" for part in fragments if not any(are_in(f, [part]) for f in files())]
    if not any(is_long(part) for part in fragments):
        found.append(f"{said!r} is quoted too shortly to be known again")
    # A sentence may be put together from two files, and then each piece has to be known by itself.
    if not (all(map(is_long, fragments)) or any(are_in(file, fragments) for file in files())):
        found.append(f"no file has all of {said!r}")
    return found


def is_said(sentence: str) -> bool:
    """Whether an error says just this, with anything where its literal has a gap."""

    def fits(literal: str) -> bool:
        texts = re.split(r"\{[^{}]*\}", literal)
        pattern = ".+".join(map(re.escape, texts))
        # More than a gap with a few words around it.
        return sum(map(len, texts)) * 2 > len(sentence) and re.fullmatch(pattern, sentence) is not None

    return any(fits(literal) for file in files() for literal in file)

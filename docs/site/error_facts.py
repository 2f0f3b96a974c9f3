"""The facts about each kind of error that stand in the core's table, for the pages about them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from pages import ROOT


@dataclass
class Kind:
    name: str
    number: int
    variant: str
    sentence: str
    python: str
    python_also: list[str]

    def table(self) -> str:
        """What the kind is called, in each language."""
        also = "".join(f", also a `{name}`" for name in self.python_also)
        return (
            f"{self.sentence}\n\n"
            "| in | it is |\n|---|---|\n"
            f"| Python | `{self.python}`{also} |\n"
            f"| Node | `error.code === '{self.name}'` |\n"
            f"| C | `DROPOFF_{self.name.upper()}`, {self.number} |\n"
            f"| Rust | `ErrorKind::{self.variant}` |\n"
        )


def kinds() -> list[Kind]:
    vectors = json.loads((ROOT / "tests/vectors/errors.json").read_text("utf-8"))
    source = (ROOT / "core/src/error/kind.rs").read_text("utf-8")
    found = re.findall(r"((?: *///[^\n]*\n)+) *(\w+) = (\d+),", source)
    described = {int(number): (variant, _sentence(doc)) for doc, variant, number in found}
    names = ("python", "python_also")
    return [
        Kind(row["kind"], row["code"], *described[row["code"]], *(row[name] for name in names))
        for row in vectors
    ]


def _sentence(comment: str) -> str:
    return " ".join(line.strip().removeprefix("///").strip() for line in comment.strip().splitlines())


def index_table() -> str:
    rows = [f"| [`{kind.name}`]({kind.name}.md) | {kind.sentence} |" for kind in kinds()]
    return "| kind | |\n|---|---|\n" + "\n".join(rows) + "\n"


def with_facts(page: str, text: str) -> str:
    """A page about a kind has its facts under its title; the index has the table of all."""
    if page == "errors/index.md":
        return text.replace("<!-- kinds -->\n", index_table())
    for kind in kinds():
        if page == f"errors/{kind.name}.md":
            title, _, rest = text.partition("\n")
            return f"{title}\n\n{kind.table()}{rest}"
    return text

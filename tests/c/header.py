"""include/dropoff.h as data, for tests that no function can escape."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HEADER = Path(__file__).resolve().parents[2] / "include" / "dropoff.h"


@dataclass
class Parameter:
    type: str
    name: str

    @property
    def is_pointer(self) -> bool:
        return self.type.endswith("*") or self.type in CALLBACKS

    @property
    def is_place(self) -> bool:
        """Something is written there."""
        return self.type.endswith("**") or (self.is_pointer and self.type in ("bool *", "uint64_t *"))


@dataclass
class Function:
    name: str
    returns: str
    parameters: list[Parameter]
    comment: str

    @property
    def fallible(self) -> bool:
        return self.returns == "dropoff_status" and self.parameters[-1].name == "error"

    @property
    def may_be_null(self) -> set[str]:
        """As the comment says; the place for an error always."""
        listed = re.search(r"May be NULL: (.*)\.$", self.comment, re.M)
        return {"error", *(listed[1].split(", ") if listed else [])}


@dataclass
class Type:
    name: str
    comment: str


COMMENTED = re.compile(r"^/\*\*(?P<comment>(?:(?!\*/).)*)\*/\n(?P<declared>\w[^;{]*[;{])", re.M | re.S)
FUNCTION = re.compile(r"(?P<returns>.*?)(?P<name>dropoff_\w+)\((?P<parameters>.*)\);", re.S)


def _text(comment: str) -> str:
    return re.sub(r"^ ?\* ?", "", comment.strip(), flags=re.M)


def _parameter(text: str) -> Parameter:
    found = re.fullmatch(r"(.*?)(\w+)", " ".join(text.split()))
    assert found, text
    return Parameter(found[1].strip(), found[2])


def _parse(text: str) -> tuple[list[Function], list[Type]]:
    functions, types = [], []
    for found in COMMENTED.finditer(text):
        comment, declared = _text(found["comment"]), found["declared"]
        if declared.startswith("typedef"):
            if declared.endswith("{"):  # an enum or a struct, named where it ends
                end = re.compile(r"^\} (\w+);", re.M).search(text, found.end())
                assert end
                types.append(Type(end[1], comment))
            else:
                name = re.search(r"\(\*(\w+)\)", declared) or re.search(r"(\w+);$", declared)
                assert name, declared
                types.append(Type(name[1], comment))
        else:
            parts = FUNCTION.fullmatch(declared)
            assert parts, declared
            inside = parts["parameters"]
            parameters = [] if inside == "void" else [_parameter(p) for p in inside.split(",")]
            functions.append(Function(parts["name"], parts["returns"].strip(), parameters, comment))
    return functions, types


TEXT = HEADER.read_text()
CALLBACKS = set(re.findall(r"^typedef \w+ \(\*(\w+)\)", TEXT, re.M))
FUNCTIONS, TYPES = _parse(TEXT)


def enumerators() -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r"^    (DROPOFF_\w+) = (\d+),$", TEXT, re.M)}

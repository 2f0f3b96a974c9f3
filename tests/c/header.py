"""include/dropoff.h as data, for tests that no function and no field can escape."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
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
        return self.type.endswith("**") or self.type in ("bool *", "uint64_t *", "int *")

    @property
    def pointed_to(self) -> str:
        return self.type.removeprefix("const ").removesuffix(" *")


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
        listed = re.search(r"May be NULL: ([\w, ]+)\.", self.comment)
        return {"error", *(listed[1].split(", ") if listed else [])}


@dataclass
class Field:
    type: str
    name: str
    comment: str

    @property
    def pointed_to(self) -> str:
        return self.type.removeprefix("const ").removesuffix(" *")


@dataclass
class Type:
    name: str
    comment: str
    # Of a struct that shows them.
    fields: list[Field] = field(default_factory=list)

    @property
    def init(self) -> str:
        """The macro that begins it, if a program fills it."""
        name = f"{self.name.upper()}_INIT"
        return name if name in INITS else ""

    @property
    def is_opaque(self) -> bool:
        return f"typedef struct {self.name} {self.name};" in TEXT

    def counts(self, list_: Field) -> bool:
        """Whether the field after this one says how many there are."""
        after = self.fields[self.fields.index(list_) + 1 :]
        return bool(after) and after[0].name == f"{list_.name}_count"


COMMENTED = re.compile(r"^/\*\*(?P<comment>(?:(?!\*/).)*)\*/\n(?P<declared>\w[^;{]*[;{])", re.M | re.S)
FUNCTION = re.compile(r"(?P<returns>.*?)(?P<name>dropoff_\w+)\((?P<parameters>.*)\);", re.S)
FIELD = re.compile(
    r"\s*(?:/\*\*(?P<comment>(?:(?!\*/).)*)\*/\s*)?(?P<type>[\w\s*]*?)(?P<name>\w+)(?:\[\d+\])?;", re.S
)


def _text(comment: str) -> str:
    """Its words, in one line."""
    return " ".join(re.sub(r"^ *\*(?!/)", "", comment.strip(), flags=re.M).split())


def _field(found: re.Match[str]) -> Field:
    return Field(" ".join(found["type"].split()), found["name"], _text(found["comment"] or ""))


def _declared(text: str) -> tuple[str, str]:
    """A type and a name."""
    found = re.fullmatch(r"(.*?)(\w+)", " ".join(text.split()))
    assert found, text
    return found[1].strip(), found[2]


def _parse(text: str) -> tuple[list[Function], list[Type]]:
    functions, types = [], []
    for found in COMMENTED.finditer(text):
        comment, declared = _text(found["comment"]), found["declared"]
        if declared.startswith("typedef"):
            if declared.endswith("{"):  # an enum or a struct, named where it ends
                end = re.compile(r"^\} (\w+);", re.M).search(text, found.end())
                assert end
                shown = FIELD.finditer(text, found.end(), end.start())
                is_struct = declared.startswith("typedef struct")
                types.append(Type(end[1], comment, [_field(f) for f in shown] if is_struct else []))
            else:
                name = re.search(r"\(\*(\w+)\)", declared) or re.search(r"(\w+);$", declared)
                assert name, declared
                types.append(Type(name[1], comment))
        else:
            parts = FUNCTION.fullmatch(declared)
            assert parts, declared
            inside = parts["parameters"]
            parameters = [] if inside == "void" else [Parameter(*_declared(p)) for p in inside.split(",")]
            functions.append(Function(parts["name"], parts["returns"].strip(), parameters, comment))
    return functions, types


TEXT = HEADER.read_text()
CALLBACKS = set(re.findall(r"^typedef \w+ \(\*(\w+)\)", TEXT, re.M))
# What each macro puts into the fields of its struct.
INITS = {
    name: [value.strip() for value in re.sub(r"\\\n", "", values).split(",")]
    for name, values in re.findall(r"^#define (DROPOFF_\w+_INIT) \\\n\s*\{([^}]*)\}", TEXT, re.M)
}
FUNCTIONS, TYPES = _parse(TEXT)


def enumerators() -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r"^    (DROPOFF_\w+) = (\d+),$", TEXT, re.M)}

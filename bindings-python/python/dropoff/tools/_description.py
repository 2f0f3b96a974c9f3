"""The description that all languages share: names, schemas, sentences; and the facts as it describes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from .._errors import DropoffError, InvalidInputError

# A copy of `core/src/tools.json`; `make generate` makes it.
_DESCRIPTION: Final[dict[str, Any]] = json.loads(files(__package__).joinpath("tools.json").read_text("utf-8"))

TOOLS: Final[list[dict[str, Any]]] = _DESCRIPTION["tools"]
REFUSED_NAMES: Final[list[str]] = _DESCRIPTION["refused_names"]
ERROR_SCHEMA: Final[dict[str, Any]] = _DESCRIPTION["error"]
"""The JSON Schema of what a tool gives after a failure."""


def refusal(which: str, **values: str) -> InvalidInputError:
    """The error for arguments that are wrong or not allowed."""
    return InvalidInputError(sentence(which, **values))


def sentence(which: str, **values: str) -> str:
    """One of the description's sentences, with its values in one line each."""
    # Values are a model's: no format of theirs may be looked up.
    text: str = _DESCRIPTION["refusals"][which]
    parts = text.replace("}", "{").split("{")
    return "".join(_one_line(values[part]) if at % 2 else part for at, part in enumerate(parts))


def due(kind: str, **values: str) -> str:
    """What an argument of a type has to be, in words."""
    text: str = _DESCRIPTION["due"][kind]
    return text.replace("{names}", values.get("names", ""))


def _one_line(text: str) -> str:
    return " ".join(text.split()) if text.strip() else "an empty text"


def described(schema: Mapping[str, Any], value: Any) -> Any:
    """The facts of `value` that the schema has, without those that are absent."""
    if isinstance(value, Mapping) and "properties" in schema:
        known = ((name, inner, value.get(name)) for name, inner in schema["properties"].items())
        required = schema.get("required", ())
        return {
            name: described(inner, fact)
            for name, inner, fact in known
            if fact is not None and (fact != [] or name in required)
        }
    if isinstance(value, list) and "items" in schema:
        return [described(schema["items"], item) for item in value]
    return value


def failure(error: DropoffError) -> dict[str, Any]:
    """An error as a model is told of it."""
    facts = error.to_dict()
    facts["next"] = next(
        rule["say"]
        for rule in _DESCRIPTION["next"]
        if all(facts.get(name) == value for name, value in rule["when"].items())
    )
    told: dict[str, Any] = described(ERROR_SCHEMA, {"error": facts})
    return told

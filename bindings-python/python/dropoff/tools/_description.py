"""The description that all languages share, and the facts as it describes them."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any, Final

from .._errors import DropoffError, InvalidInputError
from .._native import _tool_sentence, _tools_description

_DESCRIPTION: Final[dict[str, Any]] = json.loads(_tools_description())

TOOLS: Final[list[dict[str, Any]]] = _DESCRIPTION["tools"]
# What is public may be changed by a framework, so nothing is read from it.
ERROR_SCHEMA: Final[dict[str, Any]] = copy.deepcopy(_DESCRIPTION["error"])
"""The JSON Schema of what a tool gives after a failure."""


def sentence(which: str, **values: str) -> str:
    """One of the description's sentences."""
    return _tool_sentence(which, list(values.items()))


def refusal(which: str, **values: str) -> InvalidInputError:
    """The error for arguments that are wrong or not allowed."""
    return InvalidInputError(sentence(which, **values))


def described(schema: Mapping[str, Any], value: Any) -> Any:
    """The facts of `value` that the schema has, without those that are absent or of another type: a service's
    own answers are told too, and whoever compares a whole answer with the schema would drop all of it."""
    if isinstance(value, Mapping) and "properties" in schema:
        known = ((name, inner, value.get(name)) for name, inner in schema["properties"].items())
        required = schema.get("required", ())
        return {
            name: described(inner, fact)
            for name, inner, fact in known
            if fact is not None and _fits(inner, fact) and (fact != [] or name in required)
        }
    if isinstance(value, list) and "items" in schema:
        return [described(schema["items"], item) for item in value if _fits(schema["items"], item)]
    return value


def _fits(schema: Mapping[str, Any], fact: Any) -> bool:
    kind = schema.get("type")
    if isinstance(fact, bool):
        # To Python it is a number, too.
        return kind in (None, "boolean")
    if kind == "integer" and isinstance(fact, float):
        return fact.is_integer()
    return isinstance(fact, _TYPES.get(kind, object))


_TYPES: Final[dict[str | None, Any]] = {
    "string": str,
    "boolean": bool,
    "number": (int, float),
    "integer": int,
    "array": list,
    "object": Mapping,
}


def failure(error: DropoffError) -> dict[str, Any]:
    """An error as a model is told of it."""
    facts = error.to_dict()
    facts["next"] = next(
        rule["say"]
        for rule in _DESCRIPTION["next"]
        if all(facts.get(name) == value for name, value in rule["when"].items())
    )
    told: dict[str, Any] = described(_DESCRIPTION["error"], {"error": facts})
    return told

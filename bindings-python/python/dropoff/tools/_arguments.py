"""A model's arguments, compared with the schema it was given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ._description import due, refusal


def checked(tool: str, schema: Mapping[str, Any], given: Mapping[str, Any] | str) -> dict[str, Any]:
    """The arguments without those that are null, which frameworks send for what was left out."""
    if isinstance(given, str):
        given = _parsed(tool, given)
    if not isinstance(given, Mapping):
        raise refusal("arguments", tool=tool)
    properties: Mapping[str, Any] = schema["properties"]
    for name in given:
        if name not in properties:
            raise refusal("unknown", tool=tool, name=str(name), names=", ".join(properties))
    arguments = {name: value for name, value in given.items() if value is not None}
    for name in schema["required"]:
        if name not in arguments:
            raise refusal("missing", name=name, tool=tool)
    return {name: _typed(name, properties[name], value) for name, value in arguments.items()}


def _parsed(tool: str, text: str) -> Any:
    # Some models send no text at all where there are no arguments.
    if not text.strip():
        return {}
    try:
        return json.loads(text)
    except ValueError:
        raise refusal("arguments", tool=tool) from None


def _typed(name: str, schema: Mapping[str, Any], value: Any) -> Any:
    kind = schema["type"]
    # JSON has one type of number.
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        value = int(value)
    if not _is(kind, value) or ("items" in schema and not all(isinstance(item, str) for item in value)):
        raise refusal("type", name=name, due=due(kind))
    if "enum" in schema and value not in schema["enum"]:
        raise refusal("type", name=name, due=due("enum", names=", ".join(schema["enum"])))
    return value


def _is(kind: str, value: Any) -> bool:
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "boolean": bool, "array": list}[kind])

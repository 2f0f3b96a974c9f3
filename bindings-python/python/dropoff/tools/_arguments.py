"""A model's arguments, which the core compares with the schema that the model was given."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from typing import Any

from .._native import _tool_arguments
from ._description import refusal


def checked(tool: str, schema: str, given: Mapping[str, Any] | str) -> dict[str, Any]:
    """The arguments without those that are null.

    :param schema: as JSON text.
    """
    try:
        text = given if isinstance(given, str) else json.dumps(given, default=_plain, allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError):
        # No JSON holds them, such as half a character or a list that holds itself.
        raise refusal("arguments", tool=tool) from None
    arguments: dict[str, Any] = json.loads(_tool_arguments(tool, schema, text))
    return arguments


def _plain(value: object) -> object:
    """What frameworks hand over beside what JSON knows."""
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Collection) and not isinstance(value, bytes | bytearray | memoryview):
        return list(value)
    raise TypeError

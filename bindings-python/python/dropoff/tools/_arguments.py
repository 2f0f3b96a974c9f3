"""A model's arguments, which the core compares with the schema that the model was given."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from .._native import _tool_arguments
from ._description import refusal


def checked(tool: str, schema: str, given: Mapping[str, Any] | str) -> dict[str, Any]:
    """The arguments without those that are null.

    :param schema: as JSON text.
    """
    try:
        text = given if isinstance(given, str) else json.dumps(given, default=os.fspath)
        arguments: dict[str, Any] = json.loads(_tool_arguments(tool, schema, text))
    except (TypeError, UnicodeError):
        # No JSON holds them, such as half a character.
        raise refusal("arguments", tool=tool) from None
    return arguments

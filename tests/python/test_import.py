"""What an import of the package costs."""

from __future__ import annotations

from pathlib import Path

import dropoff
from helpers import (
    python,
)


def test_the_package_is_cheap_to_import() -> None:
    code = """
import sys
before = set(sys.modules)
import dropoff
print(*sorted(m for m in set(sys.modules) - before if m.partition(".")[0] != "dropoff"))
print(*[n for n in dropoff.__all__ if n not in dir(dropoff)])
from dropoff import AsyncAgentDrop
assert "asyncio" in sys.modules and AsyncAgentDrop is dropoff.AsyncAgentDrop
assert AsyncAgentDrop.__module__ == "dropoff" and hasattr(dropoff, "Options")
assert not hasattr(dropoff, "AsyncNothing")
"""
    code = f"import sys; sys.path[:0] = {[str(Path(dropoff.__file__).parents[1])]!r}\n" + code
    with python(code, "-S", "-I") as process:
        out, err = process.ended()
    assert process.returncode == 0, err
    imported, missing = out.split("\n")[:2]
    # asyncio and typing would cost more than all the rest.
    assert not {"asyncio", "typing", "inspect", "socket", "logging"} & set(imported.split()), imported
    assert missing == ""

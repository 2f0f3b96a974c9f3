"""What a runner of tests/vectors/scenarios that is written in Python needs: the data, the sources as files,
and the comparison. It knows the sandbox's log and no binding."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).resolve().parents[1]
VECTORS = ROOT / "tests" / "vectors"

Scenario = dict[str, Any]


# Part of a name: only those scenarios are run, and what passed is told elsewhere. See scenario.py.
CHOSEN = os.environ.get("DROPOFF_SCENARIO", "")


def scenarios() -> list[Scenario]:
    files = sorted((VECTORS / "scenarios").glob("*.json"))
    every = [scenario for file in files for scenario in json.loads(file.read_text())]
    chosen = [scenario for scenario in every if CHOSEN in scenario["name"]]
    assert chosen, "no scenarios"
    return chosen


def merged(into: Any, changes: Any) -> Any:
    """Objects are merged, `null` removes, anything else replaces."""
    if not (isinstance(into, dict) and isinstance(changes, dict)):
        return changes
    result = dict(into)
    for name, change in changes.items():
        if change is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), change)
    return result


# -- sources


@dataclass
class Source:
    """A file or folder that holds a source, how it is to be given, and its bytes where they are known."""

    kind: str  # path, memory or reader
    path: Path
    name: str | None
    content_type: str | None
    content: bytes | None
    encryption_iv: str | None = None


def pattern(length: int) -> bytes:
    """Byte i is (i * 31 + 7) mod 251, which repeats every 251 bytes."""
    period = bytes((i * 31 + 7) % 251 for i in range(251))
    return (period * (length // 251 + 1))[:length]


def zipped(length: int) -> bytes:
    """A zip with one stored file."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        file.writestr(zipfile.ZipInfo("Default/Cookies"), pattern(length))
    return archive.getvalue()


def source(spec: dict[str, Any], at: int, folder: Path) -> Source:
    """Makes one below `folder`. Memory and streams are files too, for a program to read."""
    path = folder / spec.get("name", f"file-{at}.bin")
    kind, content = "path", None
    match spec:
        case {"memory": int(length)}:
            kind, content = "memory", pattern(length)
        case {"path": int(length)}:
            content = pattern(length)
        case {"reader": int(length)}:
            kind, content = "reader", pattern(length)
        case {"rewindable": int(length)}:
            kind, content = "rewindable", pattern(length)
        case {"zip": int(length)}:
            kind, content = "memory", zipped(length)
        case {"text": str(text)}:
            kind, content = "memory", text.encode()
        case {"hex": str(digits)}:
            content = bytes.fromhex(digits)
        case {"folder": dict(files)}:
            for name, length in files.items():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                (path / name).write_bytes(pattern(length))
        case {"directory": True}:
            path.mkdir()
        case {"unreadable": True}:
            path.symlink_to(path)  # permissions do not stop root; a link to itself stops everyone
        case {"missing": True}:
            pass
        case _:
            raise AssertionError(f"unknown source {spec}")
    if kind != "path":
        path = folder / f"content-{at}"  # the name may be one that no file can have
    if content is not None:
        path.write_bytes(content)
    return Source(kind, path, spec.get("name"), spec.get("content_type"), content, spec.get("encryption_iv"))


def rewrite(sources: list[Source]) -> None:
    """Writes other bytes of the same length into every file; memory stays as it is."""
    for changed in sources:
        if changed.kind == "path" and changed.path.is_file():
            changed.path.write_bytes(bytes(byte ^ 0xFF for byte in changed.path.read_bytes()))


def touch(sources: list[Source]) -> None:
    """Gives every file another time."""
    for touched in sources:
        if touched.kind == "path" and touched.path.is_file():
            os.utime(touched.path, (1e9, 1e9))


def remove(sources: list[Source]) -> None:
    """Removes every file."""
    for gone in sources:
        if gone.kind == "path":
            gone.path.unlink()


# -- comparison


class HasContent(Protocol):
    """Whatever a language makes of a source."""

    content: bytes | None


def expect(path: str, wanted: Any, got: Any) -> None:
    """Compares the fields named, and says where the first difference is."""
    match wanted:
        case {"contains": needles}:
            for needle in [needles] if isinstance(needles, str) else needles:
                assert needle in got, f"{path}: {needle!r} is not in {got!r}"
        case {"present": True}:
            assert got is not None, f"{path}: nothing there"
        case dict():
            for name, value in wanted.items():
                expect(f"{path}.{name}", value, got.get(name))
        case list():
            assert len(wanted) == len(got), f"{path}: {got}"
            for at, value in enumerate(wanted):
                expect(f"{path}[{at}]", value, got[at])
        case _:
            assert wanted == got, f"{path}: wanted {wanted!r}, got {got!r}"


def expect_outcome(scenario: Scenario, outcome: dict[str, Any], objects: list[dict[str, Any]]) -> None:
    """`outcome` holds `result` or `error`, as the language's JSON has it."""
    wanted = scenario["expect"]
    assert set(outcome) == set(wanted), f"wanted {wanted}, got {outcome}"
    if "error" in wanted:
        message = outcome["error"]["message"]
        assert message and "\n" not in message
    elif "matches_sent" in str(wanted["result"].get("checksum")):
        wanted = {"result": wanted["result"] | {"checksum": objects[0]["sha256"]}}
    for part, fields in wanted.items():
        expect(part, fields, outcome[part])


def expect_requests(
    scenario: Scenario,
    sources: Sequence[HasContent],
    log: list[dict[str, Any]],
    objects: list[dict[str, Any]],
) -> None:
    for operation, count in scenario.get("requests", {}).items():
        if operation == "stored":
            held = {o["sha256"] for o in objects}
            sent = {hashlib.sha256(s.content).hexdigest() for s in sources if s.content is not None}
            assert sent <= held, "storage lacks a source"
        else:
            seen = [entry for entry in log if entry["op"] == operation]
            assert len(seen) == count, f"{operation}: {json.dumps(log, indent=1)}"
    for operation, entries in scenario.get("seen", {}).items():
        expect(f"seen.{operation}", entries, [entry for entry in log if entry["op"] == operation])
    # Whatever happens, the key never goes to storage and bytes are never sent chunked.
    for entry in log:
        if entry["op"] in ("put", "put_part", "post_form"):
            assert not entry["authorization"] and not entry["chunked"], entry


# -- the table of scenarios and languages


def passed_folder(language: str) -> Path:
    """Where a runner leaves an empty file per scenario that passed; emptied when it begins."""
    folder = ROOT / "target" / ("scenario" if CHOSEN else "scenarios") / language
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    return folder

"""What the suites of all platforms share: the sandbox, the core's tests, a program in C that sends a file."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emulated import ROOT

TESTS = ROOT / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "dist")]

from child import Child  # noqa: E402
from use import C as USE_C  # noqa: E402

# The libraries of all faces, and the core's own tests.
BUILD = [
    "--lib",
    "--tests",
    *(f"-p{name}" for name in ["dropoff", "dropoff-c", "dropoff-node", "dropoff-python"]),
]
# The command, which has the sandbox inside, and the sandbox by itself.
COMMAND = ["--bin", "dropoff", "-pdropoff-cli", "--bin", "dropoff-sandbox", "-pdropoff-sandbox"]
# Of tests/c, on every platform.
OF_C = ["tests/c/test_scenarios.py", "tests/c/test_sealed.py"]
# What the command prints, and how it ends; the shells that complete it are no matter of the system.
OF_COMMAND = [f"tests/cli/test_{name}.py" for name in ["results", "errors", "bad_input", "terminal"]]
PYTEST = ["-m", "pytest", "-v", "-p", "no:cacheprovider"]
# Of tests/node, on every platform.
NODE_SUITES = ["scenarios", "sealing", "sources", "profiles", "options", "transfers", "errors"]
TOLD = {"API_URL": "api_url", "STORAGE_URL": "storage_url", "AGENTDROP_API_KEY": "agentdrop_api_key"}
STRICT: list[str | Path] = ["-std=c99", "-Wall", "-Wextra", "-Werror"]
# Runs a program with an environment, its output in a file.
Runner = Callable[[dict[str, str], Path], int]
# By name, and run when it is its turn.
Suites = dict[str, Callable[[], "Suite"]]


@dataclass
class Suite:
    name: str
    code: int
    log: Path
    # How its log is read: tap, rust or pytest.
    kind: str = "tap"


def sandbox_program() -> Path:
    program = Path(os.environ.get("DROPOFF_SANDBOX", ROOT / "target" / "debug" / "dropoff-sandbox"))
    if not program.exists():
        raise SystemExit(f"{program} is missing; run: cargo build -p dropoff-sandbox")
    return program


def core_tests(debug: Path, suffix: str = "") -> Path:
    """The program that cargo built last. The command has the same name, and other sources."""
    programs = [path for path in (debug / "deps").glob("dropoff-*") if path.suffix == suffix]
    ours = [path for path in programs if "core/src/lib.rs" in path.with_suffix(".d").read_text()]
    return max(ours, key=lambda path: path.stat().st_mtime)


def node_files(more: list[str] | None = None) -> list[Path]:
    return [TESTS / "node" / f"{name}.test.mjs" for name in [*NODE_SUITES, *(more or [])]]


def write_source(stage: Path) -> Path:
    """The program in C that tests/dist uses packages with."""
    stage.mkdir(parents=True, exist_ok=True)
    source = stage / "use.c"
    source.write_text(USE_C)
    return source


def sends_a_file(run: Runner, stage: Path, log: Path) -> int:
    """Runs what was made of it at a sandbox of its own."""
    with Child([sandbox_program(), "serve", "--exit-with-stdin"]) as sandbox:
        told = {name: sandbox.ready[key] for name, key in TOLD.items()}
        (stage / "report.pdf").write_bytes(b"%PDF")
        code = run(told, log)
    if code == 0 and not log.read_text().strip().endswith("active"):
        return 1
    return code


def demo_of_node(stage: Path) -> Path:
    """The tour of `make demo`, where it finds the package as one that is installed."""
    folder = stage / "demo"
    modules = folder / "node_modules"
    modules.mkdir(parents=True, exist_ok=True)
    if not (modules / "dropoff").is_symlink():
        (modules / "dropoff").symlink_to(ROOT / "bindings-node")
    return Path(shutil.copy(ROOT / "examples" / "node" / "demo.mjs", folder))


def write_script(place: Path, lines: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"#!/bin/sh\n{lines}")
    place.chmod(0o755)


def replace(source: Path, place: Path) -> None:
    """A program that has the old one open keeps it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    new = place.with_name(f"{place.name}.{os.getpid()}")
    shutil.copy(source, new)
    new.replace(place)


def tap(log: Path, passed: dict[str, bool], name: str = "C") -> Suite:
    """A suite of programs that are no tests by themselves."""
    lines = [f"{'ok' if ok else 'not ok'} {at} - {test}" for at, (test, ok) in enumerate(passed.items(), 1)]
    log.write_text("\n".join([*lines, f"1..{len(passed)}", ""]))
    return Suite(name, 0 if all(passed.values()) else 1, log)

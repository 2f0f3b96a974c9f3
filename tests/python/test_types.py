"""The stubs say what the compiled half does, and a typical program type-checks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def run(*command: str | Path) -> None:
    line = [sys.executable, "-m", *command]
    # Where the scenarios' comparison is, which C's tests share.
    env = os.environ | {"MYPYPATH": str(HERE.parent)}
    done = subprocess.run(line, cwd=HERE, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_typical_program_type_checks() -> None:
    run("mypy", "--strict", "--warn-unreachable", "typed_sample.py")


def test_the_package_and_its_tests_type_check() -> None:
    run("mypy", "--strict", "-p", "dropoff", "-p", "pytest_dropoff")
    run("mypy", "--strict", *HERE.glob("*.py"))


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_the_package_type_checks_for_other_systems(system: str) -> None:
    """Their branches are no code for mypy here."""
    run("mypy", "--strict", "--platform", system, "-p", "dropoff", "-p", "pytest_dropoff")


def test_pyright_agrees() -> None:
    """It infers more than mypy, and marks what users see in their editors."""
    tool = HERE.parents[1] / "bindings-node/node_modules/pyright/index.js"
    line: list[str | Path] = ["node", tool, "--pythonpath", sys.executable]
    line += ["--project", "pyrightconfig.json"]
    done = subprocess.run(line, cwd=HERE, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "0 errors, 0 warnings" in done.stdout, done.stdout + done.stderr


def test_the_stubs_are_what_is_there() -> None:
    run("mypy.stubtest", "dropoff", "--allowlist", "stubtest-allowlist.txt")

"""The shell lines of the documentation. `test_install.py` runs those that install, which are the README's; a
target of make must be there; this file runs all others. A block that begins with `#!` is one script."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from blocks import ROOT, Block, blocks
from conftest import README
from test_install import INSTALL, lines

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def commands(block: Block) -> list[str]:
    if block.text.startswith("#!"):
        return [block.text]
    return [line for line in lines(f"```sh\n{block.text}```") if line not in INSTALL]


def test_there_is_something_to_install() -> None:
    assert len(INSTALL) >= 6 and "```sh" in README


@pytest.mark.parametrize("block", [block for block in blocks("sh") if commands(block)], ids=str)
def test_shell(block: Block, place: Path, environment: dict[str, str]) -> None:
    for line in commands(block):
        if target := re.fullmatch(r"make ([\w-]+)", line):
            assert re.search(rf"^\.PHONY:.* {target[1]}\b", MAKEFILE, re.M), line
            continue
        command = ["bash", "-euo", "pipefail", "-c", line]
        done = subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"

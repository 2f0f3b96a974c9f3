"""The sandbox's program: where it is, and how it is started and ended."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sysconfig
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

VARIABLE = "DROPOFF_SANDBOX"
# The sandbox alone; and the command, which has it as a subcommand.
NAMES = {"dropoff-sandbox": "serve", "dropoff": "sandbox"}
# It starts within milliseconds. A machine may stand still for many of them.
START_LIMIT = 60.0
STOP_LIMIT = 10.0


def found(given: str | PathLike[str] | None) -> str:
    """The path given, else the environment's, else the program of this Python's scripts or of the PATH."""
    if given is not None:
        return os.fspath(given)
    if named := os.environ.get(VARIABLE):
        return named
    folders = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
    for name in NAMES:
        if program := shutil.which(name, path=folders):
            return program
    raise FileNotFoundError(
        "there is no program dropoff or dropoff-sandbox: install dropoff-cli, or name its path in the "
        f"environment variable {VARIABLE}"
    )


class Program:
    """It runs until it is stopped, and ends with this process, however that ends."""

    def __init__(self, program: str, options: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [program, NAMES.get(Path(program).stem, "serve"), "--exit-with-stdin", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        try:
            self.ready = self._first_line(program)
        except BaseException:
            self.stop()
            raise

    def _first_line(self, program: str) -> dict[str, Any]:
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], START_LIMIT)
        line = self._process.stdout.readline() if readable else b""
        if not line:
            status = self._ended()
            what = f"did not say so within {START_LIMIT:.0f} s" if status is None else f"ended with {status}"
            raise RuntimeError(f"{program} is not ready, it {what}; its standard error says why")
        ready: dict[str, Any] = json.loads(line)
        return ready

    def _ended(self) -> int | None:
        try:
            # Its output ends a moment before it does.
            return self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

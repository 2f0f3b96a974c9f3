"""The sandbox's program: where it is, and how it is started and ended."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from queue import Empty, Queue
from typing import Any

VARIABLE = "DROPOFF_SANDBOX"
NAME = "dropoff-sandbox"
# The sandbox alone; and the command, which has it as a subcommand.
NAMES = {NAME: "serve", "dropoff": "sandbox"}
# It starts within milliseconds. A machine may stand still for many of them.
START_LIMIT = 60.0
STOP_LIMIT = 10.0
# Bytes. A sandbox says it is ready within a few hundred.
LINE_LIMIT = 65_536
_FACTS = ("api_url", "storage_url", "control_url", "h_api_key", "agentdrop_api_key")
# Windows knows no `process_group`, and passes it by.
if sys.platform == "win32":
    _OWN_GROUP = subprocess.CREATE_NEW_PROCESS_GROUP
else:
    _OWN_GROUP = 0
# Of programs on Windows, by pip and by npm.
_ENDS = (".exe", ".cmd", ".bat")
_NAMED = f"name the right one in the environment variable {VARIABLE}"


def found(given: str | PathLike[str] | None) -> str:
    """The path given, else the environment's, else the program of this Python's scripts or of the PATH."""
    if given is not None:
        return os.fspath(given)
    if named := os.environ.get(VARIABLE):
        return named
    folders = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
    for name in NAMES:
        if program := _program_in(folders, name):
            return program
    raise FileNotFoundError(
        "there is no program dropoff or dropoff-sandbox: install dropoff-cli, or name its path in the "
        f"environment variable {VARIABLE}"
    )


def _program_in(folders: str, name: str) -> str | None:
    if sys.platform != "win32":
        return shutil.which(name, path=folders)
    # `which` would look into the current folder first, and take a `dropoff.js` there for the program.
    named = (Path(folder, name + end) for folder in folders.split(os.pathsep) for end in _ENDS if folder)
    return next((os.fspath(file) for file in named if file.is_file()), None)


class Program:
    """It runs until it is stopped, and ends with this process, however that ends."""

    def __init__(self, program: str, options: Sequence[str]) -> None:
        try:
            self._process = subprocess.Popen(
                [program, NAMES.get(Path(program).stem.lower(), "serve"), "--exit-with-stdin", *options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                # Ctrl-C at a prompt or in a debugger is for the program there, and not for this one.
                process_group=0,
                creationflags=_OWN_GROUP,
            )
        except FileNotFoundError:
            raise FileNotFoundError(f"there is no program {program}; {_NAMED}") from None
        except (OSError, ValueError) as error:
            why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
            raise RuntimeError(f"{program} cannot be started ({why}); {_NAMED}") from error
        try:
            self.ready = _services(program, self._first_line(program))
        except BaseException:
            self._process.kill()
            self.stop()
            raise

    def _first_line(self, program: str) -> bytes:
        """Its first line, or as much of it as there may be."""
        line: Queue[bytes] = Queue()
        # Not select(), which takes no pipe on Windows and no descriptor beyond the 1,024th elsewhere. The
        # thread ends with the line, or with the program.
        threading.Thread(target=lambda: line.put(self._read_line()), daemon=True).start()
        try:
            told = line.get(timeout=START_LIMIT)
        except Empty:
            limit = f"{START_LIMIT:.0f} s"
            raise RuntimeError(
                f"{program} is not ready, it did not say so within {limit}; {_NAMED}"
            ) from None
        if b"\n" not in told and len(told) < LINE_LIMIT:
            raise RuntimeError(
                f"{program} is not ready, it ended with {self._status()}; its standard error says why, "
                f"or it is no sandbox: {_NAMED}"
            )
        return told.partition(b"\n")[0]

    def _read_line(self) -> bytes:
        assert self._process.stdout is not None
        line = b""
        while b"\n" not in line and len(line) < LINE_LIMIT:
            try:
                part = os.read(self._process.stdout.fileno(), LINE_LIMIT)
            except (OSError, ValueError):
                # It was given up, and its output is closed.
                break
            if not part:
                break
            line += part
        return line

    def _status(self) -> object:
        try:
            # Its output ends a moment before it does.
            return self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            return "no more output"

    def stop(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def _services(program: str, line: bytes) -> dict[str, Any]:
    """Where it listens, and its keys."""
    try:
        told = json.loads(line)
    except ValueError:
        told = None
    facts = told if isinstance(told, dict) else {}
    if not all(isinstance(facts.get(name), str) for name in _FACTS) or "ca_file" not in facts:
        raise RuntimeError(
            f"{program} is no sandbox, or one of another version: it does not say where it listens; {_NAMED}"
        )
    return facts

"""What several tests need."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import sqlite3
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from conftest import Sandbox
from control import HANGS
from control import until as until
from dropoff import Progress

TERMS: dict[str, Any] = {"sender": "sender-agent", "recipient": "recipient-agent"}
PROFILE: dict[str, Any] = {"name": "p", "browser_name": "chromium", "browser_version": "131"}
BIG = bytes(20_000_000)
STALL = {"on": "put", "times": -1, "do": {"stall_after": 100_000}}
# Waits, before anything of it is handled, until the faults are cleared.
HELD = {"on": "put", "do": {"hold": True}}
# The folder that programs of the tests import from, beside the package.
SHARED = str(Path(__file__).parents[1])
# Gives such a program `until`, and the sandbox as `sandbox`.
CONTROL = f"sys.path.append({SHARED!r}); from control import *; sandbox = Control('{{}}')"


def user_data(folder: Path) -> Path:
    """A folder as a Chromium that was signed in on Linux leaves it."""
    (folder / "Default").mkdir(parents=True)
    (folder / "Local State").write_text("{}")
    (folder / "Last Version").write_text("131.0.6778.85")
    component = {"location": 5, "path": "/usr/lib/chromium/resources/pdf"}
    preferences = {"extensions": {"settings": {"mhjfbmdgcfjbbpaeojofohoefgiehjai": component}}}
    (folder / "Default" / "Preferences").write_text(json.dumps(preferences))
    with closing(sqlite3.connect(folder / "Default" / "Cookies")) as database:
        columns = "host_key, name, encrypted_value, expires_utc, has_expires, is_persistent"
        database.execute(f"CREATE TABLE cookies ({columns})")
        cookie = ["a.example", "sid", b"v10" + bytes(32), 250_000_000_000_000_000, 1, 1]
        database.execute("INSERT INTO cookies VALUES (?, ?, ?, ?, ?, ?)", cookie)
        database.commit()
    return folder


def stored(sandbox: Sandbox) -> set[str]:
    return {o["sha256"] for o in sandbox.objects()}


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def download(sandbox: Sandbox, transfer_id: str, folder: Path) -> list[tuple[Path, dict[str, Any]]]:
    """The files of a sealed transfer as its recipient gets them, each with what opens it."""

    def get(url: str, **headers: str) -> bytes:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(url, headers=headers), timeout=HANGS) as reply:
            content: bytes = reply.read()
        return content

    url = f"{sandbox.api_url}/v1/transfers/{transfer_id}/download"
    reply = json.loads(get(url, Authorization=f"Bearer {sandbox.agentdrop_api_key}"))
    files = []
    for file in reply["files"]:
        path = folder / f"{file['name']}.sealed"
        path.write_bytes(get(file["download_url"]))
        opens = {name: reply[name] for name in ("sender_public_key", "encrypted_key")}
        files.append((path, opens | {"encryption_iv": file["encryption_iv"]}))
    return files


class Enough(Exception):
    """Raised by callbacks."""


def raising(_: Progress) -> None:
    raise Enough


class BytesPath:
    """A path-like whose path is bytes."""

    def __init__(self, path: bytes) -> None:
        self.path = path

    def __fspath__(self) -> bytes:
        return self.path


@contextmanager
def soon() -> Iterator[None]:
    """What is stopped ends, and does not hang: nothing that is waited for here would end by itself."""
    started = time.monotonic()
    try:
        yield
    finally:
        took = time.monotonic() - started
        assert took < HANGS, f"took {took:.2f} s"


class Program(subprocess.Popen[str]):
    """A program of its own. It ends with its `with`, so that one that hangs fails one test only."""

    def ended(self) -> tuple[str, str]:
        """What it printed, once it has ended by itself."""
        return self.communicate(timeout=2 * HANGS)

    def __exit__(self, *raised: Any) -> None:
        self.kill()
        super().__exit__(*raised)


def child(sandbox: Sandbox, body: str) -> Program:
    """A Python of its own, with clients `d` and `h` of the sandbox, and its control endpoint."""
    prelude = f"""
        import io, json, os, signal, sys, threading, time
        from dropoff import *
        {CONTROL.format(sandbox.control_url)}
        options = {sandbox.options()!r}
        d = AgentDrop({sandbox.agentdrop_api_key!r}, base_url={sandbox.api_url!r}, **options)
        h = HCompany({sandbox.h_api_key!r}, base_url={sandbox.api_url!r}, **options)
        terms = {TERMS!r}
    """
    return python(textwrap.dedent(prelude) + textwrap.dedent(body))


def async_child(sandbox: Sandbox, body: str) -> Program:
    """The same with an async client `d`, in asyncio's debug mode."""
    prelude = f"""
        import asyncio, io, json, os, signal, sys, threading, time
        from dropoff import *
        {CONTROL.format(sandbox.control_url)}
        options = {sandbox.options()!r}
        d = AsyncAgentDrop({sandbox.agentdrop_api_key!r}, base_url={sandbox.api_url!r}, **options)
        terms = {TERMS!r}
    """
    return python(textwrap.dedent(prelude) + textwrap.dedent(body), "-X", "dev")


def complaints(text: str) -> str:
    """What asyncio's debug mode says, but for callbacks that took part of a second: a machine with much to
    do makes any of them slow, and one that blocks does so for longer."""
    slow = re.compile(r"Executing .* took 0\.\d+ seconds")
    return "".join(line for line in text.splitlines(keepends=True) if not slow.fullmatch(line.rstrip("\n")))


def python(code: str, *flags: str) -> Program:
    # A fork of a process with threads is what some tests are about; Python 3.12 and later warn of it.
    flags += ("-W", "error", "-W", "ignore:This process:DeprecationWarning")
    pipe = subprocess.PIPE
    return Program([sys.executable, *flags, "-c", code], stdout=pipe, stderr=pipe, text=True)


def parameters(call: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
    """Without their types, and without what is given: these are told of each form apart."""
    return [(p.name, p.kind, p.default) for p in inspect.signature(call).parameters.values()]

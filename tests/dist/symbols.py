"""Prints what each compiled file of the packages asks of a system; fails where that is more than it may be.

Usage: symbols.py FOLDER [--unoptimised]. Needs binutils. The C library shows its own names alone, and where
nothing is optimised those that its dependencies have for C. A file may ask for glibc 2.17 (manylinux2014) and
for libraries that every such system has; an unwinder is the system's own: see pack.sh.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from contents import all_packages, files, verdict

OLDEST = (2, 17)
UNWINDER = "libgcc_s.so.1"
# All of them stand in PEP 599.
LIBRARIES = {f"lib{name}" for name in ("c.so.6", "dl.so.2", "m.so.6", "pthread.so.0", "rt.so.1", "util.so.1")}
LOADERS = {"ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}


def compiled(package: Path) -> Iterator[tuple[str, bytes]]:
    """Shared libraries and programs; no archives, which are linked on the user's system."""
    for name, content in files(package):
        if content.startswith(b"\x7fELF"):
            yield name, content


def tell(tool: str, option: str, file: Path, *more: str) -> str:
    return subprocess.run([tool, option, *more, file], capture_output=True, text=True, check=True).stdout


def look(name: str, file: Path, is_optimised: bool) -> list[str]:
    """What is wrong with it; and a line of what it asks for."""
    needed = re.findall(r"\(NEEDED\)\s+Shared library: \[(.*)\]", tell("readelf", "-dW", file))
    versions = re.findall(r"\bGLIBC_(\d+)\.(\d+)", tell("objdump", "-T", file))
    newest = max(((int(major), int(minor)) for major, minor in versions), default=None)
    said = "no glibc" if newest is None else f"glibc {newest[0]}.{newest[1]}"
    print(f"{said:>12}  {file.stat().st_size:>12,}  {name}: {' '.join(needed)}")
    wrong = exports(name, file) if is_optimised else []
    # musl has everything in one library, without versions.
    if newest is None:
        return wrong + [f"{name} needs {library}" for library in needed if not library.startswith("libc.")]
    wrong += [f"{name} needs {library}" for library in set(needed) - LIBRARIES - LOADERS - {UNWINDER}]
    if newest > OLDEST:
        wrong.append(f"{name} needs glibc {newest[0]}.{newest[1]}")
    if UNWINDER not in needed:
        wrong.append(f"{name} does not need {UNWINDER}, so it has an unwinder of its own")
    return wrong


def exports(name: str, file: Path) -> list[str]:
    """What C's library shows beside its own names."""
    if not name.endswith("/libdropoff.so") and "libdropoff.so." not in name:
        return []
    exported = [line.split()[-1] for line in tell("nm", "-D", file, "--defined-only").splitlines()]
    return [f"{name} exports {symbol}" for symbol in exported if not symbol.startswith("dropoff_")]


def main(folder: Path, is_optimised: bool) -> int:
    wrong, looked = [], 0
    with tempfile.TemporaryDirectory() as temporary:
        for package in all_packages(folder):
            for name, content in compiled(package):
                file = Path(temporary) / "file"
                file.write_bytes(content)
                wrong += look(f"{package.name}: {name}", file, is_optimised)
                looked += 1
    return verdict(folder, looked, wrong)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), "--unoptimised" not in sys.argv[2:]))

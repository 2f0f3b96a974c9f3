"""Prints what each compiled file of the packages for macOS or Windows asks of a system; fails where that is
more than every such system has. symbols.py does it for Linux.

Usage: linked.py FOLDER. macOS' files want otool, which Xcode has; those of Windows are read by pefile, on any
system.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from contents import all_packages, files, verdict

# As pack.sh says it to the compiler.
OLDEST_MACOS = (11, 0)
# What is on every Mac; a library of Homebrew's or of a Python is not.
OF_MACOS = ("/usr/lib/", "/System/Library/")
# What comes with a compiler or with one version of Python: the C library is in the file itself, since not
# every machine has it, and a wheel for all Pythons asks for python3.dll.
NOT_OF_WINDOWS = re.compile(
    r"(?:vcruntime|msvcp|msvcr\d|concrt|ucrtbase|api-ms-win-crt-|libgcc|libstdc|libwinpthread)"
    r"|python3\d+\.dll",
    re.I,
)

Told = tuple[str, list[str]]


def libraries(told: str, own: str) -> list[str]:
    """The libraries that `otool -L` names, but for the file's own name, which is the first in a library."""
    named = re.findall(r"^\t(\S.*?) \(compatibility version", told, re.M)
    return [name for name in named if name != own]


def own_name(told: str) -> str:
    """What programs remember of a library (`otool -D`), or nothing; the first line is the file."""
    lines = told.strip().splitlines()[1:]
    return lines[0].strip() if lines else ""


def oldest_system(told: str) -> tuple[int, int] | None:
    """The oldest macOS, of the load commands (`otool -l`): that of today's linkers, or of older ones."""
    found = re.search(r"^ +minos (\d+)\.(\d+)", told, re.M) or re.search(
        r"cmd LC_VERSION_MIN_MACOSX\n.*\n +version (\d+)\.(\d+)", told
    )
    return (int(found[1]), int(found[2])) if found else None


def wrong_on_macos(name: str, needed: list[str], own: str, oldest: tuple[int, int] | None) -> list[str]:
    wrong = [f"{name} needs {library}" for library in needed if not library.startswith(OF_MACOS)]
    if oldest is None or oldest > OLDEST_MACOS:
        said = "no version that it tells" if oldest is None else f"{oldest[0]}.{oldest[1]}"
        wrong.append(f"{name} needs macOS {said}, and 11.0 is the oldest")
    # A program says where it looks, by its own rpath.
    if name.endswith(".dylib") and not re.fullmatch(r"@rpath/libdropoff\.[\d.]+\.dylib", own):
        wrong.append(f"{name} is known as {own or 'nothing'}, and not by @rpath")
    return wrong


def wrong_on_windows(name: str, needed: list[str]) -> list[str]:
    return [f"{name} needs {library}" for library in needed if NOT_OF_WINDOWS.match(library)]


def look_at_macho(name: str, content: bytes) -> Told:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        file.write_bytes(content)

        def otool(option: str) -> str:
            return subprocess.run(["otool", option, file], capture_output=True, text=True, check=True).stdout

        own, oldest = own_name(otool("-D")), oldest_system(otool("-l"))
        needed = libraries(otool("-L"), own)
    version = "macOS ?" if oldest is None else f"macOS {oldest[0]}.{oldest[1]}"
    return f"{version}, {' '.join(needed)}", wrong_on_macos(name, needed, own, oldest)


def look_at_pe(name: str, content: bytes) -> Told:
    import pefile

    kinds = ("IMPORT", "DELAY_IMPORT")
    file = pefile.PE(data=content, fast_load=True)
    numbers = [pefile.DIRECTORY_ENTRY[f"IMAGE_DIRECTORY_ENTRY_{kind}"] for kind in kinds]
    file.parse_data_directories(numbers)
    entries = [entry for kind in kinds for entry in getattr(file, f"DIRECTORY_ENTRY_{kind}", [])]
    # Windows makes no difference of case, and each crate names them as it likes.
    needed = sorted({entry.dll.decode().lower() for entry in entries})
    # Each program and each library of ours asks for KERNEL32.dll at least.
    missing = [] if needed else [f"{name} names no library at all"]
    return " ".join(needed), wrong_on_windows(name, needed) + missing


LOOKS: dict[bytes, Callable[[str, bytes], Told]] = {
    b"\xcf\xfa\xed\xfe": look_at_macho,
    b"MZ": look_at_pe,
}


def compiled(folder: Path) -> Iterator[tuple[str, bytes, Callable[[str, bytes], Told]]]:
    """Shared libraries and programs; no archives, which are linked on the user's system."""
    for package in all_packages(folder):
        for name, content in files(package):
            for magic, look in LOOKS.items():
                if content.startswith(magic):
                    yield f"{package.name}: {name}", content, look


def main(folder: Path) -> int:
    wrong, looked = [], 0
    for name, content, look in compiled(folder):
        said, found = look(name, content)
        print(f"{len(content):>12,}  {name}: {said}")
        wrong += found
        looked += 1
    return verdict(folder, looked, wrong)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

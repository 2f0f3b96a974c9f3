"""Why the compiled half cannot be loaded, in words that end with what to do. Imported only then."""

from __future__ import annotations

import platform
import re
import sys
import sysconfig
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import Distribution
from pathlib import Path

NAME = "_native"
AGAIN = "install dropoff again"
ANOTHER = f"{{file}} is damaged or for another machine ({{systems}}); {AGAIN} on this one"
UNKNOWN = f"{{words}} ({{systems}}); see the cause of this error, and {AGAIN}"
# What loaders say, and what it means; the first that fits. The words are those of glibc's elf/dl-version.c
# and elf/dl-load.c, of musl's ldso/dynlink.c, of macOS' dyld, and of Windows' system errors 5, 126, 127, 193,
# 1260 and 4551, which other languages have in other words.
MEANINGS = (
    (
        r"version [`'](?P<it>GLIBC_[\d.]+)' not found",
        "it needs {it}, and this is {here}; use a newer system, or build the package on this one",
    ),
    # Libraries that only the other C library has.
    (r"\b(?:ld-linux|libc\.)\S*: (?:cannot open|No such file)", ANOTHER),
    (
        r"^(?:Error loading shared library )?(?P<it>lib[^/:\s]+): (?:cannot open|No such file)",
        "this system has no {it}, which it needs; install that",
    ),
    (
        r"specified (?:module|procedure) could not be found",
        "this system lacks a library, or a function of one, that Windows 10 and later have, or Python's "
        "python3.dll; use such a Windows and a Python with all their parts",
    ),
    (
        r": Permission denied|: Access is denied",
        "this user may not read {file}; change its permissions",
    ),
    (
        r"failed to map segment",
        "the system lets no code run from {file}; put it on a file system without noexec, or change the "
        "policy",
    ),
    (
        r"code signature|disallowed by system policy|blocked by group policy|Application Control policy",
        "a policy of this system lets no code run from {file}; ask whoever administers it to allow that file",
    ),
    (
        r"virus or potentially unwanted",
        "a scanner for viruses keeps {file} from being read; have that file allowed, and tell us",
    ),
    # Of a file for another processor glibc says that it is not there.
    (r"No such file|Exec format error|ELF|file too short|cannot read file data", ANOTHER),
    (r"incompatible architecture|mach-o|not a valid Win32 application", ANOTHER),
)


def load_error(cause: ImportError, folder: Path = Path(__file__).parent) -> ImportError:
    """The error to raise because of that one, for the package in this folder."""
    found = [file for suffix in EXTENSION_SUFFIXES if (file := folder / (NAME + suffix)).exists()]
    why = unusable(str(cause), found[0]) if found else absent(folder)
    return ImportError(
        f"dropoff's compiled module cannot be loaded: {why}", name=f"dropoff.{NAME}", path=cause.path
    )


def absent(folder: Path) -> str:
    if not folder.is_dir():
        return f"Python loads none out of an archive, and dropoff is in one, as {folder}; unpack it"
    others = sorted(file for file in folder.glob(f"{NAME}.*") if file.suffix in (".so", ".pyd"))
    if others:
        return f"{others[0]} is for another system or Python ({systems(folder)}); {AGAIN} on this one"
    project = folder.parent.parent
    if (project / "Cargo.toml").exists():
        return f'it is not built in the source tree {project}; run "pip install -e ." in that folder'
    return f"it is missing from {folder}; {AGAIN}"


def unusable(words: str, file: Path) -> str:
    told = {"file": file, "here": here(), "systems": systems(file.parent), "words": words.split("\n")[0]}
    for pattern, meaning in MEANINGS:
        if said := re.search(pattern, words):
            return meaning.format(**told, **said.groupdict())
    return UNKNOWN.format(**told)


def systems(folder: Path) -> str:
    """What it is for, by the wheel that it was installed from, if it was, and what this is."""
    for package in Distribution.discover(name="dropoff", path=[str(folder.parent)]):
        if tag := re.search(r"^Tag: .*-(\S+)$", package.read_text("WHEEL") or "", re.MULTILINE):
            return f"it is for {tag[1]}, and this is {here()}"
    return f"this is {here()}"


def here() -> str:
    """Such as "CPython 3.11 on linux-x86_64 with glibc 2.36"."""
    # Elsewhere it reads the interpreter's own file, which is not to be had where Windows' Store brought it.
    name, version = platform.libc_ver() if sys.platform == "linux" else ("", "")
    libc = f" with glibc {version}" if name == "glibc" else ""
    if "musl" in EXTENSION_SUFFIXES[0]:
        libc = " with musl"
    # Another kind of Python has a letter there, as that without a global lock.
    python = ".".join(platform.python_version_tuple()[:2]) + getattr(sys, "abiflags", "")
    return f"{platform.python_implementation()} {python} on {sysconfig.get_platform()}{libc}"

"""When the compiled half cannot be loaded: the true reason is said, and what to do. Each time by a program of
its own with a copy of the package."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import dropoff
import pytest
from conftest import ROOT
from dropoff._load_error import load_error
from helpers import python

SOURCE = Path(dropoff.__file__).parent
MODULE = "_native.abi3.so"
PREFIX = "dropoff's compiled module cannot be loaded: "
# The processor in a file's header (elf(5), e_machine).
MACHINE = 18
HERE = (
    f"CPython {sys.version_info[0]}.{sys.version_info[1]}{sys.abiflags} on {sysconfig.get_platform()} with "
)
LOADS = "import dropoff; print(dropoff.AgentDrop.__name__)"
FAILS = """
try:
    import dropoff
except ImportError as error:
    assert type(error) is ImportError and error.name == "dropoff._native", error.name
    assert isinstance(error.__cause__, ImportError), error.__cause__
    print(error, error.__cause__, sep="\\n")
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package without its compiled half, as it is installed."""
    folder = tmp_path / "lib" / "python" / "dropoff"
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    return folder


def run(folder: Path, code: str) -> str:
    paths = f"import sys; sys.path[:0] = {[str(folder.parent)]!r}\n"
    with python(paths + code) as process:
        out, err = process.ended()
    assert process.returncode == 0 and err == "", err
    return out


def told(folder: Path) -> str:
    """Why the package in that folder cannot be loaded."""
    [message, *cause] = run(folder, FAILS).splitlines()
    assert message.startswith(PREFIX) and cause, message
    return message.removeprefix(PREFIX)


def compiled(folder: Path, *, symbol: str = "", links: str | None = None) -> Path:
    """A small library in the place of the compiled half; one that links another finds it then no more."""
    code, made = folder / "small.c", folder / MODULE
    code.write_text(f"{symbol}\n")
    more = []
    if links:
        subprocess.run(["cc", "-shared", "-o", folder / links, f"-Wl,-soname={links}", code], check=True)
        more = [folder / links]
    subprocess.run(["cc", "-shared", "-fPIC", "-Wl,--no-as-needed", "-o", made, code, *more], check=True)
    for file in [code, *more]:
        file.unlink()
    return made


def change(file: Path, at: int, to: bytes) -> None:
    content = bytearray(file.read_bytes())
    content[at : at + len(to)] = to
    file.write_bytes(content)


# -- as it is met


def test_it_loads(package: Path) -> None:
    (package / MODULE).symlink_to(SOURCE / MODULE)
    assert run(package, LOADS) == "AgentDrop\n"
    assert run(package, "import dropoff; print('dropoff._load_error' in sys.modules)") == "False\n"


def test_the_file_is_missing(package: Path) -> None:
    assert told(package) == f"it is missing from {package}; install dropoff again"


def test_a_source_tree_is_to_be_built(package: Path) -> None:
    project = package.parents[1]
    (project / "Cargo.toml").touch()
    assert told(package) == (
        f'it is not built in the source tree {project}; run "pip install -e ." in that folder'
    )
    # So the clone is laid out.
    assert (ROOT / "bindings-python" / "Cargo.toml").exists()
    assert (ROOT / "bindings-python" / "python" / "dropoff" / "__init__.py").exists()


def test_what_another_system_or_python_loads(package: Path) -> None:
    for name in ("_native.pyd", "_native.cpython-399-x86_64-linux-gnu.so"):
        (package / name).touch()
        assert re.fullmatch(
            re.escape(f"{package / name} is for another system or Python (this is {HERE}")
            + r".*\); install dropoff again on this one",
            told(package),
        )
        (package / name).unlink()


def test_an_archive_holds_no_compiled_module(package: Path) -> None:
    archive = package.parent / "app.pyz"
    with zipfile.ZipFile(archive, "w") as made:
        for file in package.rglob("*.py"):
            made.write(file, file.relative_to(package.parent))
    inside = archive / "dropoff"
    assert (
        told(inside) == f"Python loads none out of an archive, and dropoff is in one, as {inside}; unpack it"
    )


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs.github.com/spec/v1\n" * 9])
def test_it_is_damaged(package: Path, content: bytes) -> None:
    (package / MODULE).write_bytes(content)
    assert told(package).startswith(f"{package / MODULE} is damaged or for another machine (this is {HERE}")


@pytest.mark.parametrize(("at", "to"), [(MACHINE, b"\xf3"), (4, b"\x01")])
def test_it_is_for_another_processor(package: Path, at: int, to: bytes) -> None:
    change(compiled(package), at, to)
    facts = package.parent / "dropoff-0.1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Name: dropoff\nVersion: 0.1.0\n")
    (facts / "WHEEL").write_text("Wheel-Version: 1.0\nTag: cp311-abi3-manylinux_2_17_riscv64\n")
    assert told(package).startswith(
        f"{package / MODULE} is damaged or for another machine (it is for manylinux_2_17_riscv64, and this "
        f"is {HERE}"
    )


def test_the_system_lacks_a_library(package: Path) -> None:
    compiled(package, links="libnowhere.so.7")
    assert told(package) == "this system has no libnowhere.so.7, which it needs; install that"


@pytest.mark.skipif("musl" in EXTENSION_SUFFIXES[0], reason="musl has no versions")
def test_the_system_is_too_old(package: Path) -> None:
    made = compiled(package, symbol="#include <stdlib.h>\nvoid *f(void) { return malloc(1); }")
    content = made.read_bytes()
    [version] = set(re.findall(rb"GLIBC_2[\d.]+(?=\0)", content))
    made.write_bytes(content.replace(version, version.replace(b"_2", b"_9")))
    assert re.fullmatch(
        rf"it needs GLIBC_9[\d.]+, and this is {re.escape(HERE)}glibc [\d.]+; use a newer system, or build "
        "the package on this one",
        told(package),
    )


def test_something_else_stands_in_its_place(package: Path) -> None:
    compiled(package)
    message = told(package)
    assert message.startswith(
        "dynamic module does not define module export function (PyInit__native) (this is "
    )
    assert message.endswith("; see the cause of this error, and install dropoff again")


# -- as others meet it

MEANT = {
    "another": "{file} is damaged or for another machine (this is HERE); install dropoff again on this one",
    "library": "this system has no libgcc_s.so.1, which it needs; install that",
    "permissions": "this user may not read {file}; change its permissions",
    "noexec": (
        "the system lets no code run from {file}; put it on a file system without noexec, or change the "
        "policy"
    ),
    "policy": (
        "a policy of this system lets no code run from {file}; ask whoever administers it to allow that file"
    ),
    "windows": (
        "this system lacks a library, or a function of one, that Windows 10 and later have, or Python's "
        "python3.dll; use such a Windows and a Python with all their parts"
    ),
}
MUSL = "Error loading shared library "
MACOS = "dlopen({file}, 0x0002): tried: '{file}' "
WINDOWS = "DLL load failed while importing _native: "
NEEDED = "No such file or directory (needed by {file})"


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (f"{MUSL}ld-linux-x86-64.so.2: {NEEDED}", "another"),
        (f"{MUSL}{{file}}: Exec format error", "another"),
        (f"{MUSL}libgcc_s.so.1: {NEEDED}", "library"),
        ("libc.so: cannot open shared object file: No such file or directory", "another"),
        ("{file}: cannot open shared object file: Permission denied", "permissions"),
        ("{file}: failed to map segment from shared object", "noexec"),
        (
            f"{MACOS}(mach-o file, but is an incompatible architecture (have 'x86_64', need 'arm64'))",
            "another",
        ),
        (f"{MACOS}(code signature in <9> not valid for use in process)", "policy"),
        (f"{WINDOWS}%1 is not a valid Win32 application.", "another"),
        (f"{WINDOWS}Access is denied.", "permissions"),
        (f"{WINDOWS}An Application Control policy has blocked this file.", "policy"),
        (f"{WINDOWS}The specified module could not be found.", "windows"),
        (f"{WINDOWS}The specified procedure could not be found.", "windows"),
    ],
)
def test_words_of_other_systems(package: Path, words: str, meant: str) -> None:
    file = package / MODULE
    file.touch()
    error = load_error(ImportError(words.format(file=file)), package)
    said = re.sub(r"this is .*(?=\))", "this is HERE", str(error))
    assert said == PREFIX + MEANT[meant].format(file=file)

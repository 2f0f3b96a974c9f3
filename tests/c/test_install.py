"""What bindings-c/install.sh installs: found by pkg-config and CMake, wherever it is moved to."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import BUILT, ROOT, Library, run

PROGRAM = r"""
#include <dropoff.h>
#include <stdio.h>
#include <string.h>
int main(void) {
    char made[32];
    sprintf(made, "%d.%d.%d", DROPOFF_VERSION_MAJOR, DROPOFF_VERSION_MINOR, DROPOFF_VERSION_PATCH);
    puts(dropoff_version());
    return strcmp(dropoff_version(), DROPOFF_VERSION) || strcmp(dropoff_version(), made);
}
"""


FOUND = re.search(r'^\[workspace\.package\]\nversion = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M)
assert FOUND
VERSION = FOUND[1]
MAJOR, MINOR, _ = VERSION.split(".")
SONAME = f"libdropoff.so.{MAJOR}"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "version.c"
    path.write_text(PROGRAM)
    return path


def needed(binary: Path) -> list[str]:
    return re.findall(r"\(NEEDED\).*\[(.*)\]", run(["readelf", "-d", binary]).stdout)


def test_files_and_names(library: Library) -> None:
    files = {str(p.relative_to(library.prefix)) for p in library.prefix.rglob("*") if not p.is_dir()}
    assert files == {
        "include/dropoff.h",
        "lib/libdropoff.a",
        "lib/libdropoff.so",
        f"lib/{SONAME}",
        f"lib/libdropoff.so.{VERSION}",
        "lib/pkgconfig/dropoff.pc",
        "lib/cmake/dropoff/dropoff-config.cmake",
        "lib/cmake/dropoff/dropoff-config-version.cmake",
    }
    assert os.readlink(library.lib / "libdropoff.so") == SONAME
    assert os.readlink(library.lib / SONAME) == f"libdropoff.so.{VERSION}"
    dynamic = run(["readelf", "-d", library.lib / "libdropoff.so"]).stdout
    assert f"Library soname: [{SONAME}]" in dynamic and "NODELETE" in dynamic
    for text in (library.prefix / "lib").rglob("dropoff*"):
        if text.is_file():
            # Nothing of where it was built, or where it was installed before it was moved.
            assert str(ROOT) not in text.read_text() and "staged" not in text.read_text()
    assert library.flags("--modversion") == [VERSION]


def test_a_shared_program_needs_the_versioned_name(library: Library, program: Path, tmp_path: Path) -> None:
    made = library.compile(program, tmp_path / "shared")
    assert run([made]).stdout.strip() == VERSION
    assert SONAME in needed(made)


def test_a_static_program_needs_no_library_of_ours(library: Library, program: Path, tmp_path: Path) -> None:
    # As a system that has the archive alone.
    shutil.copytree(library.prefix, tmp_path / "archive", symlinks=True)
    for shared in (tmp_path / "archive" / "lib").glob("libdropoff.so*"):
        shared.unlink()
    archive = Library(tmp_path / "archive")
    made = tmp_path / "static"
    run(["gcc", *archive.flags("--cflags"), program, "-o", made, *archive.flags("--static", "--libs")])
    assert run([made], env={}).stdout.strip() == VERSION
    assert not [name for name in needed(made) if "dropoff" in name]


def test_cmake_finds_it(library: Library, program: Path, tmp_path: Path) -> None:
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.10)\nproject(user C)\n"
        f"find_package(dropoff {MAJOR}.{MINOR} REQUIRED)\n"
        "add_executable(shared version.c)\ntarget_link_libraries(shared dropoff::dropoff)\n"
        "add_executable(static version.c)\ntarget_link_libraries(static dropoff::static)\n"
    )
    cmake = Path(sys.executable).with_name("cmake")
    build = tmp_path / "build"
    run([cmake, "-S", tmp_path, "-B", build, f"-DCMAKE_PREFIX_PATH={library.prefix}"])
    run([cmake, "--build", build])
    for name in ("shared", "static"):
        assert run([build / name], env={}).stdout.strip() == VERSION
    assert SONAME in needed(build / "shared")
    assert not [name for name in needed(build / "static") if "dropoff" in name]

    # A program written for another version is told.
    text = (tmp_path / "CMakeLists.txt").read_text().replace(f"dropoff {MAJOR}.{MINOR} ", "dropoff 9.9 ")
    (tmp_path / "CMakeLists.txt").write_text(text)
    again = subprocess.run(
        [cmake, "-S", tmp_path, "-B", tmp_path / "other", f"-DCMAKE_PREFIX_PATH={library.prefix}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert again.returncode != 0 and f"version: {VERSION}" in again.stderr


def test_install_says_what_is_missing(tmp_path: Path) -> None:
    install = ROOT / "bindings-c" / "install.sh"
    done = subprocess.run([install, tmp_path / "p", tmp_path], capture_output=True, text=True, timeout=10)
    assert done.returncode == 1 and "cargo build --release -p dropoff-c" in done.stderr
    assert not (tmp_path / "p").exists()
    done = subprocess.run([install], capture_output=True, text=True, timeout=10)
    assert done.returncode == 2 and "usage" in done.stderr
    # Over what is there already.
    run([install, tmp_path / "p", BUILT])
    run([install, tmp_path / "p", BUILT])

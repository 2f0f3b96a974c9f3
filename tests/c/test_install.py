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
# While 0.x may break programs, each of them has a name of its own.
SONAME = f"libdropoff.so.{MAJOR}" if MAJOR != "0" else f"libdropoff.so.0.{MINOR}"
INSTALL = ROOT / "bindings-c" / "install.sh"


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
        "include/dropoff.hpp",
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
        timeout=240,
    )
    assert again.returncode != 0 and f"version: {VERSION}" in again.stderr


def install(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [INSTALL, *arguments]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=240)


def test_install_says_what_is_missing(tmp_path: Path) -> None:
    done = install(tmp_path / "p", tmp_path)
    assert done.returncode == 1 and "cargo build --release -p dropoff-c" in done.stderr
    for wrong in ([], ["--prefix=/usr"], ["--libdir"], ["a", "--libdir"], ["a", "b", "c"], ["--libdir=lib"]):
        done = install(*wrong)
        assert done.returncode == 2 and "usage" in done.stderr, wrong
    for outside in ("../lib", "/opt/lib", "lib/../../x", "", "./lib"):
        done = install(f"--libdir={outside}", tmp_path / "p", BUILT)
        assert done.returncode == 1 and "--libdir must be a folder below" in done.stderr, outside
    done = install(tmp_path / "p", BUILT, LD="no-such-ld")
    assert done.returncode == 1 and done.stderr == "no-such-ld is missing; install binutils\n"
    assert not (tmp_path / "p").exists()


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Libraries that are quick to install, as cargo would have put them."""
    built = tmp_path / "tiny"
    built.mkdir()
    (built / "tiny.c").write_text("int dropoff_tiny;")
    run(["gcc", "-shared", f"-Wl,-soname,{SONAME}", built / "tiny.c", "-o", built / "libdropoff_c.so"])
    run(["gcc", "-c", built / "tiny.c", "-o", built / "tiny.o"])
    run(["ar", "rcs", built / "libdropoff_c.a", built / "tiny.o"])
    return built


def test_it_installs_for_packagers(program: Path, tmp_path: Path, tiny: Path) -> None:
    root, libdir = tmp_path / "a root", "lib/x86_64-linux-gnu"
    done = install("/usr", "--libdir", f"/usr/{libdir}", BUILT, DESTDIR=str(root))
    # The machine that packs is told nothing of what the package's loader will do.
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(path.name for path in (root / "usr").iterdir()) == ["include", "lib"]
    assert [path.name for path in (root / "usr/lib").iterdir()] == ["x86_64-linux-gnu"]
    for text in (root / "usr" / libdir).rglob("dropoff*"):
        assert text.is_dir() or str(root) not in text.read_text()
    # Unpacked anywhere, the files find each other.
    package = Library((root / "usr").rename(tmp_path / "unpacked"))
    package.lib = package.prefix / libdir
    assert run([package.compile(program, tmp_path / "shared")]).stdout.strip() == VERSION
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.10)\nproject(user C)\nfind_package(dropoff REQUIRED)\n"
        "add_executable(static version.c)\ntarget_link_libraries(static dropoff::static)\n"
        "add_executable(user version.c)\ntarget_link_libraries(user dropoff::dropoff)\n"
    )
    cmake = Path(sys.executable).with_name("cmake")
    where = f"-Ddropoff_DIR={package.lib / 'cmake/dropoff'}"
    run([cmake, "-S", tmp_path, "-B", tmp_path / "build", where])
    run([cmake, "--build", tmp_path / "build"])
    for name in ("user", "static"):
        assert run([tmp_path / "build" / name], env={}).stdout.strip() == VERSION
    # The same by the environment, over what is there.
    for _ in range(2):
        assert install("/usr", tiny, DESTDIR=str(root), LIBDIR="lib64").returncode == 0
    assert (root / "usr/lib64" / SONAME).exists()
    # Where cargo builds to when it is told to build elsewhere.
    tiny.rename(tmp_path / "release")
    assert install("/opt", DESTDIR=str(root), CARGO_TARGET_DIR=str(tmp_path)).returncode == 0
    assert (root / "opt/lib" / SONAME).exists()


def test_it_runs_ldconfig_or_names_it(tmp_path: Path, tiny: Path) -> None:
    """With a loader that searches one folder, and an `id` that tells who asks."""
    prefix, tools, ran = tmp_path / "p", tmp_path / "tools", tmp_path / "ran"
    (prefix / "lib").mkdir(parents=True)
    tools.mkdir()
    (tmp_path / "link").symlink_to(prefix / "lib")

    def loader(user: int, searched: Path) -> subprocess.CompletedProcess[str]:
        # As glibc's prints them: folders, and in them what they hold.
        (tools / "ldconfig").write_text(
            f'#!/bin/sh\n[ "$*" = "-N -X -v" ] || echo "ran $*" >>{ran}\n'
            f"echo '{searched}: (from /etc/ld.so.conf.d/libc.conf:2)'\necho '\tlibc.so.6 -> libc.so.6'\n"
        )
        (tools / "id").write_text(f"#!/bin/sh\necho {user}\n")
        for tool in tools.iterdir():
            tool.chmod(0o755)
        done = install(prefix, tiny, PATH=f"{tools}:{os.environ['PATH']}")
        assert done.returncode == 0, done.stderr
        return done

    # By whatever name the loader knows the folder.
    for searched in (prefix / "lib", tmp_path / "link"):
        assert "loader" not in loader(0, searched).stdout
        assert ran.read_text() == "ran \n"
        ran.unlink()
    assert (
        loader(1000, prefix / "lib").stdout
        == f"Run ldconfig as root, or the loader does not find {SONAME}.\n"
    )
    told = loader(0, Path("/usr/lib")).stdout
    assert f"-Wl,-rpath,{prefix}/lib" in told and f"LD_LIBRARY_PATH={prefix}/lib" in told
    assert not ran.exists()

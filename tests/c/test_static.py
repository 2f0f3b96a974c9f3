"""libdropoff.a in one program with what it is made of: Rust, and C libraries that it has copies of."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from conftest import BUILT, HERE, STRICT, Library, Sandbox, run

# What the archive as cargo writes it exports of others: by name, those that C programs may link themselves.
FOREIGN = re.compile(r"(libdeflate|blake3|_?sha3|mldsa|aws_lc_\d+_\d+_\d+|rust_eh|__rust)_\w+")


def exported(archive: Path) -> set[str]:
    printed = run(["nm", "--extern-only", "--defined-only", "--format=posix", archive]).stdout
    return {line.split()[0] for line in printed.splitlines() if " " in line}


def functions(archive: Path) -> set[str]:
    """Those of the names that are functions."""
    printed = run(["nm", "--extern-only", "--defined-only", "--format=posix", archive]).stdout
    return {line.split()[0] for line in printed.splitlines() if re.match(r"\S+ [TW] ", line)}


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Archives by what is in them."""
    folder = tmp_path_factory.mktemp("others")
    rust = folder / "libbeside.a"
    run(["rustc", "--edition=2024", "-O", "--crate-type=staticlib", HERE / "beside.rs", "-o", rust])
    # Every function of the libraries that ours has copies of, each of which ends whoever calls it: ours must
    # neither clash with them nor take them for its own.
    names = {name for name in functions(BUILT / "libdropoff_c.a") if FOREIGN.fullmatch(name)}
    for prefix in ("libdeflate_", "blake3_", "aws_lc_"):
        assert [name for name in names if name.startswith(prefix)], prefix
    traps = [f"void {name}(void) {{ __builtin_trap(); }}" for name in sorted(names)]
    (folder / "traps.c").write_text("\n".join([*traps, "int beside_panics(void) { return 1; }", ""]))
    run(["gcc", "-w", "-c", folder / "traps.c", "-o", folder / "traps.o"])
    run(["ar", "rcs", folder / "libtraps.a", folder / "traps.o"])
    return {"Rust": rust, "C": folder / "libtraps.a"}


@pytest.fixture(scope="module")
def archive(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """As on a system that has the archive alone."""
    prefix = tmp_path_factory.mktemp("archive") / "prefix"
    without = shutil.ignore_patterns("libdropoff.so*")
    shutil.copytree(library.prefix, prefix, ignore=without, copy_function=os.link)
    return Library(prefix)


def test_it_exports_its_own_names_alone(library: Library) -> None:
    names = exported(library.lib / "libdropoff.a")
    assert {name for name in names if not name.startswith("dropoff_")} == set()
    assert names == {name for name in exported(BUILT / "libdropoff_c.a") if name.startswith("dropoff_")}


WAYS = {
    "gcc": ["gcc"],
    "gcc -static": ["gcc", "-static"],
    "gcc -static-pie": ["gcc", "-static-pie", "-Wl,--gc-sections"],
    "clang": ["clang"],
    "clang -static": ["clang", "-static"],
}


@pytest.mark.parametrize(
    ("beside", "order", "way"),
    [
        *(("Rust", order, way) for order in ("ours first", "ours last") for way in ("gcc", "gcc -static")),
        ("Rust", "ours first", "gcc -static-pie"),
        ("Rust", "ours first", "clang"),
        ("Rust", "ours last", "clang -static"),
        ("C", "ours first", "gcc"),
        ("C", "ours last", "gcc"),
        ("C", "ours last", "clang -static"),
    ],
)
def test_it_links_and_runs_beside(
    others: dict[str, Path],
    archive: Library,
    sandbox: Sandbox,
    tmp_path: Path,
    beside: str,
    order: str,
    way: str,
) -> None:
    program = tmp_path / "beside"
    ours = archive.flags("--static", "--libs")
    # All of it, also what nobody calls: it must fit, too.
    theirs = ["-Wl,--whole-archive", others[beside], "-Wl,--no-whole-archive"]
    both = [*theirs, *ours] if order == "ours last" else [*ours, *theirs, *ours[1:]]
    command = [
        *WAYS[way],
        "-s",
        "-std=c99",
        *STRICT,
        "-I",
        HERE,
        *archive.flags("--cflags"),
        HERE / "beside.c",
    ]
    done = subprocess.run([*command, "-o", program, *both], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    # glibc's own words of what a static program still loads; see bindings-c/README.md.
    rest = [
        line for line in done.stderr.splitlines() if "warning" in line and "requires at runtime" not in line
    ]
    assert not rest and ("-static" in way or not done.stderr), done.stderr

    (tmp_path / "profile").mkdir()
    (tmp_path / "profile" / "Local State").write_text("{}" + " " * 50_000)
    done = subprocess.run(
        [program, tmp_path / "profile"], env=sandbox.environment, capture_output=True, text=True, timeout=240
    )
    assert (done.returncode, done.stdout) == (0, "verified: 1\n"), done.stderr
    assert ("panicked" in done.stderr) == (beside == "Rust")
    [stored] = sandbox.objects()
    with zipfile.ZipFile(io.BytesIO(sandbox.content(stored["key"]))) as packed:
        assert packed.testzip() is None and packed.read("Local State").strip() == b"{}"


def test_what_else_a_static_program_needs_is_what_rustc_says(library: Library, tmp_path: Path) -> None:
    # Never -o /dev/null: root's rustc puts a file of its own in the place of the device.
    to = ["-o", tmp_path / "nothing.a"]
    said = subprocess.run(
        ["rustc", "--crate-type=staticlib", "--print=native-static-libs", *to, "-"],
        input="",
        capture_output=True,
        text=True,
        timeout=240,
    )
    found = re.search(r"native-static-libs: (.*)", said.stderr)
    assert found, said.stderr
    # The compiler adds the unwinder by itself, gcc_s or gcc_eh; there is no static gcc_s.
    needed = [flag for flag in found[1].split() if flag != "-lgcc_s"]
    private = re.search(r"^Libs.private: (.*)$", (library.lib / "pkgconfig" / "dropoff.pc").read_text(), re.M)
    assert private and private[1].split() == needed

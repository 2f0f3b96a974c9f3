"""The binary interface is the committed one. `UPDATE_ABI=1` writes abi.txt anew."""

from __future__ import annotations

import os
from pathlib import Path

import abi
from conftest import HERE, Library, not_of_tests, run

BASELINE = HERE / "abi.txt"


def exported(library: Library) -> set[str]:
    return not_of_tests(run(["nm", "-D", "--defined-only", library.lib / "libdropoff.so"]).stdout)


def test_the_interface_is_the_committed_one(library: Library, tmp_path: Path) -> None:
    """A new field stands at the end of its struct. Any other change breaks programs, and then the number in
    the library's name (bindings-c/build.rs) must change too."""
    source = tmp_path / "layouts.c"
    source.write_text(abi.program())
    layouts = run([library.compile(source, tmp_path / "layouts")]).stdout
    now = abi.described(layouts, exported(library))
    committed = BASELINE.read_text() if BASELINE.exists() else ""
    if os.environ.get("UPDATE_ABI"):
        BASELINE.write_text(now)
        committed = now
    assert not (found := abi.broken(committed, now)), f"programs would break: {found}"
    assert now == committed, "the interface has grown; look at it, and run with UPDATE_ABI=1"


def test_only_our_own_names_are_visible(library: Library) -> None:
    assert all(name.startswith("dropoff_") for name in exported(library))


OLD = "struct s\n    0 8 size: size_t\n    8 8 a: uint64_t\nenum E 1\nfunction dropoff_f\n"


def test_what_is_added_breaks_nothing() -> None:
    grown = OLD.replace("a: uint64_t\n", "a: uint64_t\n    16 8 b: uint64_t\n")
    grown += "enum F 2\nfunction dropoff_g\nstruct t\n    0 8 size: size_t\n"
    assert abi.broken(OLD, grown) == []


def test_what_is_changed_is_named() -> None:
    changes = {
        "struct s": OLD.replace("struct s", "struct r"),
        "struct s:     8 8 a: uint64_t": OLD.replace("    8 8 a", "    8 4 z: int\n    16 8 a"),
        "enum E 1": OLD.replace("enum E 1", "enum E 2"),
        "function dropoff_f": OLD.replace("function dropoff_f", "function dropoff_h"),
    }
    for what, new in changes.items():
        assert abi.broken(OLD, new) == [what]

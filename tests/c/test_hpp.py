"""The C++ header, by both compilers and in both standards that it is for."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import HERE, STRICT, Library, Sandbox, run

TESTS = [
    "sends",
    "fails",
    "watches_single_steps",
    "logs",
    "misuse_is_an_exception",
    "throws_from_a_callback",
    "polls",
    "polls_beside_a_callback",
    "seals_and_opens",
]
BUILDS = [("g++", "c++17"), ("clang++", "c++20")]


def compiled(library: Library, folder: Path, compiler: str, standard: str, *flags: str) -> Path:
    to = folder / f"hpp-{compiler}-{standard}"
    command = [compiler, "-g", f"-std={standard}", *STRICT, *flags, *library.flags("--cflags")]
    run([*command, HERE / "hpp.cpp", "-o", to, *library.linking()])
    return to


@pytest.fixture(scope="module", params=BUILDS, ids=lambda build: "-".join(build))
def program(
    request: pytest.FixtureRequest, library: Library, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return compiled(library, tmp_path_factory.mktemp("hpp"), *request.param)


@pytest.mark.parametrize("test", TESTS)
def test_what_cpp_adds(program: Path, sandbox: Sandbox, test: str) -> None:
    if test == "throws_from_a_callback":
        sandbox.fault({"on": "put", "times": -1, "do": {"hold": True}})
    run([program, test], env=sandbox.environment)


def test_it_leaks_nothing(library: Library, sandbox: Sandbox, tmp_path: Path) -> None:
    program = compiled(library, tmp_path, "g++", "c++17", "-fsanitize=address,undefined")
    for test in (name for name in TESTS if name != "throws_from_a_callback"):
        run([program, test], env=sandbox.environment | {"ASAN_OPTIONS": "detect_leaks=1"})
    sandbox.fault({"on": "put", "times": -1, "do": {"hold": True}})
    run([program, "throws_from_a_callback"], env=sandbox.environment | {"ASAN_OPTIONS": "detect_leaks=1"})


def test_a_file_may_include_it_twice_and_two_files_link(library: Library, tmp_path: Path) -> None:
    text = "#include <dropoff.hpp>\n#include <dropoff.hpp>\n"
    (tmp_path / "one.cpp").write_text(text + "const char *version() { return dropoff_version(); }\n")
    (tmp_path / "two.cpp").write_text(
        text + "const char *version();\nint main() { return version() == nullptr; }\n"
    )
    command = ["g++", "-std=c++17", *STRICT, *library.flags("--cflags"), "one.cpp", "two.cpp", "-o", "both"]
    run([*command, *library.linking()], cwd=tmp_path)
    run([tmp_path / "both"])

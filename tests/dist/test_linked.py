"""What linked.py makes of what otool prints, and what it lets into a package."""

from __future__ import annotations

import linked
import pytest

NAME = "dropoff-c-1.2.3-macos-aarch64.tar.gz: lib/libdropoff.0.1.dylib"
OWN = "@rpath/libdropoff.0.1.dylib"
SYSTEM = "/usr/lib/libSystem.B.dylib"
FRAMEWORK = "/System/Library/Frameworks/Security.framework/Versions/A/Security"
LIBRARIES = f"""/tmp/file:
\t{OWN} (compatibility version 0.0.0, current version 0.0.0)
\t{FRAMEWORK} (compatibility version 1.0.0, current version 61439.140.12)
\t{SYSTEM} (compatibility version 1.0.0, current version 1351.0.0)
"""
COMMANDS = """/tmp/file:
Load command 8
      cmd LC_UUID
  cmdsize 24
    uuid 6D1F0D59-0000-0000-0000-000000000000
Load command 9
      cmd LC_BUILD_VERSION
  cmdsize 32
 platform 1
    minos 11.0
      sdk 15.5
   ntools 1
     tool 3
  version 1167.5
Load command 10
      cmd LC_SOURCE_VERSION
  cmdsize 16
  version 0.0
"""
OLDER_COMMANDS = """/tmp/file:
Load command 7
      cmd LC_VERSION_MIN_MACOSX
  cmdsize 16
  version 10.13
      sdk 10.15
"""


def test_a_library_is_not_among_those_that_it_needs() -> None:
    assert linked.libraries(LIBRARIES, OWN) == [FRAMEWORK, SYSTEM]
    # A program has no name of its own.
    assert linked.libraries(LIBRARIES.replace(f"\t{OWN}", "\t/usr/lib/libobjc.A.dylib"), "") == [
        "/usr/lib/libobjc.A.dylib",
        FRAMEWORK,
        SYSTEM,
    ]


def test_the_name_that_programs_remember() -> None:
    assert linked.own_name(f"/tmp/file:\n{OWN}\n") == OWN
    assert linked.own_name("/tmp/file:\n") == ""


@pytest.mark.parametrize(
    ("told", "oldest"),
    [
        (COMMANDS, (11, 0)),
        (COMMANDS.replace("minos 11.0", "minos 15.5"), (15, 5)),
        # As LLVM's otool has it.
        (COMMANDS.replace("    minos 11.0\n      sdk 15.5", "       sdk 15.5\n     minos 12.3"), (12, 3)),
        (OLDER_COMMANDS, (10, 13)),
        ("/tmp/file:\nLoad command 0\n      cmd LC_UUID\n", None),
    ],
)
def test_the_oldest_macos(told: str, oldest: tuple[int, int] | None) -> None:
    assert linked.oldest_system(told) == oldest


def test_what_every_mac_has_passes() -> None:
    assert linked.wrong_on_macos(NAME, [FRAMEWORK, SYSTEM], OWN, (11, 0)) == []
    assert linked.wrong_on_macos("a.whl: dropoff/_native.abi3.so", [SYSTEM], "/b/libx.dylib", (10, 13)) == []
    assert linked.wrong_on_macos("a.tar.gz: bin/dropoff", [SYSTEM], "", (11, 0)) == []


@pytest.mark.parametrize(
    ("needed", "own", "oldest", "said"),
    [
        ([SYSTEM, "/opt/homebrew/lib/libzstd.1.dylib"], OWN, (11, 0), "needs /opt/homebrew"),
        (["@rpath/Python3.framework/Python3"], OWN, (11, 0), "needs @rpath/Python3"),
        ([SYSTEM], OWN, (11, 1), "needs macOS 11.1"),
        ([SYSTEM], OWN, (15, 0), "needs macOS 15.0"),
        ([SYSTEM], OWN, None, "no version"),
        ([SYSTEM], "/build/target/libdropoff_c.dylib", (11, 0), "known as /build"),
        ([SYSTEM], "", (11, 0), "known as nothing"),
    ],
)
def test_what_a_mac_may_not_have_is_told(
    needed: list[str], own: str, oldest: tuple[int, int] | None, said: str
) -> None:
    [wrong] = linked.wrong_on_macos(NAME, needed, own, oldest)
    assert said in wrong and wrong.startswith(NAME)


def test_what_every_windows_has_passes() -> None:
    # msvcrt.dll is Windows' own, and what mingw links.
    has = ["kernel32.dll", "ntdll.dll", "ws2_32.dll", "msvcrt.dll", "python3.dll"]
    assert linked.wrong_on_windows("a", [*has, "api-ms-win-core-synch-l1-2-0.dll"]) == []


@pytest.mark.parametrize(
    "library",
    [
        *("VCRUNTIME140.dll", "vcruntime140_1.dll", "msvcp140.dll", "msvcr120.dll", "ucrtbase.dll"),
        *("api-ms-win-crt-runtime-l1-1-0.dll", "libgcc_s_dw2-1.dll", "libwinpthread-1.dll", "python313.dll"),
    ],
)
def test_what_comes_with_a_compiler_or_one_python_is_told(library: str) -> None:
    assert linked.wrong_on_windows("a", ["kernel32.dll", library]) == [f"a needs {library}"]

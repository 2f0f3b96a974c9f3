"""Type-checks all that packages are made of for systems that this one is not, in `make lint`: no error and no
warning.

    python3 tests/platforms/check.py [--every] [TARGET …]

Uses rustup's std of a target (`rustup target add`), or the chroot of `make test-platforms`, and says plainly
which target it left out for want of both. With `--every` that is a failure.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from emulated import BUILD_STD, FOLDER, ROOT, cargo, libnode, zig, zig_environment

TARGETS = ["x86_64-pc-windows-gnu", "aarch64-apple-darwin", "x86_64-apple-darwin"]
# One command for all: pyo3 switches on features of crates that the others have too.
LIBRARIES = ["dropoff", "dropoff-c", "dropoff-node", "dropoff-python", "dropoff-mcp"]
PROGRAMS = ["dropoff-cli", "dropoff-sandbox"]
CRATES = ["--lib", "--bins", *(f"-p{name}" for name in [*LIBRARIES, *PROGRAMS])]
MINGW = "x86_64-w64-mingw32-gcc"
LOGS = FOLDER / "logs"


def environment() -> dict[str, str]:
    return {"LIBNODE_PATH": str(libnode()), **zig_environment()}


def by_rustup(target: str, log: Path) -> int:
    program = [str(ROOT / ".venv-dist/bin/cargo-zigbuild"), "check"] if zig() else ["cargo", "check"]
    own = {"PYO3_NO_PYTHON": "1", "CARGO_TERM_COLOR": "never", **environment()}
    with log.open("wb") as file:
        return subprocess.run(
            [*program, "--target", target, *CRATES],
            cwd=ROOT,
            env=os.environ | own,
            stdout=file,
            stderr=subprocess.STDOUT,
        ).returncode


def by_chroot(target: str, log: Path) -> int:
    program = "cargo" if "windows" in target else ROOT / ".venv-dist/bin/cargo-zigbuild"
    return cargo(
        "check",
        "--target",
        target,
        *CRATES,
        environment=environment() | BUILD_STD,
        output=log,
        program=program,
    )


def has_std(target: str) -> bool:
    sysroot = subprocess.run(
        ["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True
    ).stdout
    return (Path(sysroot.strip()) / "lib" / "rustlib" / target / "lib").exists()


def way(target: str) -> Callable[[str, Path], int] | str:
    """What can check it, or what is missing."""
    if "apple" in target and zig() is None:
        return "zig is not there; run: make .venv-dist/done"
    if has_std(target) and (zig() or shutil.which(MINGW)):
        return by_rustup
    if (FOLDER / "rust.done").exists() and ("apple" in target or (FOLDER / "mingw.done").exists()):
        return by_chroot
    if has_std(target):
        return f"no compiler for it; run: make .venv-dist/done; or install {MINGW}"
    return f"no std for it; run: rustup target add {target}; or: make test-platforms"


def main(arguments: list[str]) -> int:
    wrong = 0
    targets = [name for name in arguments if name != "--every"]
    for target in targets or TARGETS:
        how = way(target)
        if isinstance(how, str):
            print(f"{target}: left out: {how}")
            wrong += "--every" in arguments
            continue
        LOGS.mkdir(parents=True, exist_ok=True)
        log = LOGS / f"check-{target}.log"
        code = how(target, log)
        text = log.read_text(errors="replace")
        warned = re.search(r"^warning: ", text, re.M)
        if code != 0 or warned:
            print(text)
            wrong += 1
        print(f"{target}: " + ("no error and no warning" if code == 0 and not warned else f"failed ({code})"))
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

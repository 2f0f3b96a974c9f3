"""Fails where code asks which operating system it is on, or calls one, outside of the room for that: `sys/`
in the core, one file in each binding. And where there is `unsafe` outside of these, the cipher and the C
boundary.

    python3 tests/systems.py         # what `make lint` runs

Looked at is the product, outside of comments and of the tests at a file's end.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Where a system may be asked for, by the folder of its crate.
ROOMS = {
    "cli/src": "sys.rs",
    "core/src": "sys/",
    "bindings-c/src": "sys.rs",
    "bindings-python/src": "sys.rs",
    "bindings-node/src": "sys.rs",
}
UNSAFE = ("core/src/sys/", "core/src/seal/gcm.rs", "bindings-c/src/")
SYSTEM = re.compile(
    r"\bcfg(?:_attr|!)?\s*\(.*\b(?:unix|windows|target_(?:os|family|env|vendor))\b"
    r"|\bos::(?:unix|windows|linux|macos|fd|raw)\b|\bconsts::(?:OS|FAMILY)\b"
    r"|\b(?:libc|rustix|windows_sys)(?:::|;)"
    r'|"/(?:proc|dev|sys)/'
)
UNSAFE_CODE = re.compile(r"\bunsafe\b(?!_)")


def product(text):
    """The lines without comments, and without the tests at the end."""
    lines = text.split("#[cfg(test)]\nmod tests {")[0].splitlines()
    return [re.sub(r"(?<!:)//.*", "", line) for line in lines]


def is_test(path):
    return path.stem == "tests" or path.stem.endswith("_tests")


def found(crate, room):
    for path in sorted((ROOT / crate).rglob("*.rs")):
        name = path.relative_to(ROOT).as_posix()
        if is_test(path):
            continue
        in_room = name.removeprefix(f"{crate}/").startswith(room)
        for number, line in enumerate(product(path.read_text()), 1):
            if not in_room and SYSTEM.search(line):
                yield f"{name}:{number}: what a system decides belongs to {crate}/{room}"
            if not name.startswith(UNSAFE) and UNSAFE_CODE.search(line):
                yield f"{name}:{number}: no unsafe here"


def main():
    wrong = [line for crate, room in ROOMS.items() for line in found(crate, room)]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())

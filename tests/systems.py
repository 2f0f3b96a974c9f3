"""Fails where code asks which operating system it is on, or calls one, outside of the room for that: `sys/`
in the core, one file in each other crate. And where there is `unsafe` outside of these, the cipher and the C
boundary.

    python3 tests/systems.py         # what `make lint` runs

Looked at is the product, outside of comments, texts and the tests at a file's end; and whether each crate of
the workspace has a row here. test_systems.py shows each thing that is found.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Where a system may be asked for, by the folder of the crate: a folder of its sources, a file, or nowhere.
ROOMS = {
    "cli": "sys.rs",
    "core": "sys/",
    "bindings-c": "sys.rs",
    "bindings-python": "sys.rs",
    "bindings-node": "sys.rs",
    "generate": None,
    "mcp": "stdio.rs",
    "sandbox": "signals.rs",
}
# What measures on Linux, and tests of links, sockets and rights as Unix has them.
NO_PRODUCT = {"bench/sink", "tests/rust"}
UNSAFE = ("core/src/sys/", "core/src/seal/gcm.rs", "bindings-c/src/")
# A comment, a text (raw or not) or a character; a lifetime has no second quote.
TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/"
    r'|(?<!\w)[bc]?r(?P<marks>#*)"(?P<raw>.*?)"(?P=marks)|"(?P<text>(?:\\.|[^"\\])*)"'
    r"|'(?:\\[^\n']+|\\'|[^\\'\n])'",
    re.S,
)
CONDITION = re.compile(r"\bcfg(?:_attr|_select)?\s*!?\s*(?P<bracket>[({\[])")
CLOSING = {"(": ")", "{": "}", "[": "]"}
FAMILY = re.compile(r"(?<![.\w])(?:unix|windows|target_(?:os|family|env|vendor|abi))\b")
PSEUDO_FILE = re.compile(r"/(?:proc|dev|sys)/")
CALL = re.compile(
    r"\bos::(?:\{|(?:unix|windows|linux|macos|darwin|fd|raw)\b)"
    r"|\benv::consts\b|\bconsts::(?:OS|FAMILY)\b"
    r"|\bsignal::(?:\{|(?:unix|windows)\b)|\bUnix(?:Stream|Listener|Datagram)\b"
    r"|(?<![\w.])(?:libc|rustix|windows_sys)(?:::|;| as\b)"
    r'|"/\w+/"'
)
UNSAFE_CODE = re.compile(r"\bunsafe\b")


def product(text):
    """The code without comments and texts, but for the folder that a text names where Linux has its pseudo
    files; and without the tests at the end. Its lines are those of the file."""
    return TOKEN.sub(blank, text.split("#[cfg(test)]\nmod tests {")[0])


def blank(token):
    said = token["raw"] if token["raw"] is not None else token["text"]
    kept = ""
    if said is not None:
        folder = PSEUDO_FILE.match(said)
        kept = f'"{folder[0] if folder else ""}"'
    return kept + "\n" * token[0].count("\n")


def condition(code, start, bracket):
    """What stands between the bracket at `start` and its other half, on however many lines."""
    depth = 0
    for at in range(start, len(code)):
        depth += (code[at] == bracket) - (code[at] == CLOSING[bracket])
        if depth == 0:
            return code[start:at]
    return code[start:]


def asks(code):
    """Where the code asks for its system, or calls it."""
    for found in CONDITION.finditer(code):
        if FAMILY.search(condition(code, found.start("bracket"), found["bracket"])):
            yield found.start()
    yield from (found.start() for found in CALL.finditer(code))


def is_test(path):
    return path.stem == "tests" or path.stem.endswith("_tests")


def wrong(crate, path, text):
    """Each line of a file, named from the crate's folder of sources, that has what it may not have."""
    room, name, code = ROOMS[crate], f"{crate}/src/{path}", product(text)
    where = "nowhere in this crate" if room is None else f"to {crate}/src/{room}"

    def line(at):
        return f"{name}:{code.count(chr(10), 0, at) + 1}"

    if room is None or not path.startswith(room):
        yield from (f"{line(at)}: what a system decides belongs {where}" for at in sorted(set(asks(code))))
    if not name.startswith(UNSAFE):
        yield from (f"{line(found.start())}: no unsafe here" for found in UNSAFE_CODE.finditer(code))


def without_a_row(members):
    for member in sorted(set(members) - ROOMS.keys() - NO_PRODUCT):
        yield f"{member} is a crate of the workspace; give it a row in tests/systems.py"


def main():
    members = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["members"]
    said = list(without_a_row(members))
    for crate in ROOMS:
        sources = ROOT / crate / "src"
        for path in sorted(each for each in sources.rglob("*.rs") if not is_test(each)):
            said += wrong(crate, path.relative_to(sources).as_posix(), path.read_text("utf-8"))
    print(*said, sep="\n", end="\n" if said else "")
    return int(bool(said))


if __name__ == "__main__":
    sys.exit(main())

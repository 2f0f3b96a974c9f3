"""Fails where a function of the product is longer than 50 lines, a file longer than 400 but for data, or a
line of a comment longer than 110 characters.

    python3 tests/sizes.py           # what `make lint` runs
    python3 tests/sizes.py --count   # lines of product and tests, and the longest of each

Comments, blank lines and tests inside a file do not count. Rust is read as rustfmt leaves it: a function ends
with the first brace that stands as far to the left as its own line. A comment is a line that begins as one,
in any text that git has.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = (
    "cli/src",
    "core/src",
    "bindings-c/src",
    "bindings-python/src",
    "bindings-node/src",
    "generate/src",
    "sandbox/src",
)
# Nobody reads or edits it by hand.
GENERATED = ("bindings-c/src/generated",)
LONGEST_FUNCTION, LONGEST_FILE, LONGEST_COMMENT = 50, 400, 110
# Tables, not code.
DATA = ("core/src/profile/rules", "generate/src/faces.rs")
# Signs of a comment at the start of a line: of C's family, and of all others.
C_FAMILY = (".c", ".cpp", ".h", ".hpp", ".html", ".js", ".mjs", ".ts", ".mts", ".rs")
# The row of a table has to be one line.
SLASHES, HASH = re.compile(r"\s*(//(?![/!] \|)|/\*|\*\s|<!--)"), re.compile(r"\s*#")
# Prose, data, and what others or our generator made.
NO_COMMENTS = (".md", ".json", ".svg")
NO_COMMENTS_BELOW = (
    *GENERATED,
    "tests/vectors/",
    "fuzz/corpus/",
    "THIRD-PARTY-LICENSES.txt",
    ".git-blame-ignore-revs",
)
FUNCTION = re.compile(r"^(\s*)(?:pub(?:\([a-z: ]+\))? )?(?:const |async |unsafe |extern \"C\" )*fn (\w+)")


def product(text):
    """The lines that count: without comments, blank lines, and the tests at the end."""
    lines = text.split("#[cfg(test)]\nmod tests {")[0].splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("//")]


def functions(lines):
    """Name and length of each function, one inside another counted by itself and as a part of the outer."""
    for start, line in enumerate(lines):
        match = FUNCTION.match(line)
        if not match or line.rstrip().endswith((";", "}")):
            continue
        ends = (end for end in range(start + 1, len(lines)) if lines[end].startswith(match[1] + "}"))
        if (end := next(ends, None)) is not None:
            yield match[2], end - start + 1


def is_test(path):
    return path.stem == "tests" or path.stem.endswith("_tests") or "tests" in path.parts


def files(folder):
    for path in sorted((ROOT / folder).rglob("*.rs")):
        if not is_test(path.relative_to(ROOT)):
            yield str(path.relative_to(ROOT)), product(path.read_text())


def long_comments():
    """Each line of a comment that is too long, as file and line."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if name.endswith(NO_COMMENTS) or name.startswith(NO_COMMENTS_BELOW) or not (ROOT / name).is_file():
            continue
        begins = (SLASHES if name.endswith(C_FAMILY) else HASH).match
        for number, line in enumerate((ROOT / name).read_text("utf-8").splitlines(), 1):
            if len(line) > LONGEST_COMMENT and begins(line):
                yield f"{name}:{number}"


def main():
    counted = [(name, lines) for folder in PRODUCT for name, lines in files(folder)]
    long_files = [
        (len(lines), name)
        for name, lines in counted
        if len(lines) > LONGEST_FILE and not name.startswith(DATA)
    ]
    by_hand = [(name, lines) for name, lines in counted if not name.startswith(GENERATED)]
    lengths = [(length, f"{name}: {fn}") for name, lines in by_hand for fn, length in functions(lines)]
    long_functions = [entry for entry in lengths if entry[0] > LONGEST_FUNCTION]
    for length, name in sorted(long_files + long_functions, reverse=True):
        print(f"{name} has {length} lines; split it by what it does")
    for place in (long_lines := list(long_comments())):
        print(f"{place}: a comment of more than {LONGEST_COMMENT} characters")
    if "--count" in sys.argv:
        for folder in PRODUCT:
            inside = [lines for name, lines in counted if name.startswith(folder)]
            print(f"{folder}: {sum(map(len, inside))} lines in {len(inside)} files")
        print("longest files:", *(f"{length} {name}" for length, name in top(counted)), sep="\n  ")
        longest = sorted(lengths)[-10:]
        print("longest functions:", *(f"{length} {name}" for length, name in longest), sep="\n  ")
    return int(bool(long_files or long_functions or long_lines))


def top(counted):
    return sorted(((len(lines), name) for name, lines in counted), reverse=True)[:10]


if __name__ == "__main__":
    sys.exit(main())

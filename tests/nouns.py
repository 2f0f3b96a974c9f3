"""Fails where code that all services share names one of them, or what one of them keeps: a new service is a
new folder, and must not have to be added there.

    python3 tests/nouns.py          # what `make lint` runs

Looked at are the words of identifiers and texts, outside of comments and tests.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = (
    "core/src/http/**/*.rs",
    "core/src/storage/**/*.rs",
    "core/src/source/**/*.rs",
    "core/src/error/**/*.rs",
    "core/src/job/**/*.rs",
    "bindings-c/src/error.rs",
    "bindings-c/src/job.rs",
    "bindings-python/src/errors.rs",
    "bindings-python/src/job.rs",
    "bindings-node/src/errors.rs",
    "bindings-node/src/job.rs",
    "bindings-node/lib/errors.js",
)
NOUNS = {"agentdrop", "hcompany", "transfer", "transfers", "profile", "profiles"}
# A header of HTTP, and members of what a Git LFS server answers.
NO_NOUN = re.compile(r'transfer[-_]encoding|"transfer", "hash_algo"', re.I)
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def product(text):
    """The text with the comments and the tests at its end taken out, line by line."""
    # `/* … */`, and `//` but not that of a URL.
    text = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment[0].count("\n"), text, flags=re.S)
    lines = text.split("#[cfg(test)]\nmod tests")[0].splitlines()
    return [NO_NOUN.sub("", re.sub(r"(?<!:)//.*", "", line)) for line in lines]


def found(path):
    """The lines of a file that hold a noun of a service."""
    for number, line in enumerate(product(path.read_text()), 1):
        for noun in sorted(NOUNS & {word.lower() for word in WORD.findall(line)}):
            yield number, noun


def main():
    wrong = False
    for pattern in SHARED:
        paths = sorted(ROOT.glob(pattern))
        if not paths:
            wrong = True
            print(f"{pattern}: there is no such file; name where this code went")
        for path in paths:
            for number, noun in found(path):
                wrong = True
                print(f"{path.relative_to(ROOT)}:{number}: {noun!r} belongs to a service's own folder")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())

"""What a release needs of the repository.

release.py check v1.2.3    whether this is the version everywhere, and has a dated section in the changelog
release.py notes v1.2.3    prints that section
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# They name the tarball that `npm pack` makes.
PAGES = ("README.md", "docs/first-hour/node.md", "bindings-node/README.md")


def versions() -> dict[str, str]:
    """Where a version is written, and which."""
    [header] = re.findall(r'^#define DROPOFF_VERSION "(.*)"$', read("include/dropoff.h"), re.M)
    [extra] = tomllib.loads(read("bindings-python/pyproject.toml"))["project"]["optional-dependencies"]["cli"]
    return {
        "Cargo.toml": tomllib.loads(read("Cargo.toml"))["workspace"]["package"]["version"],
        "bindings-node/package.json": json.loads(read("bindings-node/package.json"))["version"],
        "bindings-python/pyproject.toml": extra.removeprefix("dropoff-cli=="),
        "cli/npm/package.json": json.loads(read("cli/npm/package.json"))["version"],
        "include/dropoff.h": header,
        **{page: _of_tarball(page) for page in PAGES},
    }


def _of_tarball(page: str) -> str:
    found = re.findall(r"\bdropoff-(\d[\w.+-]*)\.tgz\b", read(page))
    return " and ".join(sorted(set(found))) or "none"


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def notes(version: str) -> str | None:
    """A version's section of the changelog, without its heading; none if it is not there or has no date."""
    heading = rf"^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)\n(.*?)(?=^## |\Z)"
    found = re.search(heading, read("CHANGELOG.md"), re.M | re.S)
    return found[1].strip() if found else None


def problems(version: str) -> list[str]:
    found = [f"{file} says {said}" for file, said in versions().items() if said != version]
    if not notes(version):
        found.append(f'CHANGELOG.md has no section "## {version} (YYYY-MM-DD)", or an empty one')
    return found


def main(action: str, tag: str) -> int:
    if not tag.startswith("v"):
        print(f'A release is tagged with "v" and its version, such as v1.2.3; this is "{tag}".')
        return 2
    version = tag.removeprefix("v")
    if found := problems(version):
        print(f"{tag} is not ready to be released:", *found, sep="\n* ")
        return 1
    print(notes(version) if action == "notes" else f"{tag}: the version everywhere, and in the changelog")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("check", "notes"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))

"""Prints what is in each package, with sizes, and under which licences: contents.py FOLDER."""

from __future__ import annotations

import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

LICENCES = ("LICENSE", "THIRD-PARTY-LICENSES.txt")


def all_packages(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix in (".whl", ".gz", ".tgz"))


def files(package: Path) -> Iterator[tuple[str, bytes]]:
    """Each file of a package, with what it holds; links are left out."""
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as wheel:
            yield from ((name, wheel.read(name)) for name in wheel.namelist() if not name.endswith("/"))
        return
    with tarfile.open(package) as archive:
        for member in archive:
            if member.isfile() and (opened := archive.extractfile(member)):
                yield member.name, opened.read()


def verdict(folder: Path, looked: int, wrong: list[str]) -> int:
    """The exit code of a script that looked at so many compiled files; tells what is wrong with them."""
    # Those of two wheels, npm's, C's, the command's in two packages, and the sandbox's.
    if looked < 7:
        wrong = [*wrong, f"{folder} has {looked} compiled files, and not one of each language"]
    print(*wrong, sep="\n", file=sys.stderr)
    return int(bool(wrong))


def declared(name: str, content: bytes) -> str | None:
    """The licence that a package's metadata names, if this file is its metadata."""
    if name.endswith(("/METADATA", "/PKG-INFO")):
        found = re.search(rb"^License-Expression: (.*)$", content, re.M)
        return found[1].decode() if found else None
    if name == "package/package.json":
        return str(json.loads(content)["license"])
    if name.endswith("/dropoff.pc"):
        [licence] = re.findall(r"^License: (.*)$", content.decode(), re.M)
        return str(licence)
    return None


def show(package: Path) -> None:
    """A line for each file; Rust's sources count as one, by the crate that they are of."""
    print(f"\n{package.name}, {package.stat().st_size:,} bytes")
    sources: dict[str, list[int]] = {}
    for name, content in files(package):
        if name.endswith(".rs"):
            sources.setdefault(name.partition("/src/")[0], []).append(len(content))
            continue
        print(f"{len(content):>12,}  {name}")
        if licence := declared(name, content):
            print(f"{'':12}  licence: {licence}")
        if Path(name).name == LICENCES[1]:
            crates = re.findall(rb"^\S+ \d\S*: .* \[.*\]$", content, re.M)
            print(f"{'':12}  licences of {len(crates)} crates")
    for crate, sizes in sources.items():
        print(f"{sum(sizes):>12,}  {crate}/src, {len(sizes)} files")


def main(folder: Path) -> None:
    for package in all_packages(folder):
        show(package)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

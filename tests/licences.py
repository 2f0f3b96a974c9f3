"""Fails unless THIRD-PARTY-LICENSES.txt names every crate that the packages are compiled from.

    python3 tests/licences.py           # what `make lint` runs; it compiles nothing
    python3 tests/licences.py --write   # what `make licences` runs, with cargo-about: writes the file

One file is in all packages. It has the texts of all licences, and names the crates of each package, on all
systems in about.toml together.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LISTING = ROOT / "THIRD-PARTY-LICENSES.txt"
PACKAGES = {
    "C": "dropoff-c",
    "command": "dropoff-cli",
    "Node": "dropoff-node",
    "Python": "dropoff-python",
    "sandbox": "dropoff-sandbox",
}
HEADING = "crate version: licence [packages it is in]"
INTRODUCTION = """\
dropoff itself is licensed under MIT or Apache-2.0, see LICENSE. Its packages for C, Node and Python, its
command and its sandbox are compiled from the crates below too. They contain Rust's standard library, which is
licensed under MIT or Apache-2.0 (https://github.com/rust-lang/rust/blob/master/COPYRIGHT).

Made by `make licences` from the crates' own files. Where a crate leaves a choice, it is taken under the first
of these that it offers: {order}.

{heading}
"""
RULE = "=" * 80


def configured(name: str) -> list[str]:
    return list(tomllib.loads((ROOT / "about.toml").read_text("utf-8"))[name])


def crates_of(package: str) -> dict[str, str]:
    """Each crate that a package is compiled from, as name and version, with the licence it declares."""
    command = ["cargo", "tree", "--locked", "--edges", "normal", "--prefix", "none", "--package", package]
    command += ["--format", "{p}\t{l}"]
    for target in configured("targets"):
        command += ["--target", target]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"cargo tree could not list the crates of {package}:\n{done.stderr}")
    lines = [line.removesuffix(" (*)") for line in done.stdout.splitlines() if line.strip()]
    found = dict(line.split("\t") for line in lines if f"({ROOT}" not in line)
    return {
        crate.removesuffix(" (proc-macro)").replace(" v", " "): licence for crate, licence in found.items()
    }


def wanted() -> list[str]:
    """The lines of the listing, one for each crate."""
    licences: dict[str, str] = {}
    within: dict[str, list[str]] = {}
    for label, package in PACKAGES.items():
        for crate, licence in crates_of(package).items():
            licences[crate] = licence
            within.setdefault(crate, []).append(label)
    return [f"{crate}: {licences[crate]} [{', '.join(within[crate])}]" for crate in sorted(licences)]


def listed() -> list[str]:
    if not LISTING.exists():
        return []
    _, _, rest = LISTING.read_text("utf-8").partition(HEADING + "\n")
    return rest.partition("\n\n")[0].splitlines()


def crate_texts(licence: dict[str, Any], crate: dict[str, Any]) -> list[str]:
    """A crate's licence in its own words. Where cargo-about recognises no file of the crate, it gives a text
    without a path, with gaps for year and holder."""
    if licence["source_path"]:
        return [licence["text"]]
    files = sorted(Path(crate["manifest_path"]).parent.iterdir())
    files = [file for file in files if file.name.lower().startswith(("licen", "copying")) and file.is_file()]
    kind = licence["id"].partition("-")[0].lower()
    if files := [file for file in files if kind in file.name.lower()] or files:
        return [file.read_text("utf-8") for file in files]
    holders = ", ".join(crate["authors"]) or f"the developers of {crate['name']}"
    return [licence["text"].replace("<year> <copyright holders>", holders)]


def tidy(text: str) -> str:
    """A text without blanks at the ends of lines, and without empty lines around it."""
    return "\n".join(line.rstrip() for line in text.expandtabs().splitlines()).strip("\n")


def texts(crates: set[str]) -> list[tuple[str, list[str]]]:
    """Each licence text that cargo-about found, once, with the crates it is for."""
    command = ["cargo", "about", "generate", "--workspace", "--fail", "--locked", "--format", "json"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(
            "cargo about failed. If it is missing: cargo install cargo-about --locked --features cli. "
            "Where a licence is new to about.toml, read it and add it there and to deny.toml."
        )
    # By their words: copies of one text differ in blanks and line ends.
    users: dict[str, set[str]] = {}
    text_of: dict[str, str] = {}
    for licence in json.loads(done.stdout)["licenses"]:
        for crate in (user["crate"] for user in licence["used_by"]):
            name = f"{crate['name']} {crate['version']}"
            for text in crate_texts(licence, crate) if name in crates else ():
                words = " ".join(text.split())
                text_of.setdefault(words, tidy(text))
                users.setdefault(words, set()).add(name)
    missing = crates - set().union(*users.values())
    if missing:
        sys.exit(f"cargo about found no licence of: {', '.join(sorted(missing))}")
    return sorted((text_of[words], sorted(used)) for words, used in users.items())


def write() -> None:
    lines = wanted()
    introduction = INTRODUCTION.format(order=", ".join(configured("accepted")), heading=HEADING)
    parts = [introduction + "\n".join(lines) + "\n"]
    for text, crates in texts({line.partition(":")[0] for line in lines}):
        parts.append(f"\n{RULE}\n{textwrap.fill(', '.join(crates), 110)}\n{RULE}\n\n{text}\n")
    LISTING.write_text("".join(parts), "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="makes the file anew, with cargo-about")
    if parser.parse_args().write:
        write()
    here, there = set(wanted()), set(listed())
    for line in sorted(here - there):
        print(f"not in {LISTING.name}: {line}")
    for line in sorted(there - here):
        print(f"in {LISTING.name}, and in no package: {line}")
    if here != there:
        print("Run `make licences`, and look at what changed.")
        return 1
    print(f"licences: {len(here)} crates, each listed")
    return 0


if __name__ == "__main__":
    sys.exit(main())

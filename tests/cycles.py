"""Fails where files of one folder of the core import each other in a circle: neither could be read alone.

    python3 tests/cycles.py          # what `make lint` runs
    python3 tests/cycles.py --all    # every circle of the core, those that are accepted too

An import is a `use super::name` or a path `super::name::…` outside of tests; a `mod.rs` stands for the names
it only passes on. Whoever adds a circle finds out here which arrow to turn round.
"""

import re
import sys
from pathlib import Path

CORE = Path(__file__).resolve().parents[1] / "core/src"
# Folders whose files read in one direction.
STRAIGHT = ("agentdrop", "hcompany", "http", "seal", "source", "storage")
USE = re.compile(r"\bsuper::(\{[^;]*?\}|\w+)", re.S)


def product(text):
    """The text without its tests and comments."""
    text = text.split("#[cfg(test)]\nmod tests")[0]
    return re.sub(r"//.*", "", text)


def passed_on(folder):
    """Which file each name comes from that the folder's mod.rs passes on."""
    names = {}
    mod = folder / "mod.rs"
    text = product(mod.read_text()) if mod.exists() else ""
    for match in re.finditer(r"\buse (?:self::)?(\w+)::(\{[^;]*\}|\w+);", text):
        for name in re.findall(r"\w+", match[2]):
            names[name] = match[1]
    return names


def imported(text, files, passed):
    found = set()
    for match in USE.finditer(product(text)):
        names = match[1]
        if names.startswith("{"):
            # Of `{a::{b, c}, d}` the first name of each.
            names = re.sub(r"\{[^{}]*\}", "", names[1:-1])
            found.update(name.split("::")[0].split(" as ")[0].strip() for name in names.split(","))
        else:
            found.add(names)
    return {passed.get(name, name) for name in found} & files


def arrows(folder):
    files = {path.stem: path.read_text() for path in folder.glob("*.rs") if path.stem != "mod"}
    files |= {path.parent.name: path.read_text() for path in folder.glob("*/mod.rs")}
    names, passed = set(files), passed_on(folder)
    return {name: imported(text, names, passed) - {name} for name, text in files.items()}


def circles(graph):
    """Groups of files that reach each other (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in index:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == index[node]:
            group = []
            while not group or group[-1] != node:
                group.append(stack.pop())
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def main():
    everything = "--all" in sys.argv
    wrong = False
    folders = sorted({path.parent for path in CORE.rglob("*.rs")} | {CORE})
    for folder in folders:
        name = str(folder.relative_to(CORE))
        if everything or name in STRAIGHT:
            for group in circles(arrows(folder)):
                wrong = wrong or name in STRAIGHT
                print(f"core/src/{name}: {' ↔ '.join(group)} import each other; turn one arrow round")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())

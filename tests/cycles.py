"""Fails where files of one folder import each other in a circle: neither could be read alone.

    python3 tests/cycles.py          # what `make lint` runs
    python3 tests/cycles.py --all    # every circle of the core and the sandbox, those that are accepted too

An import is a path that begins with `super::` or `crate::`, in a `use` or elsewhere, outside of tests; a
`mod.rs` stands for the names it only passes on, and a folder for all the files in it. Whoever adds a circle
finds out here which arrow to turn round.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORE, SANDBOX = ROOT / "core/src", ROOT / "sandbox/src"
# Folders of the core whose files read in one direction; "." is the core itself. In the sandbox all do.
STRAIGHT = (
    *(".", "agentdrop", "error", "hcompany", "http", "job", "journal", "options", "profile"),
    *("profile/inspection", "profile/packing", "profile/rules", "profile/snapshot", "profile/walk"),
    *("seal", "service", "source", "storage", "sys"),
)
USE = re.compile(r"\b(crate|super(?:::super)*)::((?:\w+::)*)(\{[^;]*?\}|\w+)", re.S)


def product(text):
    """The text without its tests and comments."""
    text = text.split("#[cfg(test)]\nmod tests {")[0]
    return re.sub(r"//.*", "", text)


def passed_on(folder):
    """Which file each name comes from that the folder's mod.rs, or the root's lib.rs, passes on."""
    names = {}
    mod = next((folder / name for name in ("mod.rs", "lib.rs") if (folder / name).exists()), None)
    text = product(mod.read_text()) if mod else ""
    for match in re.finditer(r"\buse (?:self::|crate::)?(\w+)::(\{[^;]*\}|\w+);", text):
        for name in re.findall(r"\w+", match[2]):
            names[name] = match[1]
    return names


def module(path, root):
    parts = (part.removesuffix(".rs") for part in path.relative_to(root).parts)
    return [part for part in parts if part not in ("mod", "lib")]


def imports(path, root):
    """The modules that a file names, each as a path from the root."""
    for start, prefix, names in USE.findall(product(path.read_text())):
        base = module(path, root)
        base = [] if start == "crate" else base[: len(base) - start.count("super")]
        base += prefix.split("::")[:-1]
        # Of `{a::{b, c}, d}` the first name of each.
        names = re.sub(r"\{[^{}]*\}", "", names.strip("{}")).split(",")
        yield from (base + [name.split("::")[0].split(" as ")[0].strip()] for name in names)


def arrows(folder, root):
    nodes = {path.stem: [path] for path in folder.glob("*.rs") if path.stem != "mod"}
    nodes |= {path.parent.name: sorted(path.parent.rglob("*.rs")) for path in folder.glob("*/mod.rs")}
    here, passed = module(folder, root), passed_on(folder)
    graph = {}
    for name, paths in nodes.items():
        named = [path for file in paths for path in imports(file, root)]
        inside = {path[len(here)] for path in named if path[: len(here)] == here and len(path) > len(here)}
        graph[name] = {passed.get(other, other) for other in inside} & set(nodes) - {name}
    return graph


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
    for root in (CORE, SANDBOX):
        for folder in sorted({path.parent for path in root.rglob("*.rs")}):
            name = str(folder.relative_to(root))
            straight = root == SANDBOX or name in STRAIGHT
            for group in circles(arrows(folder, root)) if everything or straight else []:
                wrong = wrong or straight
                place = folder.relative_to(ROOT)
                print(f"{place}: {' ↔ '.join(group)} import each other; turn one arrow round")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())

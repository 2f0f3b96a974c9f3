#!/usr/bin/env python3
"""Writes a browser's folder, as tests and the benchmark pack it. Deterministic.

    tree.py OUT [--family chromium|firefox] [--size small|bench] [--variation N]

Variations differ in everything but names and contents: times, modes, umask, order of making, hard links. All
of them must give the same archive. OUT must not exist or be empty. Prints what there is, as JSON.
"""

import argparse
import json
import os
import random
from collections import Counter
from pathlib import Path

import chromium
import firefox
from contents import dice

FAMILIES = {"chromium": chromium.tree, "firefox": firefox.tree}
UMASKS = (0o022, 0o077, 0o000, 0o027)
MODES = (0o600, 0o640, 0o644, 0o755, 0o444, 0o777)
# 1970, which a zip cannot say, until 2035.
TIMES = (0, 2_050_000_000)


def planned(family="chromium", size="small"):
    """The entries, by path. A file's bytes are `content(entry)`."""
    return FAMILIES[family](size).entries


def content(entry):
    return entry.make(dice(entry.path))


def write(root, family="chromium", size="small", variation=0):
    """Writes it, and gives the entries by path."""
    root, entries = Path(root), planned(family, size)
    before = os.umask(UMASKS[variation % len(UMASKS)])
    try:
        _write(root, entries, variation)
    finally:
        os.umask(before)
    return entries


def _write(root, entries, variation):
    root.mkdir(parents=True, exist_ok=True)
    if any(root.iterdir()):
        raise FileExistsError(f"{root} is not empty")
    chance = random.Random(variation)
    order = sorted(entries)
    if variation:
        chance.shuffle(order)
    written = {}
    for path in order:
        entry, at = entries[path], root / path
        at.parent.mkdir(parents=True, exist_ok=True)
        if variation and chance.random() < 0.2:
            # Its place in the folder's list goes to the next one.
            (at.parent / "short-lived").write_bytes(b"")
            (at.parent / "short-lived").unlink()
        match entry.kind:
            case "folder":
                at.mkdir(exist_ok=True)
            case "link":
                at.symlink_to(entry.target)
            case "pipe":
                os.mkfifo(at)
            case "file":
                data = content(entry)
                # LevelDB's CURRENT files, and whatever is empty, are alike.
                if variation % 2 and data in written:
                    at.hardlink_to(written[data])
                else:
                    at.write_bytes(data)
                    if variation % 2 and len(data) < 100:
                        written[data] = at
    if variation:
        _disguise(root, chance)


def _disguise(root, chance):
    # From below, since what is done in a folder changes its time; sorted, so that chance is always the same.
    for folder, names, files in sorted(os.walk(root), reverse=True):
        for name in sorted(files) + sorted(names) + ["."]:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                inside = os.path.isfile(path)
                os.chmod(path, chance.choice(MODES) if inside else chance.choice((0o700, 0o755, 0o777)))
            seconds = chance.choice([TIMES[0], chance.randint(*TIMES)])
            nanoseconds = seconds * 10**9 + chance.randrange(10**9)
            os.utime(path, ns=(nanoseconds, nanoseconds), follow_symlinks=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", metavar="OUT", type=Path)
    parser.add_argument("--family", choices=FAMILIES, default="chromium")
    parser.add_argument("--size", choices=chromium.SIZES, default="small")
    parser.add_argument("--variation", type=int, default=0, metavar="N")
    options = parser.parse_args()
    if options.family == "firefox" and options.size != "small":
        parser.error("a Firefox tree is small")
    entries = write(options.out, options.family, options.size, options.variation)
    kinds, bytes_ = Counter(), Counter()
    for path, entry in entries.items():
        kinds[entry.kind] += 1
        if entry.kind == "file":
            bytes_[entry.rule] += (options.out / path).stat().st_size
    print(json.dumps({**kinds, "bytes": sum(bytes_.values()), "by_rule": bytes_}))


if __name__ == "__main__":
    main()

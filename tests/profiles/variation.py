"""Writes one variation of a tree, packs it and prints the archive's SHA-256, in a process of its own: its
umask, language and time zone are what the caller started it with.

    variation.py JOB    # JSON: folder, family, variation, level, times, and where the sandbox is
"""

import json
import os
import sys
import types

import tree
import upload
from dropoff import Pack


def main():
    job = types.SimpleNamespace(**json.loads(sys.argv[1]))
    tree.write(job.folder, job.family, "small", job.variation)
    profiles = [upload.upload(job, job.folder, Pack(level=job.level)) for _ in range(job.times)]
    umask = os.umask(0)
    print(json.dumps({"sha256": [p.upload.sha256 for p in profiles], "umask": umask}))


main()

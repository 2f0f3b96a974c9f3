"""One archive by Python's zipfile at level 6, measured: what its users write, for entries that are given."""

import json
import os
import zipfile
from pathlib import Path

import probe


def main():
    job = probe.job()
    folder, path = Path(job["folder"]), Path(job["spool_dir"]) / "zipfile.zip"
    names = json.loads(Path(job["names"]).read_text())

    def pack():
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for name in names:
                archive.write(folder / name, name)
        return {"archive": os.path.getsize(path)}

    probe.measure(pack)


main()

"""Puts the compiled half that cargo made beside the Python half, and the package on the path of the
environment that runs this: `develop.py target/debug/libdropoff_python.so`.

For the demo. As `maturin develop` does it, but for the build: that one asks cargo for this crate alone,
whereupon cargo compiles the dependencies, and the core, once more with the features that this crate alone
needs."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent / "python"


def main(library: Path) -> None:
    module = PACKAGE / "dropoff" / "_native.abi3.so"
    # Renamed into its place: a program that has the old one loaded keeps it.
    shutil.copyfile(library, module.with_suffix(".new"))
    module.with_suffix(".new").rename(module)
    Path(sysconfig.get_path("purelib"), "dropoff.pth").write_text(f"{PACKAGE}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

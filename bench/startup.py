"""What loading costs: the time of `import dropoff`, the sizes of what is built here and of what `make dist`
has packed, and whether a library that is loaded and has clients made holds a thread or a file descriptor."""

import subprocess
import tarfile
import tempfile
from pathlib import Path
from statistics import median

import build
from cases import OURS

IMPORTS = 20
DIST = build.ROOT / "dist"


def measured(bench, wheel):
    imports = [bench.idle("dropoff-python")["facts"]["import_ms"] for _ in range(IMPORTS)]
    idle = {peer: bench.idle(peer) for peer in OURS}
    return {
        "import_ms": {"median": median(imports), "least": min(imports), "most": max(imports)},
        "imports": imports,
        "idle": idle,
        "held": {peer: _held(said["facts"]) for peer, said in idle.items()},
        "bytes": sizes(wheel),
        "packed_bytes": packed_sizes(DIST),
    }


def _held(facts):
    """Threads and file descriptors more than before the library was there."""
    return {what: facts[what]["after"] - facts[what]["before"] for what in ("threads", "fds")}


def sizes(wheel):
    """Bytes of what was built for this machine alone; None for what is not there."""
    node = sorted((build.OUT / "node-dropoff").rglob("*.node"))
    library = sorted((build.OUT / "c").rglob("libdropoff.so*"))
    return {
        "wheel": wheel.stat().st_size,
        ".node": max((path.stat().st_size for path in node), default=None),
        "libdropoff.so, stripped": _stripped(library[0].resolve()) if library else None,
    }


def packed_sizes(folder):
    """The same, of the packages that users get; of several systems the largest."""
    return {
        "wheel": max((path.stat().st_size for path in folder.glob("dropoff-*.whl")), default=None),
        ".node": _largest(folder, "dropoff-linux-*.tgz", ".node"),
        "libdropoff.so, stripped": _largest(folder, "dropoff-c-*.tar.gz", "/libdropoff.so."),
    }


def _largest(folder, packages, name):
    found = []
    for package in folder.glob(packages):
        with tarfile.open(package) as archive:
            found += [member.size for member in archive if member.isfile() and name in member.name]
    return max(found, default=None)


def _stripped(library):
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "stripped.so"
        subprocess.run(["strip", "-o", to, library], check=True, timeout=60)
        return to.stat().st_size

#!/usr/bin/env python3
"""Puts what the clients need below target/bench: peers at the versions that are compared, and our packages as
they are released. Peers are installed again only when their versions change.

    install.py [--no-build] [NAME ...]

NAME: python-peers, node-peers, rust, c, node, cli. --no-build takes what is in target/release for C and Node.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
OUT = ROOT / "target/bench"
PEERS_PYTHON = OUT / "venv-peers/bin/python"
BUILD_WITHIN = 3600
RELEASE = ROOT / "target/release"


def python_peers(build=True):
    """What requirements.txt names, in an environment of its own."""
    requirements = HERE / "requirements.txt"
    stamp = _Stamp("venv-peers", requirements)
    if stamp.is_fresh():
        return
    _run(sys.executable, "-m", "venv", "--clear", OUT / "venv-peers")
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run(PEERS_PYTHON, *pip, "-r", requirements)
    stamp.write()


def node_peers(build=True):
    """undici as it is published; Node's own fetch has an older one inside."""
    package = HERE / "node-peers/package.json"
    stamp = _Stamp("node-peers", package)
    if stamp.is_fresh():
        return
    folder = _emptied("node-peers")
    shutil.copy(package, folder)
    _npm_install(folder)
    stamp.write()


def rust(build=True):
    """Our library in a Rust program, and plain reqwest. In a target folder of their own, since reqwest's
    `stream` would have cargo compile anew what is shipped."""
    manifest = HERE / "rust/Cargo.toml"
    if build:
        _cargo("--locked", "--manifest-path", manifest, "--target-dir", OUT / "cargo")
    elif not (OUT / "cargo/release/dropoff-rust").exists():
        sys.exit("the Rust clients were never built: run without --no-build")


def c(build=True):
    """The program of dropoff_c.c, against the library as it is installed."""
    if build:
        _cargo("--package", "dropoff-c")
    prefix = OUT / "c"
    _run(ROOT / "bindings-c/install.sh", prefix, RELEASE)
    (prefix / "bin").mkdir(exist_ok=True)
    environment = os.environ | {"PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    flags = subprocess.check_output(
        ["pkg-config", "--cflags", "--libs", "dropoff"], env=environment, text=True, timeout=60
    ).split()
    source, program = HERE / "dropoff_c.c", prefix / "bin/dropoff-c"
    warnings = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"]
    # The library is found by where the program is.
    _run("cc", *warnings, source, "-o", program, *flags, "-Wl,-rpath,$ORIGIN/../lib")


def node(build=True):
    """The npm package with the module of target/release, from a copy: in bindings-node lies the one that is
    being tested."""
    if build:
        _cargo("--package", "dropoff-node")
    package = ROOT / "bindings-node"
    generated = package / "native.d.ts"
    if not generated.exists():
        sys.exit(f"{generated} is missing; run: (cd {package} && npm install && npm run build)")
    with tempfile.TemporaryDirectory(dir=OUT) as folder:
        copy = Path(folder) / "package"
        left_out = shutil.ignore_patterns("node_modules", "target", "*.node", "src")
        shutil.copytree(package, copy, ignore=left_out)
        shutil.copy(RELEASE / "libdropoff_node.so", copy / "dropoff.linux-x64-gnu.node")
        shutil.copy(ROOT / "LICENSE", copy)
        # Its scripts are for the folder it was copied from.
        _run("npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", folder, cwd=copy)
        (tarball,) = Path(folder).glob("*.tgz")
        installed = _emptied("node-dropoff")
        (installed / "package.json").write_text('{"private": true}\n')
        _npm_install(installed, tarball)


def cli(build=True):
    """The command, as it is released."""
    if build:
        _cargo("--package", "dropoff-cli")
    elif not (RELEASE / "dropoff").exists():
        sys.exit("the command was never built: run without --no-build")


EVERYTHING = {
    "python-peers": python_peers,
    "node-peers": node_peers,
    "rust": rust,
    "c": c,
    "node": node,
    "cli": cli,
}


# The clients that need it, as commands.py names them; others need what they do not install.
NEEDED_BY = {
    "node-peers": {"undici"},
    "rust": {"dropoff-rust", "reqwest", "reqwest-64k"},
    "c": {"dropoff-c"},
    "node": {"dropoff-node"},
    "cli": {"dropoff-cli"},
}


def install(build=True, peers=None):
    """What these clients need; all of it, if none are named."""
    OUT.mkdir(parents=True, exist_ok=True)
    for name, one in EVERYTHING.items():
        needed_by = NEEDED_BY.get(name)
        if peers is None or needed_by is None or needed_by & peers:
            one(build)


class _Stamp:
    """What a folder was made of, so that it is made again when that changes."""

    def __init__(self, name, source):
        self._file = OUT / f"{name}.sha256"
        self._folder = OUT / name
        self._digest = hashlib.sha256(source.read_bytes()).hexdigest()

    def is_fresh(self):
        return self._folder.exists() and self._file.exists() and self._file.read_text() == self._digest

    def write(self):
        self._file.write_text(self._digest)


def _emptied(name):
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _npm_install(folder, *packages):
    quiet = ["--silent", "--no-audit", "--no-fund", "--no-package-lock"]
    _run("npm", "install", *quiet, *packages, cwd=folder)


def _cargo(*words):
    _run("cargo", "build", "--release", *words, cwd=ROOT)


def _run(*words, cwd=None):
    subprocess.run([str(word) for word in words], check=True, cwd=cwd, timeout=BUILD_WITHIN)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--no-build", dest="build", action="store_false")
    parser.add_argument("names", nargs="*", choices=[*EVERYTHING, []], metavar="NAME")
    options = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    for name in options.names or EVERYTHING:
        EVERYTHING[name](options.build)


if __name__ == "__main__":
    main()

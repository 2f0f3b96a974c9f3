"""What is measured and what it is measured with, built for release: the hosts, the wheel in an environment of
its own, the SDK in its own; and by clients/install.py the other clients."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from clients import install

HERE = Path(__file__).parent
ROOT = HERE.parent
OUT = ROOT / "target/bench"
VENV = OUT / "venv"
SDK = ROOT / ".venv-sdk"
HOSTS = ("dropoff-sink", "dropoff-sandbox")
PIP = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]

# Much is compiled the first time.
TIMEOUT = 3600


def everything(build, peers, wants_sandbox):
    """The paths of the sink, of the sandbox if it is wanted, and of the wheel; and what these clients need is
    there. Without `build`, what is there."""
    names = ["dropoff-sink", *(["dropoff-sandbox"] if wants_sandbox else [])]
    if build:
        hosts = ["cargo", "build", "--release", "--quiet", *(f"--package={name}" for name in names)]
        _say("building the hosts")
        subprocess.run(hosts, check=True, cwd=ROOT, timeout=TIMEOUT)
    wheel = _wheel(build)
    _install_wheel(wheel)
    if "agentdrop" in peers and not (SDK / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", SDK], check=True, timeout=120)
        requirements = ROOT / "tests/sdk/requirements.txt"
        subprocess.run([SDK / "bin/python", *PIP, "-r", requirements], check=True, timeout=600)
    _say("installing the clients")
    install.install(build, peers)
    sink, sandbox = (_host(name, build) if name in names else None for name in HOSTS)
    return sink, sandbox, wheel


def _say(what):
    print(f"{what}; minutes if it is the first time", file=sys.stderr, flush=True)


def _host(name, build):
    """As built for release. Without building, whichever is newer: an old one may lack an option. The report
    names it."""
    profiles = ("release",) if build else ("release", "debug")
    paths = [path for profile in profiles if (path := ROOT / "target" / profile / name).exists()]
    if not paths:
        sys.exit(f"no {name}: run without --no-build")
    return max(paths, key=lambda path: path.stat().st_mtime)


def _wheel(build):
    wheels = OUT / "wheels"
    if build or not list(wheels.glob("*.whl")):
        _say("building the release wheel")
        maturin = [ROOT / ".venv/bin/maturin", "build", "--release", "--quiet"]
        command = [*maturin, "-m", "bindings-python/Cargo.toml", "--out", wheels]
        environment = os.environ | {"PYO3_BUILD_EXTENSION_MODULE": "1", "VIRTUAL_ENV": str(ROOT / ".venv")}
        subprocess.run(command, check=True, cwd=ROOT, env=environment, timeout=TIMEOUT)
    return max(wheels.glob("*.whl"), key=lambda path: path.stat().st_mtime)


def _install_wheel(wheel):
    digest, installed = hashlib.sha256(wheel.read_bytes()).hexdigest(), VENV / "wheel.sha256"
    if not (VENV / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True, timeout=120)
    if not installed.exists() or installed.read_text() != digest:
        subprocess.run([VENV / "bin/python", *PIP, "--force-reinstall", wheel], check=True, timeout=600)
        installed.write_text(digest)

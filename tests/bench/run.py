#!/usr/bin/env python3
"""Our Python package beside the official `agentdrop` SDK and Python's `zipfile`, in one run. See README.md.

    run.py [--quick] [--runs N] [--only TEXT] [--no-build] [--patience SECONDS] [--out FILE]

Prints tables in Markdown, also to target/bench/report.md; report.json beside it has every run.
"""

import argparse
import base64
import dataclasses
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pack
import report
from cases import GIB, MIB, RATE, Case, cases
from quiet import LOUD, Patience, busy_seconds
from sinks import NAME, Sandbox, Tolerant, stopped_at_the_end

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OUT = ROOT / "target/bench"
VENV = OUT / "venv"
SDK = ROOT / ".venv-sdk"
SANDBOX = Path(os.environ.get("DROPOFF_SANDBOX") or ROOT / "target/debug/dropoff-sandbox")

# One send; the slowest takes 20 s on two slow cores.
TIMEOUT = 300.0


def main():
    options = arguments()
    # Ended by it, we would leave the files that are sent.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    OUT.mkdir(parents=True, exist_ok=True)
    wheel = install(options.build)
    chosen = [case for case in (*cases(options.quick), *pack.cases()) if options.only in case.name]
    if not chosen:
        sys.exit(f"no case has {options.only!r} in its name")

    found = {"quick": options.quick, "machine": machine(wheel), "runs": []}
    with tempfile.TemporaryDirectory(dir=OUT, prefix="run-") as folder, stopped_at_the_end() as started:
        patience = Patience(options.patience)
        runners = {}
        if sends := [case for case in chosen if isinstance(case, Case)]:
            bench = Bench(Path(folder), options.quick, patience, started, {case.sink for case in sends})
            found["yardstick"] = bench.yardstick()
            runners[Case] = bench
        if packs := [case for case in chosen if isinstance(case, pack.Packing)]:
            keeping, discarding = started(Sandbox(SANDBOX, keeps=True)), started(Sandbox(SANDBOX))
            levels = {case.level for case in packs}
            packer = pack.Packer(Path(folder), VENV / "bin/python", keeping, discarding, patience, levels)
            found["tree"] = packer.tree
            runners[pack.Packing] = packer
        for number in range(options.runs):
            for case in chosen:
                for last in (False, True):
                    run = runners[type(case)].run(case)
                    # Judged by what others did, never by what was measured; and once only.
                    disturbed = not last and run["others"] > LOUD and patience.allows(run["wall"])
                    run |= {"round": number, "disturbed": disturbed}
                    found["runs"].append(run)
                    print(report.line(run), file=sys.stderr, flush=True)
                    if not disturbed:
                        break
    found["summary"] = report.summarise(found)
    text = report.markdown(found)
    out = Path(options.out)
    out.write_text(json.dumps(found, indent=1) + "\n")
    out.with_suffix(".md").write_text(text + "\n")
    print(text)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="128 MiB instead of 1 GiB, two runs")
    parser.add_argument("--runs", type=int, help="runs of each case (default: 5, quick: 2)")
    parser.add_argument("--only", default="", metavar="TEXT", help="cases with this in their name")
    parser.add_argument("--no-build", dest="build", action="store_false", help="the wheel that is there")
    parser.add_argument(
        "--patience",
        type=float,
        default=300,
        metavar="SECONDS",
        help="how long, in all, to wait for others to leave the processors alone, and to make runs again "
        "that they disturbed (default: 300)",
    )
    parser.add_argument("--out", default=OUT / "report.json", metavar="FILE")
    options = parser.parse_args()
    options.runs = options.runs or (2 if options.quick else 5)
    return options


def install(build):
    """The release wheel in an environment of its own, and the SDK in its own."""
    if not os.access(SANDBOX, os.X_OK):
        sys.exit(f"no sandbox at {SANDBOX}: run `cargo build -p dropoff-sandbox`, or set DROPOFF_SANDBOX")
    wheels = OUT / "wheels"
    if build or not list(wheels.glob("*.whl")):
        print("building the release wheel, minutes if it is the first", file=sys.stderr, flush=True)
        maturin = ROOT / ".venv/bin/maturin"
        command = [
            maturin,
            "build",
            "--release",
            "--quiet",
            "-m",
            "bindings-python/Cargo.toml",
            "--out",
            wheels,
        ]
        environment = os.environ | {"PYO3_BUILD_EXTENSION_MODULE": "1", "VIRTUAL_ENV": str(ROOT / ".venv")}
        subprocess.run(command, check=True, cwd=ROOT, env=environment, timeout=3600)
    wheel = max(wheels.glob("*.whl"), key=lambda path: path.stat().st_mtime)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()

    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if not (VENV / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True, timeout=120)
    installed = VENV / "wheel.sha256"
    if not installed.exists() or installed.read_text() != digest:
        command = [VENV / "bin/python", *pip, "--force-reinstall", wheel]
        subprocess.run(command, check=True, timeout=600)
        installed.write_text(digest)
    if not (SDK / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", SDK], check=True, timeout=120)
        requirements = ROOT / "tests/sdk/requirements.txt"
        subprocess.run([SDK / "bin/python", *pip, "-r", requirements], check=True, timeout=600)
    return {"file": wheel.name, "sha256": digest, "bytes": wheel.stat().st_size}


class Bench:
    """The sinks, the files, and how one case is run."""

    def __init__(self, folder, quick, patience, started, sinks):
        self._folder = folder
        self._quick = quick
        self._patience = patience
        self._sizes = {False: 128 * MIB if quick else GIB}
        self._sizes[True] = 2 * self._sizes[False]
        self._files = {twice: write(folder / str(size) / NAME, size) for twice, size in self._sizes.items()}
        self._private, self._public = key_pair()

        python = SDK / "bin/python"
        subprocess.run([python, HERE / "certificate.py", folder], check=True, timeout=60)
        code = "import certifi; print(certifi.where())"
        roots = subprocess.check_output([python, "-c", code], text=True, timeout=60).strip()
        self._public_roots = Path(roots).read_bytes()
        plain = started(Sandbox(SANDBOX))
        make = {
            "sandbox": lambda: plain,
            "sandbox_tls": lambda: started(Sandbox(SANDBOX, "--tls")),
            "slow_tls": lambda: started(Sandbox(SANDBOX, "--tls", "--rate", str(RATE))),
            "tolerant": lambda: started(Tolerant(plain, python)),
            "tolerant_tls": lambda: started(Tolerant(plain, python, folder)),
        }
        self._sinks = {name: make[name]() for name in sinks}

    def yardstick(self):
        command = [SDK / "bin/python", HERE / "yardstick.py", self._files[False]]
        all_ = [json.loads(subprocess.check_output(command, timeout=120)) for _ in range(3)]
        return {name: sorted(one[name] for one in all_)[1] for name in all_[0]}

    def run(self, case):
        sink, size = self._sinks[case.sink], self._sizes[case.twice]
        sink.prepare(self._public)
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        (folder / "config.json").write_text(
            json.dumps({"agent_id": "sender-agent", "private_key": self._private})
        )
        options = dict(case.options)
        if self._quick:
            # By default a file above 256 MiB is not hashed.
            options.setdefault("integrity_check", False)
        job = {
            "api_url": sink.api_url,
            "api_key": sink.api_key,
            "storage_url": sink.storage_url,
            "ca_file": sink.ca_file,
            "file": str(self._files[case.twice]),
            "private_key": self._private,
            "config_dir": str(folder),
            "sealed": case.sealed,
            "multipart": case.multipart,
            "journal": str(folder / "journal") if case.journal else None,
            "options": options,
        }
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
        if sink.ca_file:
            environment["REQUESTS_CA_BUNDLE"] = str(self._bundle(sink.ca_file))
        python = {"dropoff": VENV, "agentdrop": SDK}[case.peer] / "bin/python"
        command = [python, HERE / f"send_{case.peer}.py", json.dumps(job)]

        self._patience.wait_for_quiet()
        busy, sinking, began = busy_seconds(), sink.child.cpu(), time.monotonic()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT)
        lasted, sinking, busy = time.monotonic() - began, sink.child.cpu() - sinking, busy_seconds() - busy
        shutil.rmtree(folder)
        if done.returncode:
            sys.exit(f"{case.name} failed:\n{done.stderr}")
        cost = json.loads(done.stdout)
        arrived = sink.arrived()
        expected = size + (16 if case.sealed else 0)
        if arrived["bytes"] != expected or cost["facts"]["status"] != "active":
            sys.exit(f"{case.name}: {expected} bytes were due, active; got {arrived} {cost['facts']}")
        cpu = cost["user"] + cost["system"]
        return {
            "case": case.name,
            **{name: value for name, value in dataclasses.asdict(case).items() if name != "options"},
            "options": options,
            "size": size,
            **cost,
            "cpu": cpu,
            "cpu_per_gib": cpu * GIB / size,
            "sink_cpu": sinking,
            # Processors that others kept busy, the kernel's own work included. Noise, when it is much.
            "others": max(0.0, (busy - cpu - cost["before"] - sinking) / lasted),
            "arrived": arrived,
        }

    def _bundle(self, ca_file):
        """What the SDK trusts: the public roots it loads for every connection by default, and this one. Ours
        loads the system's as well."""
        bundle = self._folder / f"{hashlib.sha256(ca_file.encode()).hexdigest()[:16]}.pem"
        if not bundle.exists():
            bundle.write_bytes(self._public_roots + Path(ca_file).read_bytes())
        return bundle


def write(path, size):
    """Random bytes, so that nothing on the way is cheaper than it would be; in the page cache afterwards."""
    path.parent.mkdir()
    with open(path, "wb") as file:
        for _ in range(size // MIB):
            file.write(os.urandom(MIB))
        file.flush()
        os.fsync(file.fileno())
    with open(path, "rb", buffering=0) as file:
        buffer = bytearray(MIB)
        while file.readinto(buffer):
            pass
    return path


def key_pair():
    """A private key and the public key of another, base64: both of the sender, which is as good."""
    code = "from dropoff import KeyPair; k = KeyPair.generate(); print(k.reveal_private_key(), k.public_key)"
    private, public = subprocess.check_output(
        [VENV / "bin/python", "-c", code], text=True, timeout=60
    ).split()
    assert len(base64.b64decode(private)) == len(base64.b64decode(public)) == 32
    return private, public


def priority():
    """Nice values: of this process, and of its session, which is what counts where the kernel groups them."""
    try:
        session = Path("/proc/self/autogroup").read_text().split()[-1]
    except OSError:
        session = None
    return {"process": os.getpriority(os.PRIO_PROCESS, 0), "session": session}


def machine(wheel):
    def output(*command):
        if not shutil.which(command[0]):
            return None
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)
        return done.stdout.strip()

    with open("/proc/cpuinfo") as lines:
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    uname = os.uname()
    code = (
        "import ssl, sys, zlib, importlib.metadata as m, json; print(json.dumps({'python':"
        " sys.version.split()[0], 'openssl of ssl': ssl.OPENSSL_VERSION, 'zlib': zlib.ZLIB_RUNTIME_VERSION}"
        " | {n: m.version(n) for n in sys.argv[1:]}))"
    )
    packages = ["agentdrop", "requests", "urllib3", "cryptography"]
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB, 1),
        "kernel": f"{uname.sysname} {uname.release} {uname.machine}",
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "load": os.getloadavg(),
        "priority": priority(),
        "commit": output("git", "rev-parse", "HEAD"),
        "uncommitted_changes": bool(output("git", "status", "--porcelain", "--", "core", "bindings-python")),
        "wheel": wheel,
        "sandbox": str(SANDBOX),
        "rustc": output("rustc", "--version"),
        "dropoff": json.loads(output(VENV / "bin/python", "-c", code, "dropoff")),
        "agentdrop": json.loads(output(SDK / "bin/python", "-c", code, *packages)),
    }


if __name__ == "__main__":
    main()

"""How one case is run: its host made ready, its client run, and whether everything arrived."""

import json
import subprocess
import time
from pathlib import Path

import measure
from cases import DEFAULTS, GIB
from clients.commands import command, result
from measure import Failed
from quiet import busy_seconds
from tickets import FIELDS

HERE = Path(__file__).parent

# The slowest takes half a minute on two slow cores.
TIMEOUT = 300.0
# What a form adds to its file: some of that, at most.
FRAMING = 64 * 1024


class Bench:
    """The hosts, the files, and the processors of pinned clients."""

    def __init__(self, hosts, files, patience, keys, cores):
        self._hosts, self._files, self._patience = hosts, files, patience
        self._private, self._public = keys
        self._cores = cores

    def run(self, case):
        host = self._hosts.of(case.host, case.pinned)
        host.prepare(self._public, self._files.sha256(case) if case.do == "profile" else None)
        job = self._job(case, host)
        argv, env = _profile(job) if case.do == "profile" else command(case.peer, job)
        cores = self._cores if case.pinned else None

        self._patience.wait_for_quiet()
        # The tickets are our own work, which is no stranger's.
        busy, sinking, own, began = (
            busy_seconds(),
            measure.cpu_of(host.child.pid),
            time.process_time(),
            time.monotonic(),
        )
        process = measure.run(argv, env, cores, TIMEOUT)
        lasted, own = time.monotonic() - began, time.process_time() - own
        sinking, busy = measure.cpu_of(host.child.pid) - sinking, busy_seconds() - busy

        call = _said(case.peer, job, process.output)
        arrived = host.arrived()
        check(case, arrived, call)
        cpu = process.user + process.system
        return {
            "case": case.name,
            "cpu": cpu,
            "user": process.user,
            "system": process.system,
            "cpu_per_gib": cpu * GIB / case.sent,
            "wall": process.wall,
            "peak_kib": process.peak_kib,
            **_of_call(case, call),
            **_of_ticket(host, arrived),
            "arrived": arrived,
            "sink_cpu": sinking,
            # Processors that others kept busy, the kernel's own work included. Noise, when it is much.
            "others": _others(busy - cpu - sinking - own, lasted),
        }

    def idle(self, peer):
        """What a process is that has the library loaded, clients made and nothing sent: its own words."""
        job = {"do": "idle", "options": {}}
        argv, env = command(peer, job)
        return _said(peer, job, measure.run(argv, env, None, 60).output)

    def yardstick(self, python, script, case):
        """Medians of three."""
        (path,) = self._files.paths(case)
        all_ = [json.loads(subprocess.check_output([python, script, path], timeout=120)) for _ in range(3)]
        return {name: sorted(one[name] for one in all_)[1] for name in all_[0]}

    def _job(self, case, host):
        paths = [str(path) for path in self._files.paths(case)]
        url = f"{host.storage_url}/bench"
        return {
            "do": case.do,
            "url": url if case.do == "many" else f"{url}/{Path(paths[0]).name}",
            "fields": [list(field) for field in FIELDS.items()],
            "file": paths[0],
            "files": paths,
            "ca_file": host.ca_file,
            "storage_url": host.storage_url,
            "options": case.options,
            "concurrency": case.concurrency,
            "api_url": host.api_url,
            "api_key": host.api_key,
            "multipart": case.multipart,
            "sealed": case.sealed,
            "private_key": self._private,
            "journal": None,
        }


def _profile(job):
    """The command of a client that is ours alone."""
    argv, env = command("dropoff-python", job | {"do": "idle"})
    argv = [argv[0], HERE / "profile_dropoff.py", json.dumps(job)]
    return argv, env | {"PYTHONPATH": str(HERE / "clients")}


def check(case, arrived, call):
    """Whether all bytes came, and no more than they had to; `Failed` if not."""
    came, due, most = arrived["bytes"], case.bytes, case.bytes
    if case.do in ("form", "profile"):
        most += FRAMING
    if arrived.get("busy"):
        # What was refused was sent again.
        most = due + arrived["busy"] * case.size
    if not due <= came <= most:
        raise Failed(f"{due} bytes were due, {came} came: {arrived}")
    if call["facts"].get("status") not in (None, "active", 200):
        raise Failed(f"it did not end well: {call['facts']}")


def _said(peer, job, output):
    try:
        return result(peer, job, output)
    except ValueError as error:
        raise Failed(f"no JSON: {output[:300]!r}") from error


def _of_call(case, call):
    """What the client says of the call alone; curl has nothing to say of that."""
    if "user" not in call:
        return {"facts": call["facts"]}
    cpu = call["user"] + call["system"]
    return {
        "call_cpu": cpu,
        "call_cpu_per_gib": cpu * GIB / case.sent,
        "call_wall": call["wall"],
        "idle_kib": call["idle_kib"],
        "over_idle_kib": call["over_idle_kib"],
        "call_peak_kib": call["peak_kib"],
        "facts": call["facts"],
    }


def _of_ticket(host, arrived):
    found = {name: arrived[name] for name in ("connections", "most_at_once", "busy") if name in arrived}
    if host.tickets and (sending := host.tickets.sending()) is not None:
        found["sending"] = sending
        found["first_byte_ms"] = (arrived["first_byte_at"] - host.tickets.presigned_at) * 1000
    return found


def _others(seconds, lasted):
    # The kernel counts in hundredths of a second: nothing can be said of so short a time.
    return max(0.0, seconds / lasted) if lasted > 0.3 else 0.0


def key_pair(python):
    """A private key and the public key of another, base64: both of the sender, which is as good."""
    code = "from dropoff import KeyPair; k = KeyPair.generate(); print(k.reveal_private_key(), k.public_key)"
    return subprocess.check_output([python, "-c", code], text=True, timeout=60).split()


def describe(case):
    """What the report says about a case."""
    names = ("group", "peer", "variant", "setting", "do", "size", "count", "concurrency", "pinned", "sent")
    facts = {name: getattr(case, name) for name in names}
    return facts | {"defaults": case.setting == DEFAULTS, "host": vars(case.host)}

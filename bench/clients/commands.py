"""How each client of the benchmark is run: the words of its command, and its environment.

    argv, env = command("curl", {"do": "put", "url": "https://127.0.0.1:4433/a", "file": "large.bin", ...})

README.md tells what a job is, who can do what, and what comes back.
"""

import hashlib
import itertools
import json
import os
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
OUT = ROOT / "target/bench"
PEERS_PYTHON = OUT / "venv-peers/bin/python"
RCLONE = OUT / "venv-peers/bin/rclone"
SDK_PYTHON = ROOT / ".venv-sdk/bin/python"
OUR_PYTHON = OUT / "venv/bin/python"
RUST = OUT / "cargo/release"
C = OUT / "c/bin/dropoff-c"
CLI = ROOT / "target/release/dropoff"
MIB = 1024**2
SYSTEM_ROOTS = Path("/etc/ssl/certs/ca-certificates.crt")

# What each can do, beside "idle".
OURS = {"put", "form", "parts", "plan", "many", "send"}
CAN = {
    "curl": {"put", "form", "many"},
    "requests": {"put", "many"},
    "httpx": {"put", "many"},
    "aiohttp": {"put", "many"},
    "agentdrop": {"send", "many"},
    "node-fetch": {"put", "many"},
    "undici": {"put", "many"},
    "reqwest": {"put", "many"},
    "reqwest-64k": {"put", "many"},
    "awscrt": {"object"},
    "boto3": {"object"},
    "obstore": {"object"},
    "obstore-crc64": {"object"},
    "s5cmd": {"object"},
    "rclone": {"object"},
    "dropoff-rust": OURS,
    "dropoff-c": OURS - {"plan"},
    "dropoff-python": OURS,
    "dropoff-node": OURS - {"plan"},
    "dropoff-cli": {"put"},
}
# What prints no figures of its own call.
SILENT = ("curl", "s5cmd", "rclone", "dropoff-cli")

# Options of ours that are lengths of time; seconds in a job, as in Python.
TIMES = {
    "connect_timeout",
    "stall_timeout",
    "response_timeout",
    "backoff_base",
    "backoff_cap",
    "max_retry_after",
}


def command(peer, job):
    """The command and the whole environment of one run."""
    if job["do"] not in CAN[peer] | {"idle"}:
        raise ValueError(f"{peer} cannot do {job['do']!r}")
    return {
        "curl": _curl,
        "requests": lambda job: _python(PEERS_PYTHON, "requests_put.py", job),
        "httpx": lambda job: _python(PEERS_PYTHON, "httpx_put.py", job),
        "aiohttp": lambda job: _python(PEERS_PYTHON, "aiohttp_put.py", job),
        "agentdrop": lambda job: _python(SDK_PYTHON, "agentdrop_send.py", job),
        "node-fetch": lambda job: _node("node_fetch.mjs", job),
        "undici": lambda job: _node("node_undici.mjs", job),
        "reqwest": lambda job: _program(RUST / "plain-reqwest", job),
        "reqwest-64k": lambda job: _program(RUST / "plain-reqwest", job | {"chunk_size": 64 * 1024}),
        "awscrt": lambda job: _python(PEERS_PYTHON, "awscrt_put.py", job),
        "boto3": lambda job: _python(PEERS_PYTHON, "boto3_put.py", job),
        # It adds a certificate to those that it trusts by default.
        "obstore": lambda job: _program(PEERS_PYTHON, HERE / "obstore_put.py", job),
        "obstore-crc64": lambda job: _program(
            PEERS_PYTHON, HERE / "obstore_put.py", job | {"checksum": "crc64nvme"}
        ),
        "s5cmd": _s5cmd,
        "rclone": _rclone,
        "dropoff-rust": lambda job: _program(RUST / "dropoff-rust", job),
        "dropoff-c": lambda job: ([str(C), *_words(job)], _environment()),
        "dropoff-python": lambda job: _program(OUR_PYTHON, HERE / "dropoff_python.py", job),
        "dropoff-node": lambda job: _program("node", HERE / "dropoff_node.mjs", job),
        "dropoff-cli": _cli,
    }[peer](job)


def result(peer, job, stdout):
    """What a run printed, as one object. Programs that were not written for this have facts alone; their
    figures are what the runner measures."""
    if peer not in SILENT:
        return json.loads(stdout)
    if peer != "curl" or job["do"] == "idle":
        return {"facts": {}}
    sent = [json.loads(line) for line in stdout.splitlines()]
    facts = {
        "status": max(one["http_code"] for one in sent),
        # With a form, its framing too.
        "bytes": sum(one["size_upload"] for one in sent),
        "connections": sum(one["num_connects"] for one in sent),
    }
    return {"facts": facts | ({"files": len(sent)} if job["do"] == "many" else {})}


def _environment(**more):
    """Nothing of the caller's: no proxy, no settings of a tool."""
    return {"PATH": os.environ["PATH"], "HOME": tempfile.gettempdir(), "LANG": "C.UTF-8"} | more


def _program(*words):
    *program, job = words
    return [*map(str, program), json.dumps(job)], _environment()


def _python(interpreter, script, job):
    argv, env = _program(interpreter, HERE / script, _with_roots(job, _certifi()))
    ca_file = job.get("ca_file")
    return argv, env | ({"REQUESTS_CA_BUNDLE": json.loads(argv[-1])["ca_file"]} if ca_file else {})


def _node(script, job):
    argv, env = _program("node", HERE / script, job)
    return argv, env | ({"NODE_EXTRA_CA_CERTS": job["ca_file"]} if job.get("ca_file") else {})


def _with_roots(job, public):
    """The job with a bundle of the public roots and the sink's. A client that was told of the sink's alone
    would be spared loading the roots that it trusts by default; ours loads the system's as well."""
    if not job.get("ca_file"):
        return job
    content = public.read_bytes() + Path(job["ca_file"]).read_bytes()
    bundle = OUT / f"roots-{hashlib.sha256(content).hexdigest()[:16]}.pem"
    if not bundle.exists():
        # Written whole or not at all: another run may read it at this moment.
        fresh = bundle.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(content)
        fresh.rename(bundle)
    return job | {"ca_file": str(bundle)}


def _certifi():
    (found,) = OUT.glob("venv-peers/lib/python3*/site-packages/certifi/cacert.pem")
    return found


def _curl(job):
    argv = ["curl"]
    if job["do"] == "idle":
        return [*argv, "--version"], _environment()
    # Its own configuration file and a newer HTTP are not what is compared.
    always = ["--disable", "--http1.1", "--silent", "--no-progress-meter", "--show-error", "--fail"]
    if ca_file := _with_roots(job, SYSTEM_ROOTS).get("ca_file"):
        always += ["--cacert", ca_file]
    # One line for each file, without the answer's body in between.
    always += ["--write-out", "%{json}\\n"]
    if job["do"] == "form":
        fields = [word for name, value in job["fields"] for word in ("--form-string", f"{name}={value}")]
        fields += ["--form", f'file=@"{job["file"]}"', "--output", "/dev/null"]
        return [*argv, *always, *fields, job["url"]], _environment()
    if job["do"] == "put":
        return [*argv, *always, *_upload(job["file"], job["url"])], _environment()
    if (at_once := job.get("concurrency") or 1) > 1:
        # At once in parallel: by default it waits to see if one connection can do.
        always += ["--parallel", "--parallel-immediate", "--parallel-max", str(at_once)]
    puts = [_upload(file, f"{job['url']}/{os.path.basename(file)}") for file in job["files"]]
    return [*argv, *always, "--fail-early", *itertools.chain(*puts)], _environment()


def _s5cmd(job):
    (program,) = OUT.glob("venv-peers/lib/python3*/site-packages/s5cmd/bin/s5cmd")
    if job["do"] == "idle":
        return [str(program), "version"], _environment()
    lanes = ["--part-size", str(job["part_size"] // MIB), "--concurrency", str(job["concurrency"])]
    argv = [str(program), "--endpoint-url", job["storage_url"], "cp", *lanes, job["file"]]
    roots = _with_roots(job, SYSTEM_ROOTS)["ca_file"]
    return [*argv, f"s3://{job['bucket']}/{job['key']}"], _of_s3(AWS_CA_BUNDLE=roots)


def _rclone(job):
    if job["do"] == "idle":
        return [str(RCLONE), "version"], _environment()
    argv = [str(RCLONE), "copyto", job["file"], f":s3:{job['bucket']}/{job['key']}"]
    # The bucket is there, and there is no configuration file.
    argv += ["--config", "/dev/null", "--s3-provider", "Other", "--s3-env-auth", "--s3-no-check-bucket"]
    argv += ["--s3-endpoint", job["storage_url"], "--s3-chunk-size", f"{job['part_size'] // MIB}Mi"]
    argv += ["--s3-upload-concurrency", str(job["concurrency"])]
    return [*argv, "--ca-cert", _with_roots(job, SYSTEM_ROOTS)["ca_file"]], _of_s3()


def _cli(job):
    """The command, as a script runs it."""
    if job["do"] == "idle":
        return [str(CLI), "--version"], _environment()
    roots = ["--ca-file", job["ca_file"]] if job.get("ca_file") else []
    # No word of the command is a URL: that is a secret.
    secret = _environment(DROPOFF_URL=job["url"], DROPOFF_TRUSTED_STORAGE=job["storage_url"])
    return [str(CLI), "--json", "put", job["file"], *roots], secret


def _of_s3(**more):
    """With credentials, which the sink takes whatever they are."""
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": "us-east-1"}
    return _environment(**keys, **more)


def _upload(file, url):
    return ["--upload-file", file, "--output", "/dev/null", url]


def _words(job):
    """The job for a program that reads no JSON: pairs of words, a list as pairs with the same name."""
    words = []

    def say(name, value):
        if isinstance(value, bool):
            value = "true" if value else "false"
        if value is not None:
            words.extend([name, str(value)])

    for name, value in job.items():
        if name == "fields":
            for field, content in value:
                say("field", field)
                say("value", content)
        elif name == "options":
            for option, content in value.items():
                say(*_option(option, content))
        else:
            for one in value if isinstance(value, list) else [value]:
                say(name, one)
    return words


def _option(name, value):
    """An option's name with the setter that takes it, and its value."""
    if name in TIMES:
        return f"ms:{name}", None if value is None else round(value * 1000)
    setter = "bool" if isinstance(value, bool) else "number" if isinstance(value, int) else "text"
    return f"{setter}:{name}", value

"""Our library, as a Python program uses it."""

import os
import time

# Before everything else, so that nothing of what the package imports is there already.
threads, fds = len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))
began = time.perf_counter()
from dropoff import AgentDrop, Encryption, KeyPair, Storage  # noqa: E402

import_ms = (time.perf_counter() - began) * 1000
import probe  # noqa: E402


def options(job):
    given = {"trusted_storage": [job["storage_url"]] if job.get("storage_url") else None}
    given |= {name: job.get(name) for name in ("ca_file", "concurrency")}
    return given | job.get("options", {})


def agentdrop(job):
    return AgentDrop(job.get("api_key") or "agd_idle", base_url=job.get("api_url"), **options(job))


def idle(job):
    made = Storage(**options(job)), agentdrop(job)
    facts = probe.idle({"threads": threads, "fds": fds}, probe.counts())
    del made
    return facts | {"import_ms": import_ms}


def put(client, job):
    return client.put(job["url"], job["file"], journal=job.get("journal")).to_dict()


def plan(client, job):
    return client.send(job["plan"], job["file"]).to_dict()


def form(client, job):
    return client.post_form(job["url"], [tuple(pair) for pair in job["fields"]], job["file"]).to_dict()


def parts(client, job):
    stored = client.put_parts(job["urls"], job["file"], part_size=job.get("part_size"))
    return {
        "bytes": stored.bytes,
        "part_size": stored.part_size,
        "parts": len(stored.parts),
        "attempts": sum(part.attempts for part in stored.parts),
        "verified": stored.verified,
    }


def send(client, job):
    sealed = job.get("sealed")
    sent = client.send(
        job["files"] if job["do"] == "many" else [job["file"]],
        sender="sender-agent",
        recipient="recipient-agent",
        multipart=job.get("multipart"),
        encrypt=Encryption(KeyPair.from_private_key(job["private_key"])) if sealed else None,
        journal=job.get("journal"),
    )
    return {
        "status": sent.status,
        "sealed": sent.encrypted,
        "files": len(sent.files),
        "bytes": sum(file.bytes for file in sent.files),
        "parts": sum(file.parts for file in sent.files),
        "attempts": sum(file.attempts for file in sent.files),
        "verified": all(file.verified for file in sent.files),
    }


def main():
    job = probe.job()
    if job["do"] == "idle":
        return probe.measure(lambda: idle(job))
    if job["do"] in ("send", "many"):
        client, call = agentdrop(job), send
    else:
        calls = {"put": put, "form": form, "parts": parts, "plan": plan}
        client, call = Storage(**options(job)), calls[job["do"]]
    probe.measure(lambda: call(client, job))


main()

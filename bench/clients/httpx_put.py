"""httpx: a generator of 1 MiB chunks with a Content-Length; one client, so connections are used again."""

import os
import ssl
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import probe

CHUNK = 1024 * 1024


def chunks(path):
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def put(client, url, path):
    size = os.path.getsize(path)
    reply = client.put(url, content=chunks(path), headers={"Content-Length": str(size)})
    reply.raise_for_status()
    return {"status": reply.status_code, "bytes": size}


def many(client, job):
    def one(path):
        return put(client, f"{job['url']}/{os.path.basename(path)}", path)["bytes"]

    with ThreadPoolExecutor(job["concurrency"] or 1) as pool:
        sizes = list(pool.map(one, job["files"]))
    return {"status": 200, "files": len(sizes), "bytes": sum(sizes)}


def main():
    job = probe.job()
    trust = ssl.create_default_context(cafile=job["ca_file"]) if job.get("ca_file") else True
    # Its default of 5 s is too short for an answer after a capped upload.
    with httpx.Client(verify=trust, timeout=120) as client:
        calls = {
            "idle": dict,
            "put": lambda: put(client, job["url"], job["file"]),
            "many": partial(many, client, job),
        }
        probe.measure(calls[job["do"]])


main()

"""requests, as the official SDK uses it: a generator of 1 MiB chunks with a Content-Length, and a new
connection for each file. requests adds `Transfer-Encoding: chunked` to that, over a body that is not chunked.

It trusts what REQUESTS_CA_BUNDLE names.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import probe
import requests

CHUNK = 1024 * 1024


def chunks(path):
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def put(url, path):
    size = os.path.getsize(path)
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
    reply = requests.put(url, data=chunks(path), headers=headers)
    reply.raise_for_status()
    return {"status": reply.status_code, "bytes": size}


def many(job):
    def one(path):
        return put(f"{job['url']}/{os.path.basename(path)}", path)["bytes"]

    with ThreadPoolExecutor(job["concurrency"] or 1) as pool:
        sizes = list(pool.map(one, job["files"]))
    return {"status": 200, "files": len(sizes), "bytes": sum(sizes)}


def main():
    job = probe.job()
    calls = {
        "idle": dict,
        "put": lambda: put(job["url"], job["file"]),
        "many": partial(many, job),
    }
    probe.measure(calls[job["do"]])


main()

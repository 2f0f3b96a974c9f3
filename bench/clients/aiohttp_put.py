"""aiohttp: an open file, as its documentation shows it; one session, so connections are used again."""

import asyncio
import os
import ssl

import aiohttp
import probe


async def put(session, url, path):
    with open(path, "rb") as file:
        async with session.put(url, data=file) as reply:
            reply.raise_for_status()
            await reply.read()
    return {"status": reply.status, "bytes": os.path.getsize(path)}


async def many(session, job):
    """As many tasks as may be in flight, each taking the next file."""
    files, sizes = iter(job["files"]), []

    async def lane():
        for path in files:
            url = f"{job['url']}/{os.path.basename(path)}"
            sizes.append((await put(session, url, path))["bytes"])

    await asyncio.gather(*(lane() for _ in range(job["concurrency"] or 1)))
    return {"status": 200, "files": len(sizes), "bytes": sum(sizes)}


async def session(job):
    trust = ssl.create_default_context(cafile=job["ca_file"]) if job.get("ca_file") else True
    connector = aiohttp.TCPConnector(ssl=trust)
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))


def main():
    job = probe.job()
    with asyncio.Runner() as runner:
        made = runner.run(session(job))
        calls = {
            "idle": dict,
            "put": lambda: runner.run(put(made, job["url"], job["file"])),
            "many": lambda: runner.run(many(made, job)),
        }
        probe.measure(calls[job["do"]])
        runner.run(made.close())


main()

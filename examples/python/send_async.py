"""Sends each file as a transfer of its own, all at once, within a minute: `send_async.py FILE…`.

The key is in AGENTDROP_API_KEY. Ctrl-C, or the end of the minute, cancels what is under way.
"""

import asyncio
import os
import sys

from dropoff import AsyncAgentDrop, DropoffError

where = {}
if "SANDBOX_API" in os.environ:  # only to try it against the sandbox; leave these lines out otherwise
    where = {"base_url": os.environ["SANDBOX_API"], "trusted_storage": [os.environ["SANDBOX_STORAGE"]]}


async def send(d: AsyncAgentDrop, path: str) -> bool:
    try:
        sent = await d.send([path], sender="data-pipeline", recipient="analysis-agent")
    except DropoffError as error:
        print(f"{path}: {error}", file=sys.stderr)
        return False
    print(f"{sent.id} is {sent.status}: {path} verified: {str(sent.files[0].verified).lower()}")
    return True


async def main() -> int:
    d = AsyncAgentDrop(**where)
    async with asyncio.timeout(60):
        arrived = await asyncio.gather(*(send(d, path) for path in sys.argv[1:]))
    return 0 if all(arrived) else 1


sys.exit(asyncio.run(main()))

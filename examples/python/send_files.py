"""Sends files to an agent: `send_files.py FILE…`. The key is in AGENTDROP_API_KEY."""

import os
import sys

from dropoff import AgentDrop, DropoffError

where = {}
if "SANDBOX_API" in os.environ:  # only to try it against the sandbox; leave these lines out otherwise
    where = {"base_url": os.environ["SANDBOX_API"], "trusted_storage": [os.environ["SANDBOX_STORAGE"]]}

try:
    sent = AgentDrop(**where).send(
        sys.argv[1:], sender="data-pipeline", recipient="analysis-agent", expires_in="12h"
    )
except DropoffError as error:
    sys.exit(str(error))
print(f"{sent.id} is {sent.status}")
for file in sent.files:
    print(f"{file.name} {file.bytes} bytes verified: {str(file.verified).lower()}")

"""Seals and sends the files that are its arguments; ../ours.py says how it is told what else to do."""

import os
import sys

from dropoff import AgentDrop, DropoffError, Encryption, KeyPair

told = os.environ.get
try:
    options = {name.lower(): int(os.environ[name]) for name in ("PART_SIZE", "CONCURRENCY") if told(name)}
    client = AgentDrop(base_url=told("API_URL"), trusted_storage=[told("STORAGE_URL")], **options)
    sent = client.send(
        sys.argv[1:],
        sender=told("SENDER"),
        recipient=told("RECIPIENT"),
        encrypt=Encryption(KeyPair.from_agentdrop_config(told("CONFIG")), told("RECIPIENT_KEY")),
        multipart=True if told("MULTIPART") else None,
        journal=told("JOURNAL"),
    )
except DropoffError as error:
    print(error.kind, error.journal or "", sep="\t")
    print(error, file=sys.stderr)
    sys.exit(3)
print(sent.id, sent.recipient_key_fingerprint, sent.recipient_key_source, sep="\t")

"""Opens the sealed file that is its first argument to the path that is its second; see ../ours.py."""

import os
import sys

from dropoff import DropoffError, KeyPair, open_sealed

told = os.environ.get
names = ("sender_public_key", "encrypted_key", "encryption_iv", "encryption_salt")
fields = {name: os.environ[name.upper()] for name in names if told(name.upper())}
try:
    pair = KeyPair.from_agentdrop_config(told("CONFIG"))
    opened = open_sealed(sys.argv[1], to=sys.argv[2], key_pair=pair, **fields)
except DropoffError as error:
    print(error.kind, error.journal or "", sep="\t")
    print(error, file=sys.stderr)
    sys.exit(3)
print(opened.path, opened.bytes, sep="\t")

"""What the parts of a sealed send cost by themselves, one core: reading the file, and AES-256-GCM of the
OpenSSL that `cryptography` brings (not the library we use, but of the same kind). Prints one line of JSON, in
CPU seconds per GiB.

    yardstick.py FILE
"""

import json
import os
import resource
import sys

from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

CHUNK = 128 * 1024
GIB = 1024**3


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main():
    buffer = bytearray(CHUNK)
    size = os.path.getsize(sys.argv[1])
    began = cpu()
    with open(sys.argv[1], "rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
    read = (cpu() - began) * GIB / size

    sealer = Cipher(algorithms.AES256(os.urandom(32)), modes.GCM(os.urandom(12))).encryptor()
    into = bytearray(CHUNK + 16)
    began = cpu()
    for _ in range(size // CHUNK):
        sealer.update_into(buffer, into)
    cipher = (cpu() - began) * GIB / size
    print(json.dumps({"read": read, "cipher": cipher, "library": backend.openssl_version_text()}))


main()

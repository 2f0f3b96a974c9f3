"""A storage host that takes a PUT and forgets it: http, and https when it is given a certificate.

The strict sandbox refuses the official SDK's single PUT, which has Content-Length and Transfer-Encoding:
chunked over a body that is not chunked. This one believes Content-Length, as the service's edge does, so that
both clients can be measured against the same host. It checks nothing else.

    sink.py [CERTIFICATE KEY]

Prints {"storage_url"} when it is ready, then {"bytes", "cipher", "chunked"} for each PUT that it took whole.
Ends with its standard input.
"""

import json
import os
import socket
import ssl
import sys
import threading

BUFFER = 256 * 1024
LONGEST_HEAD = 64 * 1024


def serve(connection, tls):
    try:
        connection.settimeout(120)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            connection = tls.wrap_socket(connection, server_side=True)
        with connection:
            while take(connection, memoryview(bytearray(BUFFER))):
                pass
    except OSError:
        # The client went away, and its own result says so.
        connection.close()


def take(connection, buffer):
    """One request; whether there may be another."""
    filled = 0
    while (end := bytes(buffer[:filled]).find(b"\r\n\r\n")) < 0:
        got = connection.recv_into(buffer[filled : min(filled + 4096, LONGEST_HEAD)])
        if not got:
            return False
        filled += got
    _, *lines = bytes(buffer[:end]).decode("latin-1").lower().split("\r\n")
    headers = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers["content-length"])
    if headers.get("expect") == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    # There cannot be more than the body yet: no client here sends a request before the last is answered.
    left = length - (filled - end - 4)
    secret = isinstance(connection, ssl.SSLSocket)
    # Without TLS the kernel drops the bytes where they are.
    flags = () if secret else (socket.MSG_TRUNC,)
    while left:
        got = connection.recv_into(buffer, min(left, BUFFER), *flags)
        if not got:
            return False
        left -= got
    connection.sendall(b'HTTP/1.1 200 OK\r\nETag: "discarded"\r\nContent-Length: 0\r\n\r\n')
    chunked = "transfer-encoding" in headers
    say({"bytes": length, "cipher": connection.cipher()[0] if secret else None, "chunked": chunked})
    return True


def say(facts):
    print(json.dumps(facts), flush=True)


def accept(listener, tls):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, tls), daemon=True).start()


def main():
    tls = None
    if len(sys.argv) > 1:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*sys.argv[1:3])
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    scheme = "https" if tls else "http"
    say({"storage_url": f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"})
    threading.Thread(target=accept, args=(listener, tls), daemon=True).start()
    sys.stdin.buffer.read()
    os._exit(0)


main()

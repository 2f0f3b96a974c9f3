"""Both services and storage by plain HTTP, without the library."""

import json

from sandbox_process import http

PREFIX = "/api/v2/browser-profiles"


def call(sandbox, key, method, path, value=None):
    """A JSON call: status and value."""
    headers, body = {"Authorization": f"Bearer {key}"}, b""
    if value is not None:
        headers["Content-Type"], body = "application/json", json.dumps(value).encode()
    status, _, reply = http(method, sandbox.api_url + path, body, headers)
    return status, json.loads(reply)


def initiated(sandbox):
    """A form ticket."""
    status, ticket = call(sandbox, sandbox.h_api_key, "POST", f"{PREFIX}/initiate-upload")
    assert status == 200, ticket
    return ticket


def presigned(sandbox, name, size):
    """A transfer ticket for one file."""
    file = {"name": name, "size": size, "content_type": "text/csv"}
    transfer = {"mode": "agent-to-agent", "sender": "a", "recipient": "b", "files": [file]}
    status, ticket = call(sandbox, sandbox.agentdrop_api_key, "POST", "/v1/transfers/presigned", transfer)
    assert status == 200, ticket
    return ticket


def post_form(url, fields, data, boundary="plain-boundary"):
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="profile.zip"\r\n'
        "Content-Type: application/zip\r\n\r\n"
    )
    body = "".join(parts).encode() + data + f"\r\n--{boundary}--\r\n".encode()
    return http("POST", url, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})

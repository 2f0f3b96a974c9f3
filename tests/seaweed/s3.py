"""Presigned URLs of our own making (AWS signature version 4), to look at storage past the sandbox."""

import datetime
import hashlib
import hmac
from urllib.parse import quote


def presign(method, endpoint, path, *, access_key, secret_key, region, expires_in=60, now=None):
    """A URL for one request that signs nothing but `host`."""
    now = now or datetime.datetime.now(datetime.UTC)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    scope = f"{day}/{region}/s3/aws4_request"
    path = quote(path, safe="/-_.~")
    query = "&".join(
        f"{name}={quote(value, safe='-_.~')}"
        for name, value in [
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
            ("X-Amz-Credential", f"{access_key}/{scope}"),
            ("X-Amz-Date", stamp),
            ("X-Amz-Expires", str(expires_in)),
            ("X-Amz-SignedHeaders", "host"),
        ]
    )
    host = endpoint.split("://", 1)[1]
    request = f"{method}\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, "s3", "aws4_request", to_sign):
        key = hmac.digest(key, part.encode(), "sha256")
    return f"{endpoint}{path}?{query}&X-Amz-Signature={key.hex()}"

"""The stand itself, by plain HTTP: when these fail, it is not the library that is broken."""

import datetime
import hashlib

from plain import PREFIX, call, initiated, post_form, presigned
from sandbox_process import http


def test_a_form(sandbox, weed):
    data = bytes(range(256)) * 40
    ticket = initiated(sandbox)
    url, fields = ticket["upload_url"], ticket["upload_fields"]
    assert url == f"{weed.url}/{weed.bucket}"
    assert "tagging" not in fields

    status, _, reply = post_form(url, {**fields, "Content-Type": "text/plain"}, data)
    assert status == 403 and b"<Code>AccessDenied</Code>" in reply
    assert post_form(url, fields, data)[0] == 204

    status, profile = call(
        sandbox,
        sandbox.h_api_key,
        "POST",
        f"{PREFIX}/{ticket['profile_id']}/complete-upload",
        {"name": "stand", "browser_name": "chromium", "browser_version": "131"},
    )
    assert status == 201
    assert profile["checksum"] == hashlib.sha256(data).hexdigest()
    assert profile["file_size_bytes"] == len(data)
    assert weed.read(fields["key"]) == data


def test_the_range_of_a_form(sandbox, weed):
    sandbox.change(max_profile_bytes=10)
    ticket = initiated(sandbox)
    url, fields = ticket["upload_url"], ticket["upload_fields"]

    status, _, reply = post_form(url, fields, b"x" * 11)
    assert status == 400 and b"<Code>EntityTooLarge</Code>" in reply
    assert weed.read(fields["key"]) is None
    assert post_form(url, fields, b"x" * 10)[0] == 204


def test_a_put(sandbox, weed):
    data = b"a,b\n"
    ticket = presigned(sandbox, "naïve rows+1.csv", len(data))
    (slot,) = ticket["upload_urls"]
    confirm = f"/v1/transfers/{ticket['id']}/confirm"

    status, refused = call(sandbox, sandbox.agentdrop_api_key, "POST", confirm)
    assert (status, refused["error"]["code"]) == (400, "FILES_MISSING")
    status, _, reply = http("PUT", slot["upload_url"], data, {"Content-Type": "text/plain"})
    assert status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in reply

    status, headers, _ = http("PUT", slot["upload_url"], data, slot["headers"])
    assert (status, headers["ETag"]) == (200, f'"{hashlib.md5(data).hexdigest()}"')
    status, confirmed = call(sandbox, sandbox.agentdrop_api_key, "POST", confirm)
    assert (status, confirmed) == (200, {"id": ticket["id"], "status": "active"})
    (file,) = sandbox.transfers()[0]["files"]
    assert weed.read(file["key"]) == data


def test_an_old_url(weed):
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=5)
    status, _, reply = http("GET", weed.presign("GET", "any", now=past))
    assert status == 403 and b"Request has expired" in reply
    assert weed.read("any") is None

"""`hai-agents`: initiate, upload with what it returned, complete, get; then its typed errors.

The SDK has no upload of its own, so the form is sent by the two HTTP clients its users have at hand.
"""

import asyncio
import hashlib
import io
import uuid
import zipfile

import httpx
import pytest
import requests
from hai_agents import AsyncClient, Client
from hai_agents.core.api_error import ApiError
from hai_agents.core.parse_error import ParsingError
from hai_agents.errors.unprocessable_entity_error import UnprocessableEntityError

BROWSER = {"browser_name": "chromium", "browser_version": "131"}
NOBODY = str(uuid.UUID(int=0))


@pytest.fixture
def profiles(sandbox):
    return Client(base_url=sandbox.api_url, api_key=sandbox.h_api_key).browser_profiles


def archive():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr("Default/Cookies", bytes(range(256)) * 300)
    return data.getvalue()


def post_with_requests(ticket, data):
    files = {"file": ("profile.zip", data, "application/zip")}
    return requests.post(ticket.upload_url, data=ticket.upload_fields, files=files)


def post_with_httpx(ticket, data):
    files = {"file": ("profile.zip", data, "application/zip")}
    return httpx.post(ticket.upload_url, data=ticket.upload_fields, files=files)


def uploaded(profiles, data):
    ticket = profiles.initiate_browser_profile_upload()
    assert post_with_requests(ticket, data).status_code == 204
    return ticket.profile_id


def test_initiate_returns_what_the_documents_list(sandbox, profiles):
    ticket = profiles.initiate_browser_profile_upload()

    assert str(uuid.UUID(ticket.profile_id)) == ticket.profile_id
    assert ticket.upload_url.startswith(sandbox.storage_url)
    assert ticket.upload_expires_in == 3600
    assert set(ticket.upload_fields) == {
        "key",
        "Content-Type",
        "x-amz-checksum-algorithm",
        "tagging",
        "bucket",
        "policy",
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-signature",
    }
    assert ticket.upload_fields["tagging"].startswith("<")

    (request,) = sandbox.requests()
    assert request["op"] == "initiate_upload"
    assert request["content_length"] == 0
    assert request["headers"]["user-agent"] == "hai_agents/1.3.0"


@pytest.mark.parametrize("post", [post_with_requests, post_with_httpx])
def test_a_profile_end_to_end(sandbox, profiles, post):
    data = archive()
    ticket = profiles.initiate_browser_profile_upload()
    stored = post(ticket, data)
    assert (stored.status_code, stored.content) == (204, b"")

    made = profiles.complete_browser_profile_upload(
        ticket.profile_id, name="sdk", description="by the SDK", labels={"team": "qa"}, **BROWSER
    )
    assert made.id == ticket.profile_id
    assert (made.name, made.description, made.labels) == ("sdk", "by the SDK", {"team": "qa"})
    assert (made.browser_name, made.browser_version) == ("chromium", "131")
    assert made.checksum == hashlib.sha256(data).hexdigest()
    assert made.file_size_bytes == len(data)
    assert "/finished/" in made.s3path
    assert made.usage_count == 0 and made.is_default is False and made.last_used_at is None
    assert uuid.UUID(made.user_id) and uuid.UUID(made.org_id)
    assert made.created_at.tzinfo is not None and made.updated_at >= made.created_at
    # Everything the sandbox says is in the SDK's model, and nothing besides.
    assert not made.model_extra

    assert profiles.get_browser_profile(ticket.profile_id) == made
    listed = profiles.list_browser_profiles(limit=5, offset=0)
    assert (listed.total, listed.limit, listed.offset, listed.profiles) == (1, 5, 0, [made])
    assert sandbox.content(made.s3path) == data

    sent = {entry["op"]: entry for entry in sandbox.requests()}
    assert [name for name, _ in sent["post_form"]["fields"]] == [*ticket.upload_fields, "file"]
    assert not sent["post_form"]["authorization"]
    assert sent["complete_upload"]["authorization"] is True


def test_a_profile_end_to_end_async(sandbox):
    async def run():
        client = AsyncClient(base_url=sandbox.api_url, api_key=sandbox.h_api_key)
        ticket = await client.browser_profiles.initiate_browser_profile_upload()
        post_with_httpx(ticket, archive())
        made = await client.browser_profiles.complete_browser_profile_upload(
            ticket.profile_id, name="sdk", **BROWSER
        )
        return made, await client.browser_profiles.get_browser_profile(made.id)

    made, seen = asyncio.run(run())
    assert made == seen
    assert (made.description, made.labels) == (None, None)


def test_delete(sandbox, profiles):
    profile_id = uploaded(profiles, archive())
    profiles.complete_browser_profile_upload(profile_id, name="sdk", **BROWSER)

    assert profiles.delete_browser_profile(profile_id) is None
    assert sandbox.objects() == []
    with pytest.raises(ApiError) as refused:
        profiles.get_browser_profile(profile_id)
    assert refused.value.status_code == 404


@pytest.mark.parametrize("name", ["initiate", "complete", "get"])
def test_401_has_a_message(sandbox, name):
    profiles = Client(base_url=sandbox.api_url, api_key="hk-wrong").browser_profiles
    call = {
        "initiate": profiles.initiate_browser_profile_upload,
        "complete": lambda: profiles.complete_browser_profile_upload(NOBODY, name="sdk", **BROWSER),
        "get": lambda: profiles.get_browser_profile(NOBODY),
    }[name]

    with pytest.raises(ApiError) as refused:
        call()
    assert refused.value.status_code == 401
    assert list(refused.value.body) == ["message"]
    assert str(refused.value) == f"{refused.value.body['message']} (status_code: 401)"


@pytest.mark.parametrize("name", ["complete", "get", "delete"])
def test_404_has_a_detail(profiles, name):
    call = {
        "complete": lambda: profiles.complete_browser_profile_upload(NOBODY, name="sdk", **BROWSER),
        "get": lambda: profiles.get_browser_profile(NOBODY),
        "delete": lambda: profiles.delete_browser_profile(NOBODY),
    }[name]

    with pytest.raises(ApiError) as refused:
        call()
    assert refused.value.status_code == 404
    assert isinstance(refused.value.body["detail"], str)
    assert str(refused.value) == f"{refused.value.body['detail']} (status_code: 404)"


def test_complete_twice_is_404(profiles):
    profile_id = uploaded(profiles, archive())
    profiles.complete_browser_profile_upload(profile_id, name="sdk", **BROWSER)

    with pytest.raises(ApiError) as refused:
        profiles.complete_browser_profile_upload(profile_id, name="sdk", **BROWSER)
    assert refused.value.status_code == 404


@pytest.mark.parametrize(
    ("name", "loc"),
    [
        ("id", ["path", "profile_id"]),
        ("browser", ["body", "browser_name"]),
        ("label", ["body", "labels", "team"]),
        ("null labels", ["body", "labels"]),
        ("limit", ["query", "limit"]),
    ],
)
def test_422_lists_what_is_wrong(profiles, name, loc):
    def complete(**changed):
        profile_id = uploaded(profiles, archive())
        profiles.complete_browser_profile_upload(profile_id, **{"name": "sdk", **BROWSER, **changed})

    call = {
        "id": lambda: profiles.get_browser_profile("not-a-uuid"),
        "browser": lambda: complete(browser_name="netscape"),
        "label": lambda: complete(labels={"team": 7}),
        "null labels": lambda: complete(labels=None),
        "limit": lambda: profiles.list_browser_profiles(limit=0),
    }[name]

    with pytest.raises(UnprocessableEntityError) as refused:
        call()
    (item,) = refused.value.body.detail
    assert item.loc == loc
    assert item.type and item.msg
    assert not item.model_extra
    assert str(refused.value) == f"{item.msg} (status_code: 422)"


def test_422_for_a_missing_archive_is_text(sandbox, profiles):
    """The older shape of `detail`. The SDK cannot read it in a 422, and says so with another class."""
    ticket = profiles.initiate_browser_profile_upload()

    with pytest.raises(ParsingError) as refused:
        profiles.complete_browser_profile_upload(ticket.profile_id, name="sdk", **BROWSER)
    assert refused.value.status_code == 422
    assert "not found in storage" in refused.value.body["detail"]
    assert sandbox.profiles() == []


def test_a_429_ordered_here_is_one_the_sdk_waits_for(sandbox, profiles):
    reply = {"status": 429, "headers": {"retry-after": "1"}, "body": {"message": "slow down"}}
    sandbox.order("initiate_upload", {"reply": reply})

    assert profiles.initiate_browser_profile_upload().profile_id
    assert [entry["status"] for entry in sandbox.requests()] == [429, 200]

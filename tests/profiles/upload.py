"""Packs a folder by uploading it to a sandbox."""

from dropoff import HCompany

DETAILS = {"name": "tree", "browser_name": "chromium", "browser_version": "131"}


def upload(sandbox, folder, pack=None, **options):
    """The profile as the service has it. `sandbox` has the three facts as attributes."""
    client = HCompany(
        sandbox.h_api_key,
        base_url=sandbox.api_url,
        trusted_storage=[sandbox.storage_url],
        backoff_base=0.001,
        **options,
    )
    return client.upload_profile(folder, **DETAILS, pack=pack)


def archive(sandbox, folder, into, pack=None):
    """The path of the archive as storage has it, below `into`."""
    profile = upload(sandbox, folder, pack)
    (stored,) = sandbox.objects()
    assert profile.verified and profile.checksum == stored["sha256"]
    path = into / "profile.zip"
    path.write_bytes(sandbox.content(stored["key"]))
    return path

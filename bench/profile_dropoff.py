"""One upload of a profile that is packed already, with our package, measured: the form, its SHA-256, and the
service's answers."""

import probe
from dropoff import HCompany


def main():
    job = probe.job()
    client = HCompany(
        job["api_key"],
        base_url=job["api_url"],
        trusted_storage=[job["storage_url"]],
        ca_file=job["ca_file"],
        **job["options"],
    )

    def upload():
        profile = client.upload_profile(
            job["file"], name="bench", browser_name="chromium", browser_version="131"
        )
        return {"bytes": profile.upload.bytes, "verified": profile.verified}

    probe.measure(upload)


main()

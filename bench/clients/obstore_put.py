"""obstore, as its guide uploads a file: a path, in parts, with the checksum that the job names.

Without one it signs the SHA-256 of each part, which storage compares as well.
"""

from pathlib import Path

import obstore
import probe
from obstore.store import S3Store


def store(job):
    checked = {"checksum_algorithm": job["checksum"]} if job.get("checksum") else {}
    trusted = {"root_certificate": Path(job["ca_file"]).read_text()} if job.get("ca_file") else {}
    return S3Store(
        job.get("bucket", "bench"),
        endpoint=job.get("storage_url"),
        region="us-east-1",
        access_key_id="bench",
        secret_access_key="bench",
        client_options=trusted,
        **checked,
    )


def main():
    job = probe.job()
    s3 = store(job)

    def put():
        lanes = {"chunk_size": job["part_size"], "max_concurrency": job["concurrency"]}
        return {"etag": obstore.put(s3, job["key"], Path(job["file"]), **lanes)["e_tag"]}

    probe.measure({"idle": dict, "object": put}[job["do"]])


main()

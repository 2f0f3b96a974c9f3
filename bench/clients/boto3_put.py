"""boto3, as its guide uploads a file: parts with the CRC that it sends by default.

With awscrt installed beside it, as here, it takes its CRC from there, which is quicker than Python's own.
"""

import boto3
import probe
from boto3.s3.transfer import TransferConfig


def client(job):
    return boto3.client(
        "s3",
        endpoint_url=job.get("storage_url"),
        region_name="us-east-1",
        aws_access_key_id="bench",
        aws_secret_access_key="bench",
        verify=job.get("ca_file"),
    )


def main():
    job = probe.job()
    s3 = client(job)

    def upload():
        config = TransferConfig(multipart_chunksize=job["part_size"], max_concurrency=job["concurrency"])
        s3.upload_file(job["file"], job["bucket"], job["key"], Config=config)
        return {}

    probe.measure({"idle": dict, "object": upload}[job["do"]])


main()

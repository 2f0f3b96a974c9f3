"""awscrt's S3 client, which boto3, the AWS command and Mountpoint go through where speed counts: parts with
the CRC-64/NVME that S3 has by default, behind the bytes.
"""

import os
from urllib.parse import urlsplit

import probe
from awscrt import auth, io, s3
from awscrt.http import HttpHeaders, HttpRequest

REGION = "us-east-1"


def client(job):
    tls = io.TlsContextOptions()
    if job.get("ca_file"):
        tls.override_default_trust_store_from_path(None, job["ca_file"])
    credentials = auth.AwsCredentialsProvider.new_static("bench", "bench")
    return s3.S3Client(
        region=REGION,
        signing_config=s3.create_default_s3_signing_config(region=REGION, credential_provider=credentials),
        tls_connection_options=io.ClientTlsContext(tls).new_connection_options(),
        part_size=job.get("part_size"),
        max_active_connections_override=job.get("concurrency"),
    )


def main():
    job = probe.job()
    made = client(job)

    def put():
        headers = [
            ("Host", urlsplit(job["storage_url"]).netloc),
            ("Content-Length", str(os.path.getsize(job["file"]))),
            ("Content-Type", "application/octet-stream"),
        ]
        request = made.make_request(
            request=HttpRequest("PUT", f"/{job['bucket']}/{job['key']}", HttpHeaders(headers)),
            type=s3.S3RequestType.PUT_OBJECT,
            send_filepath=job["file"],
            checksum_config=s3.S3ChecksumConfig(
                algorithm=s3.S3ChecksumAlgorithm.CRC64NVME, location=s3.S3ChecksumLocation.TRAILER
            ),
        )
        request.finished_future.result()
        return {}

    probe.measure({"idle": dict, "object": put}[job["do"]])


main()

"""The official SDK, with presigned URLs whatever the size: below 50 MiB in all it would send through the API.

It trusts what REQUESTS_CA_BUNDLE names.
"""

import json
import os
import tempfile

import agentdrop.client
import probe

# Its own threshold decides, unless a path is forced.
THRESHOLDS = {None: agentdrop.client.MULTIPART_UPLOAD_THRESHOLD, True: 1, False: 1 << 60}


def send(client, job):
    files = job["files"] if job["do"] == "many" else [job["file"]]
    sent = client.send(
        "recipient-agent",
        files,
        encrypt=bool(job.get("sealed")),
        multipart_threshold=THRESHOLDS[job.get("multipart")],
        max_concurrency=job.get("concurrency") or 4,
    )
    size = sum(os.path.getsize(path) for path in files)
    return {"status": sent["status"], "path": sent["upload_path"], "files": len(files), "bytes": size}


def main():
    job = probe.job()
    agentdrop.client.PRESIGNED_UPLOAD_THRESHOLD = 0
    with tempfile.TemporaryDirectory() as folder:
        config = {"agent_id": "sender-agent", "private_key": job.get("private_key")}
        with open(f"{folder}/config.json", "w") as file:
            json.dump(config, file)
        # The shield looks at downloads only.
        client = agentdrop.client.AgentDrop(
            job.get("api_key") or "agd_idle", api_base=job.get("api_url"), config_dir=folder, shield=False
        )
        probe.measure(dict if job["do"] == "idle" else lambda: send(client, job))


main()

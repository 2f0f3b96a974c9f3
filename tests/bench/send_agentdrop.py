"""One send with the official SDK, measured. Its storage requests trust what REQUESTS_CA_BUNDLE names."""

import probe
from agentdrop.client import MULTIPART_UPLOAD_THRESHOLD, AgentDrop

# Its own threshold decides, unless a path is forced.
THRESHOLDS = {None: MULTIPART_UPLOAD_THRESHOLD, True: 1, False: 1 << 60}


def main():
    job = probe.job()
    # The shield looks at downloads only.
    client = AgentDrop(job["api_key"], api_base=job["api_url"], config_dir=job["config_dir"], shield=False)

    def send():
        sent = client.send(
            "recipient-agent",
            [job["file"]],
            encrypt=job["sealed"],
            multipart_threshold=THRESHOLDS[job["multipart"]],
        )
        return {"status": sent["status"], "path": sent["upload_path"]}

    probe.measure(send)


main()

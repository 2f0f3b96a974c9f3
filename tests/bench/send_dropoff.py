"""One send with our package, measured."""

import probe
from dropoff import AgentDrop, Encryption, KeyPair


def main():
    job = probe.job()
    client = AgentDrop(
        job["api_key"],
        base_url=job["api_url"],
        trusted_storage=[job["storage_url"]],
        ca_file=job["ca_file"],
        **job["options"],
    )
    encrypt = Encryption(KeyPair.from_private_key(job["private_key"])) if job["sealed"] else None

    def send():
        sent = client.send(
            [job["file"]],
            sender="sender-agent",
            recipient="recipient-agent",
            multipart=job["multipart"],
            encrypt=encrypt,
            resume=job["journal"],
        )
        (file,) = sent.files
        return {
            "status": sent.status,
            "parts": file.parts,
            "attempts": file.attempts,
            "sealed": sent.encrypted,
        }

    probe.measure(send)


main()

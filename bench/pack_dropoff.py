"""One profile upload with our package, measured, and in it the time that packing took."""

import resource
import time

import probe
from dropoff import HCompany, Pack

# How often the phase is looked at, seconds: what the figures of packing are exact to.
LOOK = 0.002


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main():
    job = probe.job()
    client = HCompany(
        job["api_key"],
        base_url=job["api_url"],
        trusted_storage=[job["storage_url"]],
        spool_dir=job["spool_dir"],
    )

    def phases(call):
        """From the moment the folder is looked at to the one when sending begins: seconds, CPU seconds."""
        began = ended = None
        while not call.done():
            phase = call.progress().phase
            if began is None and phase in ("inspecting", "packing"):
                began = time.monotonic(), cpu()
            elif began and ended is None and phase in ("sending", "completing", "done"):
                ended = time.monotonic(), cpu()
                break
            time.sleep(LOOK)
        if not began or not ended:
            raise RuntimeError(f"no packing was seen, or no end of it: {began} {ended}")
        return [two - one for one, two in zip(began, ended, strict=True)]

    def upload():
        call = client.start_upload_profile(
            job["folder"],
            name="bench",
            browser_name="chromium",
            browser_version="131",
            pack=Pack(level=job["level"]),
        )
        wall, used = phases(call)
        profile = call.wait()
        return {
            "archive": profile.upload.bytes,
            "packing": wall,
            "packing_cpu": used,
            "profile": profile.id,
            "files": profile.packed.files,
            "bytes": profile.packed.bytes,
        }

    probe.measure(upload)


main()

"""The files that are sent: written when the first case needs them, deleted after the last that does."""

import hashlib
import os
import shutil
import zipfile

from cases import MIB

BLOCK = 64 * MIB
# From this size on, files of one case are one file under several names: what is sent is as much.
LINKED = 8 * MIB
# Of an archive with one entry that is stored as it is: what is around the entry's bytes.
ENTRY = "Default/Cookies"
AROUND = 30 + 46 + 22 + 2 * len(ENTRY)


class Files:
    def __init__(self, folder):
        self._folder = folder
        # Nothing on the way compresses or looks for equal blocks: the same random one over and over will do.
        self._block = os.urandom(BLOCK)
        self._digests = {}

    def paths(self, case):
        folder = self._of(case)
        if not folder.exists():
            folder.mkdir(parents=True)
            self._write(folder, case)
        return sorted(folder.iterdir())

    def warm(self, case):
        """Reads everything once, so that it comes from memory."""
        buffer = bytearray(MIB)
        for path in self.paths(case)[: 1 if case.size >= LINKED else None]:
            with open(path, "rb", buffering=0) as file:
                while file.readinto(buffer):
                    pass

    def sha256(self, case):
        """What a service would say of the one file."""
        (path,) = self.paths(case)
        if path not in self._digests:
            with open(path, "rb") as file:
                self._digests[path] = hashlib.file_digest(file, "sha256").hexdigest()
        return self._digests[path]

    def no_journal(self):
        """Where one may be written: there is none."""
        path = self._folder.parent / "journal"
        path.unlink(missing_ok=True)
        return str(path)

    def keep_only(self, cases):
        """Deletes what none of these needs."""
        kept = {self._of(case) for case in cases}
        for folder in self._folder.iterdir():
            if folder not in kept:
                shutil.rmtree(folder)

    def _of(self, case):
        return self._folder / f"{case.size}-{case.count}{'-zip' if case.archive else ''}"

    def _write(self, folder, case):
        if case.archive:
            self._write_archive(folder / "profile.zip", case.size)
            return
        first = folder / "0001.bin"
        for number in range(1, case.count + 1):
            path = folder / f"{number:04}.bin"
            if number > 1 and case.size >= LINKED:
                path.hardlink_to(first)
                continue
            with open(path, "wb") as file:
                self._fill(file, case.size)
                _to_disk(file)

    def _write_archive(self, path, size):
        with open(path, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive, archive.open(ENTRY, "w") as entry:
                self._fill(entry, size - AROUND)
            _to_disk(file)
        assert path.stat().st_size == size, path.stat()

    def _fill(self, file, left):
        while left:
            left -= file.write(self._block[:left] if left >= MIB else os.urandom(left))


def _to_disk(file):
    """Or it is written back while something is measured."""
    file.flush()
    os.fsync(file.fileno())

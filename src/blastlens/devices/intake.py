"""Takes a file that has come to rest: checks it as the service would, and gives it its id."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from blastlens.devices.folder import FoundFile
from blastlens.devices.spool import SpooledFile, State
from blastlens.domain.device import upload_of_file
from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.upload import MAX_BYTES, Upload, parse_key, refuse_if_too_large
from blastlens.imaging.containers.walk import walk

_GROWING = (Reason.EMPTY, Reason.TRUNCATED)
# Of the fault only its kind: its text could repeat what the file holds.
_UNFORESEEN = "The file cannot be looked at, by a fault of blastlens ({}): export it anew, and report the fault."


@dataclass(frozen=True)
class Intake:
    """What a file becomes.

    Attributes:
        device: the device's name.
        clinic: whose device it is.
        folder: the watched folder.
        patience_seconds: how long a file that is not whole may take to become so.
    """

    device: str
    clinic: str
    folder: Path
    patience_seconds: float

    def take(self, found: FoundFile, rested_seconds: float, now: float) -> SpooledFile | None:
        """Return the file as it is to be spooled, to be sent or refused; None where it is still being written.

        Args:
            found: the file.
            rested_seconds: for how long it has not changed.
            now: seconds since 1970.

        Raises:
            OSError: the file cannot be read.
            MemoryError: the machine cannot hold it now.
        """
        data = self._read(found)
        if data is None:
            return None
        sha256 = hashlib.sha256(data if found.size <= MAX_BYTES else repr(found).encode()).hexdigest()
        upload = upload_of_file(self.device, self.clinic, found.path, sha256)
        try:
            parse_key(upload.key)
            refuse_if_too_large(found.size)
            walk(data, keep=False)
        except UploadRefused as refusal:
            if refusal.reason in _GROWING and rested_seconds < self.patience_seconds:
                return None
            return _spooled(found, upload, sha256, now, State.REFUSED, f"{refusal.message} ({refusal.reason})")
        except MemoryError:
            raise  # the machine's fault, not the file's
        except Exception as fault:  # whatever one file brings about, the others must go on
            return _spooled(found, upload, sha256, now, State.REFUSED, _UNFORESEEN.format(type(fault).__name__))
        return _spooled(found, upload, sha256, now, State.WAITING)

    def _read(self, found: FoundFile) -> bytes | None:
        """Return the whole file, nothing of one that is too large, None for one that changed while it was read."""
        if found.size > MAX_BYTES:
            return b""
        data = (self.folder / found.path).read_bytes()
        return data if len(data) == found.size else None


def _spooled(found: FoundFile, upload: Upload, sha256: str, now: float, state: State, message: str = "") -> SpooledFile:
    return SpooledFile(
        upload.upload_id,
        upload.key if state is State.WAITING else "",
        found.path,
        found.size,
        found.modified_ns,
        sha256,
        state,
        taken_at=now,
        message=message,
    )

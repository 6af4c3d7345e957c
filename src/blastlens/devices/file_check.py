"""Check of a settled file with the service's rules before its upload."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from blastlens.devices.folder import FoundFile
from blastlens.devices.spool import SpooledFile, State
from blastlens.domain.device import make_upload
from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.upload import MAX_BYTES, Upload, parse_key, refuse_if_too_large
from blastlens.imaging.containers.parser import check_rows, parse_container

_INCOMPLETE = (Reason.EMPTY, Reason.TRUNCATED)
# Only the kind of the error: its text could repeat content of the file.
_UNEXPECTED = "The file cannot be checked because of an internal error ({}): export it again, and report the error."


@dataclass(frozen=True)
class FileCheck:
    """Checks files and assigns their upload ids.

    Attributes:
        device: name of the device.
        clinic: id of the clinic that owns it.
        folder: the watched folder.
        patience_seconds: time after which an incomplete file is refused.
    """

    device: str
    clinic: str
    folder: Path
    patience_seconds: float

    def check(self, found: FoundFile, settled_seconds: float, now: float) -> SpooledFile | None:
        """Return the file for the spool, to be sent or refused.

        Returns None if it is still being written. A JPEG without an end marker may be, so it is checked for missing
        rows when the patience ends.

        Args:
            found: the file.
            settled_seconds: time since its last change.
            now: seconds since 1970.

        Raises:
            OSError: the file cannot be read.
            MemoryError: the machine is out of memory.
        """
        data = self._read(found)
        if data is None:
            return None
        sha256 = hashlib.sha256(data if found.size <= MAX_BYTES else repr(found).encode()).hexdigest()
        upload = make_upload(self.device, self.clinic, found.path, sha256)
        try:
            parse_key(upload.key)
            refuse_if_too_large(found.size)
            if parse_container(data, keep=False).lacks_end:
                if settled_seconds < self.patience_seconds:
                    return None
                check_rows(data)
        except UploadRefused as refusal:
            if refusal.reason in _INCOMPLETE and settled_seconds < self.patience_seconds:
                return None
            return _make_spooled(found, upload, sha256, now, State.REFUSED, f"{refusal.message} ({refusal.reason})")
        except MemoryError:
            raise  # a lack of memory is not an error of the file
        except Exception as fault:  # an unexpected error of one file must not stop the others
            return _make_spooled(found, upload, sha256, now, State.REFUSED, _UNEXPECTED.format(type(fault).__name__))
        return _make_spooled(found, upload, sha256, now, State.WAITING)

    def _read(self, found: FoundFile) -> bytes | None:
        """Return the content of a file.

        Returns nothing if it is too large, None if it changed while it was read.
        """
        if found.size > MAX_BYTES:
            return b""
        data = (self.folder / found.path).read_bytes()
        return data if len(data) == found.size else None


def _make_spooled(
    found: FoundFile, upload: Upload, sha256: str, now: float, state: State, message: str = ""
) -> SpooledFile:
    return SpooledFile(
        upload.upload_id,
        upload.key if state is State.WAITING else "",
        found.path,
        found.size,
        found.modified_ns,
        sha256,
        state,
        found_at=now,
        message=message,
    )

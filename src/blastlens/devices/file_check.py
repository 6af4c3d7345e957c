"""Check of a settled file with the service's rules before its upload."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from blastlens.devices.folder import FoundFile
from blastlens.devices.spooled_file import SpooledFile, State
from blastlens.domain.device import FOLDERS_ONLY, ExaminationRule, make_upload
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
        rule: which files are fields of one examination.
    """

    device: str
    clinic: str
    folder: Path
    patience_seconds: float
    rule: ExaminationRule = FOLDERS_ONLY

    def check(self, found: FoundFile, settled_seconds: float, now: float) -> SpooledFile | None:
        """Return the file for the spool: to be sent, held as the newest of its examination, or refused.

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
        upload = make_upload(self.device, self.clinic, found.path, sha256, self.rule)
        try:
            parse_key(upload.key)
            self._refuse_own_name(upload)
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
        state = State.WAITING if upload.examination_id is None else State.HELD
        return _make_spooled(found, upload, sha256, now, state)

    def _refuse_own_name(self, upload: Upload) -> None:
        """Refuse an examination whose id begins like this device's uploads: the service does not admit its key.

        Permissions cannot tell where an id in a key ends, so that such a key could hide another device's upload.
        """
        beginning = f"{self.device}_"
        if (upload.examination_id or "").startswith(beginning):
            raise UploadRefused(
                Reason.INVALID_KEY, f"The examination's id begins with {beginning}: rename its folder or its images."
            )

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
        "" if state is State.REFUSED else upload.key,
        found.path,
        found.size,
        found.modified_ns,
        sha256,
        state,
        found_at=now,
        message=message,
    )

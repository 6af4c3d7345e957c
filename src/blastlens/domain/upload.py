"""Where an image lies, and whose it is: object keys by the data contract."""

import re
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import unquote_plus

from blastlens.domain.errors import Reason, UploadRefused

EXTENSIONS: tuple[str, ...] = ("jpg", "jpeg", "png", "bmp", "tif", "tiff")

_MIB = 1024**2
MAX_BYTES = 25 * _MIB
"""The largest upload that is taken, in bytes."""

UNVERSIONED = "null"
"""The version id of every object in a bucket that keeps no versions."""

_ID = r"[A-Za-z0-9_-]{1,64}"
_KEY = re.compile(
    rf"uploads/(?P<clinic>{_ID})/(?P<patient>{_ID})/(?P<upload>{_ID})\.(?P<extension>{'|'.join(EXTENSIONS)})"
)
_ONE_ID = re.compile(_ID)


@dataclass(frozen=True)
class Upload:
    """One image on its way. All three ids are opaque: never a name or a record number."""

    clinic_id: str
    patient_id: str
    upload_id: str
    extension: str

    @property
    def key(self) -> str:
        """The object key the image lies under."""
        return f"uploads/{self.clinic_id}/{self.patient_id}/{self.upload_id}.{self.extension}"


@dataclass(frozen=True)
class ObjectVersion:
    """One immutable version of one object in S3.

    Attributes:
        bucket: name of the bucket.
        key: decoded object key.
        version_id: S3's version id, or "null" where the bucket keeps no versions.
        sequencer: S3's hexadecimal order mark, comparable between events of one key only; may be empty.
        size: bytes, as the event told; None where it did not.
    """

    bucket: str
    key: str
    version_id: str
    sequencer: str = ""
    size: int | None = None


def is_valid_id(text: str) -> bool:
    """Tell whether `text` may be a clinic, patient or upload id."""
    return _ONE_ID.fullmatch(text) is not None


def decode_event_key(encoded: str) -> str:
    """Decode the key of an S3 event, once: S3 writes a space as `+` and the rest as `%XX`."""
    return unquote_plus(encoded, errors="replace")


def parse_key(key: str) -> Upload:
    """Read whose image lies under a decoded object key.

    Raises:
        UploadRefused: the key does not follow the contract; the message never repeats it,
            because a key that breaks the contract may hold a person's name.
    """
    match = _KEY.fullmatch(key)
    if match is None:
        raise UploadRefused(
            Reason.INVALID_KEY,
            "The object's key is not of the form uploads/CLINIC/PATIENT/UPLOAD.EXTENSION with ids of "
            f"1 to 64 letters, digits, '-' or '_' and one of the endings {', '.join(EXTENSIONS)}. "
            "Set up the microscope's upload address again.",
        )
    return Upload(match["clinic"], match["patient"], match["upload"], match["extension"])


def has_image_ending(path: PurePath) -> bool:
    """Tell whether a file is called as an image that we read, in capitals or not."""
    return path.suffix.lower().lstrip(".") in EXTENSIONS


def refuse_if_too_large(size: int | None, limit_bytes: int = MAX_BYTES) -> None:
    """Refuse a file of more than `limit_bytes` bytes; a size nobody has told yet (None) passes.

    Raises:
        UploadRefused: TOO_MANY_BYTES.
    """
    if size is not None and size > limit_bytes:
        raise UploadRefused(
            Reason.TOO_MANY_BYTES,
            f"The file has more than {limit_bytes // _MIB} MiB: "
            "save the image as JPEG or with fewer pixels and upload it again.",
        )

"""Uploads and their object keys by the data contract."""

import re
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath
from urllib.parse import unquote_plus

from blastlens.domain.errors import Reason, UploadRefused

EXTENSIONS: tuple[str, ...] = ("jpg", "jpeg", "png", "bmp", "tif", "tiff")

_MIB = 1024**2
MAX_BYTES = 25 * _MIB
"""Largest accepted upload, in bytes."""

UNVERSIONED = "null"
"""Version id of every object in a bucket without versioning."""

_ID = r"[A-Za-z0-9_-]{1,64}"
_KEY = re.compile(
    rf"uploads/(?P<clinic>{_ID})/(?P<patient>{_ID})/(?:(?P<examination>{_ID})/)?(?P<upload>{_ID})"
    rf"\.(?P<extension>(?ai:{'|'.join(EXTENSIONS)}))"
)
_ONE_ID = re.compile(_ID)


@dataclass(frozen=True, order=True)
class ExaminationId:
    """The identity of an examination; its three ids are opaque."""

    clinic_id: str
    patient_id: str
    examination_id: str

    @property
    def patient(self) -> str:
        """The patient, as `clinic/patient`: patients' ids are unique in a clinic only."""
        return f"{self.clinic_id}/{self.patient_id}"

    def __str__(self) -> str:
        """Return `clinic/patient/examination`, the partition of its fields in the results table."""
        return f"{self.patient}/{self.examination_id}"


@dataclass(frozen=True)
class Upload:
    """One uploaded image. All its ids are opaque: never a name or a record number.

    The extension is written as in the object's key, in lower or upper case. A key without an examination is the only
    field of an examination with the upload's id.
    """

    clinic_id: str
    patient_id: str
    upload_id: str
    extension: str
    examination_id: str | None = None

    @property
    def key(self) -> str:
        """Object key of the image."""
        return f"uploads/{self.path}.{self.extension}"

    @property
    def path(self) -> str:
        """The ids of the key, separated by slashes."""
        if self.examination_id is None:
            return f"{self.clinic_id}/{self.patient_id}/{self.upload_id}"
        return f"{self.examination}/{self.upload_id}"

    @property
    def examination(self) -> ExaminationId:
        """The examination that the image is a field of."""
        return ExaminationId(self.clinic_id, self.patient_id, self.examination_id or self.upload_id)


@dataclass(frozen=True)
class ObjectVersion:
    """One immutable version of one object in S3.

    Attributes:
        bucket: name of the bucket.
        key: decoded object key.
        version_id: S3's version id, or "null" where the bucket has no versioning.
        sequencer: S3's hexadecimal sequence number, comparable between events of one key only; may be empty.
        size: bytes, from the event; None where the event has no size.
    """

    bucket: str
    key: str
    version_id: str
    sequencer: str = ""
    size: int | None = None


def is_valid_id(text: str) -> bool:
    """Check whether `text` is a valid clinic, patient or upload id."""
    return _ONE_ID.fullmatch(text) is not None


def decode_event_key(encoded: str) -> str:
    """Decode the key of an S3 event, once.

    S3 writes a space as `+` and the rest as `%XX`.
    """
    return unquote_plus(encoded, errors="replace")


def parse_key(key: str) -> Upload:
    """Parse a decoded object key.

    Raises:
        UploadRefused: the key violates the contract. The message does not contain the key,
            because such a key may contain a person's name.
    """
    match = _KEY.fullmatch(key)
    if match is None:
        raise UploadRefused(
            Reason.INVALID_KEY,
            "The object's key is not of the form uploads/CLINIC/PATIENT/EXAMINATION/UPLOAD.EXTENSION with ids of "
            f"1 to 64 letters, digits, '-' or '_' and one of the endings {', '.join(EXTENSIONS)}. "
            "Set up the microscope's upload address again.",
        )
    return Upload(match["clinic"], match["patient"], match["upload"], match["extension"], match["examination"])


def has_image_suffix(path: PurePath) -> bool:
    """Check whether a file name has an accepted suffix, in lower or upper case."""
    return path.suffix.lower().lstrip(".") in EXTENSIONS


def is_placeholder(source: ObjectVersion) -> bool:
    """Check whether an object only stands for a folder: zero bytes under a key without an image's ending.

    Consoles and synchronisation programs write `uploads/clinic/`, `.keep` or `folder_$folder$`. An empty file whose key
    has an image's ending is an upload that failed, and is answered.
    """
    is_folder = source.key.endswith("/") or not has_image_suffix(PurePosixPath(source.key))
    return source.size == 0 and is_folder


def refuse_if_too_large(size: int | None, limit_bytes: int = MAX_BYTES) -> None:
    """Refuse a file of more than `limit_bytes` bytes; an unknown size (None) passes.

    Raises:
        UploadRefused: TOO_MANY_BYTES.
    """
    if size is not None and size > limit_bytes:
        raise UploadRefused(
            Reason.TOO_MANY_BYTES,
            f"The file has more than {limit_bytes // _MIB} MiB: "
            "save the image as JPEG or with fewer pixels and upload it again.",
        )

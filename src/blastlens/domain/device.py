"""Devices: what a microscope is called, and which upload a file of its becomes."""

import hashlib
import re

from blastlens.domain.errors import InvalidSettings
from blastlens.domain.upload import Upload

MAX_NAME_LENGTH = 31
"""So much of an upload id's 64 characters is the device's; 32 are a digest, one parts them."""

_NAME = re.compile(rf"[A-Za-z0-9-]{{1,{MAX_NAME_LENGTH}}}")
_DIGEST_LENGTH = 32


def valid_device_name(text: str) -> str:
    """Return `text`, the name of a device.

    A name has no `_`: that sign ends it in an upload id, so that no device's ids begin like another's.

    Raises:
        InvalidSettings: it is no name.
    """
    if _NAME.fullmatch(text) is None:
        raise InvalidSettings(
            f"{text!r} is no name for a device: take 1 to {MAX_NAME_LENGTH} letters, digits or '-', as microscope-3."
        )
    return text


def upload_of_file(device: str, clinic_id: str, path: str, sha256: str) -> Upload:
    """Return the upload that a file becomes, always the same for the same file.

    Args:
        device: the device's name.
        clinic_id: whose device it is.
        path: where the file lies below the watched folder, with slashes; its first folder is the patient's id.
        sha256: of the file's bytes, in hexadecimal.

    Returns:
        The upload. Its id tells of path and bytes only to somebody who has both. Ids are not checked here:
        `domain.upload.parse_key` of the key does it, as it does in the service.
    """
    patient_id, slash, _ = path.partition("/")
    digest = hashlib.sha256(f"{path}\0{sha256}".encode()).hexdigest()[:_DIGEST_LENGTH]
    extension = path.rpartition(".")[2].lower()
    return Upload(clinic_id, patient_id if slash else "", f"{device}_{digest}", extension)

"""Names of microscopes, and the uploads that their files become."""

import hashlib
import re

from blastlens.domain.errors import InvalidSettings
from blastlens.domain.upload import Upload

MAX_NAME_LENGTH = 31
"""An upload id has 64 characters: 31 for the device's name, one separator and 32 of a digest."""

_NAME = re.compile(rf"[A-Za-z0-9-]{{1,{MAX_NAME_LENGTH}}}")
_DIGEST_LENGTH = 32


def check_device_name(text: str) -> str:
    """Return `text` if it is a valid name of a device.

    A name contains no `_`: it ends the name in an upload id, so that the ids of two devices never share a prefix.

    Raises:
        InvalidSettings: it is not a valid name.
    """
    if _NAME.fullmatch(text) is None:
        raise InvalidSettings(
            f"{text!r} is not a valid device name: use 1 to {MAX_NAME_LENGTH} letters, digits or '-', as microscope-3."
        )
    return text


def make_upload(device: str, clinic_id: str, path: str, sha256: str) -> Upload:
    """Return the upload that a file becomes.

    The same file always becomes the same upload.

    Args:
        device: the device's name.
        clinic_id: the clinic that owns the device.
        path: of the file below the watched folder, with slashes; its first folder is the patient's id.
        sha256: of the file's bytes, in hexadecimal.

    Returns:
        The upload. Its id is a digest and reveals neither path nor bytes. Ids are not checked here:
        `domain.upload.parse_key` checks the key, as in the service.
    """
    patient_id, slash, _ = path.partition("/")
    digest = hashlib.sha256(f"{path}\0{sha256}".encode()).hexdigest()[:_DIGEST_LENGTH]
    extension = path.rpartition(".")[2].lower()
    return Upload(clinic_id, patient_id if slash else "", f"{device}_{digest}", extension)

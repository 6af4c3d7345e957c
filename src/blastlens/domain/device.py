"""Names of microscopes, and the examinations and uploads that files become."""

import hashlib
import re
from dataclasses import dataclass

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


@dataclass(frozen=True)
class ImagePlace:
    """What the path of an image below the watched folder says.

    Attributes:
        patient_id: id of the patient, the first folder; "" for a file outside of one.
        examination_id: id of the examination; None for the only field of one.
        folder: path of the folder that holds the examination's images.
    """

    patient_id: str
    examination_id: str | None
    folder: str


@dataclass(frozen=True)
class ExaminationRule:
    """Which images are fields of one examination: those of a folder inside the patient's, or by their file names.

    Attributes:
        pattern: with a group `examination`; names of files that lie in the patient's folder itself and match it as a
            whole belong to that examination. None where names say nothing.
    """

    pattern: re.Pattern[str] | None = None

    def find_place(self, path: str) -> ImagePlace:
        """Return the place of a file by its path, with slashes."""
        first, *between, name = path.split("/") if "/" in path else ("", path)
        if between:
            return ImagePlace(first, between[0], f"{first}/{between[0]}")
        match = self.pattern.fullmatch(name) if first and self.pattern else None
        return ImagePlace(first, (match["examination"] or None) if match else None, first)


FOLDERS_ONLY = ExaminationRule()
"""The rule without a file-name pattern."""


def make_examination_rule(pattern: str) -> ExaminationRule:
    """Return the rule with a file-name pattern; "" for folders only.

    Raises:
        ValueError: it is not a regular expression with a group `examination`. The message says what is expected.
    """
    if not pattern:
        return FOLDERS_ONLY
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"a regular expression ({error})") from None
    if "examination" not in compiled.groupindex:
        raise ValueError("a regular expression with a group (?P<examination>...)")
    return ExaminationRule(compiled)


def make_upload(device: str, clinic_id: str, path: str, sha256: str, rule: ExaminationRule = FOLDERS_ONLY) -> Upload:
    """Return the upload that a file becomes.

    The same file always becomes the same upload.

    Args:
        device: the device's name.
        clinic_id: the clinic that owns the device.
        path: of the file below the watched folder, with slashes; its first folder is the patient's id.
        sha256: of the file's bytes, in hexadecimal.
        rule: says which examination it is a field of.

    Returns:
        The upload. Its id is a digest and reveals neither path nor bytes. Ids are not checked here:
        `domain.upload.parse_key` checks the key, as in the service.
    """
    place = rule.find_place(path)
    digest = hashlib.sha256(f"{path}\0{sha256}".encode()).hexdigest()[:_DIGEST_LENGTH]
    extension = path.rpartition(".")[2].lower()
    return Upload(clinic_id, place.patient_id, f"{device}_{digest}", extension, place.examination_id)


def device_of(upload_id: str) -> str | None:
    """Return the name of the microscope that an upload's id begins with; None for ids that others have made."""
    name, separator, _ = upload_id.partition("_")
    return name if separator and _NAME.fullmatch(name) else None

"""What clients send to the API, read strictly."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blastlens.domain.clinic import is_printable_name, tidy_name
from blastlens.domain.errors import BlastlensError
from blastlens.domain.labels import Label
from blastlens.domain.upload import EXTENSIONS, Upload, is_valid_id

DEFAULT_LIMIT = 50
MAX_LIMIT = 100
_MAX_NAME_LENGTH = 200


class InvalidRequest(BlastlensError):
    """A client sent what the API does not take; the message may be shown to it."""


@dataclass(frozen=True)
class SignOffRequest:
    """A clinician signs one reading: the one that was shown, not a newer one that came since."""

    reading: str
    signed_by: str
    label: Label


def new_upload(clinic_id: str, patient_id: str, body: object, upload_id: str) -> Upload:
    """Return the upload that an address and a body ask for, under an id of ours.

    Raises:
        InvalidRequest: an id or the file's extension is missing or wrong.
    """
    values = _mapping(body)
    extension = _text(values, "extension").lower()
    if extension not in EXTENSIONS:
        raise InvalidRequest(f"extension has to be one of {', '.join(EXTENSIONS)}")
    return Upload(valid_id("clinic_id", clinic_id), valid_id("patient_id", patient_id), upload_id, extension)


def named_upload(clinic_id: str, patient_id: str, upload_id: str) -> Upload:
    """Return the upload that an address names; the ending of its file, which results do not know, is made up.

    Raises:
        InvalidRequest: an id breaks the contract.
    """
    return Upload(
        valid_id("clinic_id", clinic_id),
        valid_id("patient_id", patient_id),
        valid_id("upload_id", upload_id),
        EXTENSIONS[0],
    )


def sign_off_of(body: object) -> SignOffRequest:
    """Return the sign-off in a request's body.

    Raises:
        InvalidRequest: a field is missing or wrong.
    """
    values = _mapping(body)
    signed_by, label = _name_of_person(_text(values, "signed_by")), _text(values, "label")
    if label not in tuple(Label):
        raise InvalidRequest(f"label has to be one of {', '.join(Label)}")
    return SignOffRequest(_text(values, "reading"), signed_by, Label(label))


def limit_of(text: str | None) -> int:
    """Return how many results a page shall have.

    Raises:
        InvalidRequest: it is no number from 1 to 100.
    """
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= MAX_LIMIT):
        raise InvalidRequest(f"limit has to be a number from 1 to {MAX_LIMIT}")
    return int(text)


def valid_id(name: str, value: str) -> str:
    """Return `value`, the id called `name`.

    Raises:
        InvalidRequest: it breaks the contract.
    """
    if not is_valid_id(value):
        raise InvalidRequest(f"{name} has to be 1 to 64 letters, digits, '-' or '_'")
    return value


def _name_of_person(text: str) -> str:
    name = tidy_name(text)
    if not 1 <= len(name) <= _MAX_NAME_LENGTH:
        raise InvalidRequest(f"signed_by has to be a name of 1 to {_MAX_NAME_LENGTH} characters")
    if not is_printable_name(name):
        raise InvalidRequest("signed_by has to be a name without line breaks and other invisible characters")
    return name


def _mapping(body: object) -> Mapping[str, Any]:
    if not isinstance(body, Mapping):
        raise InvalidRequest("the body has to be a JSON object")
    return body


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidRequest(f"{name} is missing")
    return value

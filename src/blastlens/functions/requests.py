"""Request bodies, path parameters and queries of the API, read strictly."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from blastlens.domain.clinic import is_printable_name, tidy_name
from blastlens.domain.declared_pixel_size import LARGEST_UM, LEAST_UM, parse_declared
from blastlens.domain.declared_time import parse_taken_at
from blastlens.domain.errors import BlastlensError
from blastlens.domain.fields import FieldReader
from blastlens.domain.labels import Label
from blastlens.domain.upload import EXTENSIONS, Upload, is_valid_id

DEFAULT_LIMIT = 50
MAX_LIMIT = 100
_MAX_NAME_LENGTH = 200


class InvalidRequest(BlastlensError):
    """A request that the API does not accept; the message may be shown to the client."""


@dataclass(frozen=True)
class SignOffRequest:
    """A sign-off of one reading: of the one that was shown, not of a newer one."""

    reading: str
    signed_by: str
    label: Label


def new_upload(clinic_id: str, patient_id: str, body: object, upload_id: str) -> Upload:
    """Return the upload that a path and a body ask for, with the given upload id.

    Raises:
        InvalidRequest: an id or the file's extension is missing or wrong.
    """
    extension = _reader(body).text("extension").lower()
    if extension not in EXTENSIONS:
        raise InvalidRequest(f"extension has to be one of {', '.join(EXTENSIONS)}")
    return Upload(valid_id("clinic_id", clinic_id), valid_id("patient_id", patient_id), upload_id, extension)


def read_pixel_size(body: object) -> float | None:
    """Return the micrometres per pixel that the body of a new upload declares; None where it declares none.

    Raises:
        InvalidRequest: it is not a number, or no light microscope has such a pixel size.
    """
    value = _reader(body).values.get("pixel_size_um")
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        return parse_declared(f"{value:.12f}" if is_number else "")
    except (ValueError, OverflowError):
        raise InvalidRequest(
            f"pixel_size_um has to be a number from {LEAST_UM:g} to {LARGEST_UM:g}, in micrometres, such as 0.25"
        ) from None


def read_taken_at(body: object, now: datetime) -> datetime | None:
    """Return when the image was taken, as the body of a new upload declares it (UTC); None where it does not.

    Raises:
        InvalidRequest: it is not a time of the form that `parse_taken_at` reads, or no image was taken then.
    """
    value = _reader(body).values.get("taken_at")
    if value is None:
        return None
    try:
        return parse_taken_at(value if isinstance(value, str) else "", now)
    except ValueError:
        raise InvalidRequest(
            "taken_at has to be a time in UTC such as 2026-11-22T09:30:15Z, not before 2000 and not in the future"
        ) from None


def upload_from_path(clinic_id: str, patient_id: str, upload_id: str) -> Upload:
    """Return the upload that a path names.

    Its extension, which the path does not hold, is arbitrary.

    Raises:
        InvalidRequest: an id breaks the contract.
    """
    return Upload(
        valid_id("clinic_id", clinic_id),
        valid_id("patient_id", patient_id),
        valid_id("upload_id", upload_id),
        EXTENSIONS[0],
    )


def read_sign_off(body: object) -> SignOffRequest:
    """Read the sign-off in a request's body.

    Raises:
        InvalidRequest: a field is missing or wrong.
    """
    values = _reader(body)
    signed_by, label = _name_of_person(values.text("signed_by")), values.text("label")
    if label not in tuple(Label):
        raise InvalidRequest(f"label has to be one of {', '.join(Label)}")
    return SignOffRequest(values.text("reading"), signed_by, Label(label))


def read_limit(text: str | None) -> int:
    """Return how many results a page has.

    Raises:
        InvalidRequest: it is not a number from 1 to 100.
    """
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= MAX_LIMIT):
        raise InvalidRequest(f"limit has to be a number from 1 to {MAX_LIMIT}")
    return int(text)


def read_query(given: Mapping[str, str] | None, *known: str) -> Mapping[str, str]:
    """Return the query parameters of a request.

    Parameters of a signature in the URL (`X-Amz-...`) belong to API Gateway.

    Raises:
        InvalidRequest: there is one that the route does not have. Its name, which the caller chose, is not repeated.
    """
    query = {name: value for name, value in (given or {}).items() if not name.lower().startswith("x-amz-")}
    if not query.keys() <= set(known):
        has = f"has the query parameters {' and '.join(known)}" if known else "has no query parameters"
        raise InvalidRequest(f"there is an unknown query parameter: this route {has}")
    return query


def valid_id(name: str, value: str) -> str:
    """Return `value` if it is a valid id; errors call it `name`.

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


def _reader(body: object) -> FieldReader:
    return FieldReader.of(body, "the body", _invalid)


def _invalid(name: str, expected: str, value: object) -> InvalidRequest:
    return InvalidRequest(f"{name} is missing" if expected == "a text" else f"{name} has to be a JSON object")

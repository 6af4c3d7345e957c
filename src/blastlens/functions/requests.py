"""Request bodies, path parameters and queries of the API, read strictly."""

from collections.abc import Mapping
from datetime import datetime

from blastlens.domain.declared_examination import MAX_FIELDS
from blastlens.domain.declared_pixel_size import LARGEST_UM, LEAST_UM, parse_declared
from blastlens.domain.declared_time import parse_taken_at
from blastlens.domain.errors import BlastlensError
from blastlens.domain.fields import FieldReader
from blastlens.domain.upload import EXTENSIONS, ExaminationId, Upload, is_valid_id

DEFAULT_LIMIT = 50
MAX_LIMIT = 100


class InvalidRequest(BlastlensError):
    """A request that the API does not accept; the message may be shown to the client."""


def new_upload(clinic_id: str, patient_id: str, body: object, upload_id: str) -> Upload:
    """Return the upload that a path and a body ask for, with the given upload id.

    Raises:
        InvalidRequest: an id or the file's extension is missing or wrong.
    """
    values = body_reader(body)
    extension, examination_id = values.text("extension").lower(), values.values.get("examination_id")
    if extension not in EXTENSIONS:
        raise InvalidRequest(f"extension has to be one of {', '.join(EXTENSIONS)}")
    if examination_id is not None:
        valid_id("examination_id", examination_id if isinstance(examination_id, str) else "")
    clinic, patient = valid_id("clinic_id", clinic_id), valid_id("patient_id", patient_id)
    return Upload(clinic, patient, upload_id, extension, examination_id)


def read_examination_fields(body: object) -> int | None:
    """Return how many fields the examination of a new upload has, as the body declares it; None where it does not.

    Raises:
        InvalidRequest: it is not a number from 1 on, or the body names no examination.
    """
    values = body_reader(body).values
    number = values.get("examination_fields")
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= MAX_FIELDS:
        raise InvalidRequest(f"examination_fields has to be a number from 1 to {MAX_FIELDS}")
    if values.get("examination_id") is None:
        raise InvalidRequest("examination_fields needs an examination_id: without one the image is the only field")
    return number


def read_pixel_size(body: object) -> float | None:
    """Return the micrometres per pixel that the body of a new upload declares; None where it declares none.

    Raises:
        InvalidRequest: it is not a number, or no light microscope has such a pixel size.
    """
    value = body_reader(body).values.get("pixel_size_um")
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
    value = body_reader(body).values.get("taken_at")
    if value is None:
        return None
    try:
        return parse_taken_at(value if isinstance(value, str) else "", now)
    except ValueError:
        raise InvalidRequest(
            "taken_at has to be a time in UTC such as 2026-11-22T09:30:15Z, not before 2000 and not in the future"
        ) from None


def upload_from_path(clinic_id: str, patient_id: str, upload_id: str, examination_id: str | None = None) -> Upload:
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
        None if examination_id is None else valid_id("examination_id", examination_id),
    )


def examination_from_path(clinic_id: str, patient_id: str, examination_id: str) -> ExaminationId:
    """Return the examination that a path names.

    Raises:
        InvalidRequest: an id breaks the contract.
    """
    return ExaminationId(
        valid_id("clinic_id", clinic_id),
        valid_id("patient_id", patient_id),
        valid_id("examination_id", examination_id),
    )


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


def body_reader(body: object) -> FieldReader:
    """Return a reader of a request's body.

    Raises:
        InvalidRequest: it is no JSON object.
    """
    return FieldReader.of(body, "the body", _invalid)


def _invalid(name: str, expected: str, value: object) -> InvalidRequest:
    return InvalidRequest(f"{name} is missing" if expected == "a text" else f"{name} has to be a JSON object")

"""Results: the answer of one model to one object version, and its identity."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from blastlens.domain.errors import UploadRefused
from blastlens.domain.prediction import Answer, Prediction
from blastlens.domain.upload import UNVERSIONED, ObjectVersion, Upload, parse_key


class Status(StrEnum):
    """Outcome of an upload."""

    CLASSIFIED = "CLASSIFIED"
    REJECTED = "REJECTED"


@dataclass(frozen=True)
class ResultId:
    """The identity of a result: (upload, object version, model digest).

    Attributes:
        upload: `clinic/patient/upload`; `unreadable/` and a hash where the key violates the contract,
            because such a key may contain a person's name.
        reading: `version#digest`; see `version_part`.
    """

    upload: str
    reading: str


@dataclass(frozen=True)
class Artifacts:
    """Object keys of the pictures made for the result, and of the file of its cells; None where there is none."""

    segmented: str | None = None
    overlay: str | None = None
    heat: str | None = None
    cells: str | None = None


@dataclass(frozen=True)
class Result:
    """An answer with its source.

    Attributes:
        source: the object version that was read.
        upload: clinic, patient and upload; None where the key violates the contract.
        answer: prediction or rejection.
        artifacts: object keys of the pictures and of the file of cells.
        uploaded_at: when S3 stored the object (UTC).
        answered_at: when the answer was made (UTC).
        taken_at: when the image was taken, as declared with the upload (UTC); None where that is not known.
    """

    source: ObjectVersion
    upload: Upload | None
    answer: Answer
    artifacts: Artifacts
    uploaded_at: datetime
    answered_at: datetime
    taken_at: datetime | None = None

    @property
    def status(self) -> Status:
        """CLASSIFIED for a prediction, REJECTED for a rejection."""
        return Status.CLASSIFIED if isinstance(self.answer, Prediction) else Status.REJECTED

    @property
    def effective_at(self) -> datetime:
        """When the image was taken; when it was uploaded where that is not known (UTC)."""
        return self.taken_at or self.uploaded_at

    @property
    def id(self) -> ResultId:
        """Identity; the conditional write stores only one result for it."""
        return result_id(self.source, self.answer.model.digest)


def result_id(source: ObjectVersion, model_digest: str) -> ResultId:
    """Return the identity of a model's result for an object version."""
    return ResultId(_part_of_key(source.key), f"{version_part(source)}#{model_digest}")


def version_part(source: ObjectVersion) -> str:
    """Return what distinguishes an object version from the others of its upload.

    Without versioning every object has the version "null". S3's sequencer then distinguishes one write from the next;
    without it, an image that replaces another would count as answered.
    """
    if source.version_id == UNVERSIONED and source.sequencer:
        return f"{UNVERSIONED}-{source.sequencer}"
    return source.version_id


def _part_of_key(key: str) -> str:
    try:
        upload = parse_key(key)
    except UploadRefused:
        return f"unreadable/{hashlib.sha256(key.encode()).hexdigest()}"
    return upload_part(upload)


def upload_part(upload: Upload) -> str:
    """Return the part of an identity that all results of an upload share."""
    return f"{upload.clinic_id}/{upload.patient_id}/{upload.upload_id}"

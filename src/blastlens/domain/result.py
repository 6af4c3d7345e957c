"""One answer for one object version by one model: the unit that is stored and told."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from blastlens.domain.errors import UploadRefused
from blastlens.domain.prediction import Answer, Prediction
from blastlens.domain.upload import UNVERSIONED, ObjectVersion, Upload, parse_key


class Status(StrEnum):
    """What became of an upload."""

    CLASSIFIED = "CLASSIFIED"
    REJECTED = "REJECTED"


@dataclass(frozen=True)
class ResultId:
    """The identity of a result: (upload, object version, model digest).

    Attributes:
        upload: `clinic/patient/upload`, or `unreadable/` and a hash where the key breaks the contract,
            so that what may be a person's name never becomes a table key.
        reading: `version#digest`; see `version_part`.
    """

    upload: str
    reading: str


@dataclass(frozen=True)
class Artifacts:
    """Object keys of the pictures made on the way; None where there is none."""

    segmented: str | None = None
    overlay: str | None = None
    heat: str | None = None


@dataclass(frozen=True)
class Result:
    """A stored answer.

    Attributes:
        source: the object version that was read.
        upload: whose image it is; None where the key breaks the contract.
        answer: prediction or rejection.
        artifacts: where the pictures lie.
        uploaded_at: when S3 took the object (UTC).
        answered_at: when the answer was made (UTC).
    """

    source: ObjectVersion
    upload: Upload | None
    answer: Answer
    artifacts: Artifacts
    uploaded_at: datetime
    answered_at: datetime

    @property
    def status(self) -> Status:
        """CLASSIFIED for a prediction, REJECTED for a rejection."""
        return Status.CLASSIFIED if isinstance(self.answer, Prediction) else Status.REJECTED

    @property
    def id(self) -> ResultId:
        """The identity that makes a second write of the same result void."""
        return result_id(self.source, self.answer.model.digest)


def result_id(source: ObjectVersion, model_digest: str) -> ResultId:
    """Return the identity of the result that a model gives for an object version."""
    return ResultId(_part_of_key(source.key), f"{version_part(source)}#{model_digest}")


def version_part(source: ObjectVersion) -> str:
    """Return what tells an object version from the others of its upload.

    All objects of a bucket that keeps no versions are version "null": there S3's sequencer has to tell one writing
    from the next, or an image that takes the place of another would count as answered.
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
    """Return the half of an identity that all results of an upload share."""
    return f"{upload.clinic_id}/{upload.patient_id}/{upload.upload_id}"

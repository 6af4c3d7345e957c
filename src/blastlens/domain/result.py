"""Results: the answer of one model to one object version, and its identity."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from blastlens.domain.declared_edge_verdict import EdgeVerdict
from blastlens.domain.declared_examination import DeclaredExamination
from blastlens.domain.edge_comparison import disagree
from blastlens.domain.errors import UploadRefused
from blastlens.domain.examination_answer import ExaminationConstants
from blastlens.domain.prediction import Answer, Prediction
from blastlens.domain.upload import UNVERSIONED, ObjectVersion, Upload, parse_key

UNREADABLE = "unreadable/"
"""Beginning of the identity of images whose key violates the contract."""


class Status(StrEnum):
    """Outcome of an upload."""

    CLASSIFIED = "CLASSIFIED"
    REJECTED = "REJECTED"


@dataclass(frozen=True)
class ResultId:
    """The identity of a result: (upload, object version, model digest).

    Attributes:
        upload: `clinic/patient/examination`, which all fields of an examination share; `unreadable/` and a hash where
            the key violates the contract, because such a key may contain a person's name.
        reading: `upload#version#digest`; `version#digest` of a key without an examination. See `version_part`.
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
class Custody:
    """What the examination of an image needs to know beside the answer.

    Attributes:
        sha256: hexadecimal digest of the file; empty where it was not read.
        declared: what the sender says about the examination.
        same_as: `clinic/patient/examination` of another patient who had the same bytes first; None for nobody.
        constants: constants of the package for examinations; None where it has none.
    """

    sha256: str = ""
    declared: DeclaredExamination = field(default_factory=DeclaredExamination)
    same_as: str | None = None
    constants: ExaminationConstants | None = None


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
        custody: what the examination needs to know of the image; None in records from before examinations.
        expires_at: when the record is deleted (UTC); None for never.
        edge: verdict of the screening at the microscope, as declared with the upload; None where there is none. The
            answer does not depend on it.
    """

    source: ObjectVersion
    upload: Upload | None
    answer: Answer
    artifacts: Artifacts
    uploaded_at: datetime
    answered_at: datetime
    taken_at: datetime | None = None
    custody: Custody | None = None
    expires_at: datetime | None = None
    edge: EdgeVerdict | None = None

    @property
    def status(self) -> Status:
        """CLASSIFIED for a prediction, REJECTED for a rejection."""
        return Status.CLASSIFIED if isinstance(self.answer, Prediction) else Status.REJECTED

    @property
    def effective_at(self) -> datetime:
        """When the image was taken; when it was uploaded where that is not known (UTC)."""
        return self.taken_at or self.uploaded_at

    @property
    def edge_disagrees(self) -> bool | None:
        """Whether verdict and answer differ in leaving leukemia open, by `disagree`; None where nothing is compared."""
        return disagree(self.edge, self.answer)

    @property
    def id(self) -> ResultId:
        """Identity; the conditional write stores only one result for it."""
        return result_id(self.source, self.answer.model.digest)


def result_id(source: ObjectVersion, model_digest: str) -> ResultId:
    """Return the identity of a model's result for an object version."""
    reading = f"{version_part(source)}#{model_digest}"
    try:
        upload = parse_key(source.key)
    except UploadRefused:
        return ResultId(f"{UNREADABLE}{hashlib.sha256(source.key.encode()).hexdigest()}", reading)
    return ResultId(str(upload.examination), f"{reading_prefix(upload)}{reading}")


def reading_prefix(upload: Upload) -> str:
    """Return what the readings of an upload begin with; nothing for a key without an examination."""
    return "" if upload.examination_id is None else f"{upload.upload_id}#"


def version_part(source: ObjectVersion) -> str:
    """Return what distinguishes an object version from the others of its upload.

    Without versioning every object has the version "null". S3's sequencer then distinguishes one write from the next;
    without it, an image that replaces another would count as answered.
    """
    if source.version_id == UNVERSIONED and source.sequencer:
        return f"{UNVERSIONED}-{source.sequencer}"
    return source.version_id

"""Classification of one object version: fetch, read, store artifacts and result."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from blastlens.cloud.images import FetchedImage, ImageStore
from blastlens.cloud.tables.contents import ContentsTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.cell_file import encode_cells
from blastlens.domain.declared_edge_verdict import EdgeVerdict, read_edge_verdict
from blastlens.domain.declared_examination import read_declared_examination
from blastlens.domain.declared_pixel_size import read_declared
from blastlens.domain.declared_time import read_declared_time
from blastlens.domain.errors import UploadRefused
from blastlens.domain.examination_answer import ExaminationConstants
from blastlens.domain.field import Box, Caution, Cell, PixelSize
from blastlens.domain.prediction import Answer, ModelIdentity, Prediction, Rejection
from blastlens.domain.result import Artifacts, Custody, Result, result_id, version_part
from blastlens.domain.retention import KEEP_EVERYTHING, Retention
from blastlens.domain.upload import MAX_BYTES, ObjectVersion, Upload, parse_key
from blastlens.functions.retries import NO_RETRIES, Retrier
from blastlens.functions.s3_events import ObjectCreated
from blastlens.imaging.artifact_images import encode_picture
from blastlens.imaging.overlay import draw_cells, draw_heat, draw_outlines
from blastlens.imaging.segmentation import black_out

_DIGEST_LENGTH = 12
_KINDS = dict.fromkeys(("segmented", "overlay", "heat"), ("png", "image/png")) | {"cells": ("json", "application/json")}
"""Artifact → ending and content type of its file."""


class Reading(Protocol):
    """An answer with the image and the blast mask that it is based on.

    The image is (H, W, 3) uint8 RGB, the mask (H, W) bool.
    """

    @property
    def answer(self) -> Answer:
        """Prediction or rejection."""

    @property
    def image(self) -> NDArray[np.uint8] | None:
        """The decoded image; None where the file could not be decoded."""

    @property
    def mask(self) -> NDArray[np.bool_] | None:
        """The blast mask; None where the file could not be decoded."""

    @property
    def heat(self) -> NDArray[np.float32] | None:
        """Evidence for the predicted class, (H, W) float32 from 0 to 1.

        Returns None where there is no prediction.
        """

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The white cells that were read."""

    @property
    def windows(self) -> tuple[Box, ...]:
        """The windows that were read."""


class Reader(Protocol):
    """Reads image files; `inference.classifier.Classifier` is one."""

    @property
    def identity(self) -> ModelIdentity:
        """The model's identity."""

    @property
    def examination(self) -> ExaminationConstants | None:
        """Its constants for examinations; None for a package without."""

    def read_bytes(self, data: bytes, declared: PixelSize | None = None) -> Reading:
        """Read an image file, whose pixel size may be declared.

        A file that cannot be read gives a rejection, not an error.
        """


@dataclass(frozen=True)
class ClassificationDependencies:
    """Clients, model and settings of classification.

    Attributes:
        images: the upload bucket, which also holds the artifacts.
        results: the results table.
        contents: the table of contents of images.
        reader: the model.
        clock: returns the time (UTC).
        retention: how long records are kept.
        limit_bytes: larger uploads are rejected without being downloaded.
        sleep: waits for services that are busy.
    """

    images: ImageStore
    results: ResultsTable
    contents: ContentsTable
    reader: Reader
    clock: Callable[[], datetime]
    retention: Retention = KEEP_EVERYTHING
    limit_bytes: int = MAX_BYTES
    sleep: Callable[[float], None] = time.sleep


def classify_object(
    created: ObjectCreated,
    dependencies: ClassificationDependencies,
    retrier: Retrier = NO_RETRIES,
    report: Callable[[str], None] = lambda sentence: None,
) -> Result | None:
    """Classify an object version, and store its artifacts and then its result.

    Args:
        created: the object version.
        dependencies: clients, model and settings.
        retrier: calls each step, which is idempotent.
        report: receives a sentence without values about metadata that is not usable.

    Returns:
        The stored result; None if this model has classified this version before.

    Raises:
        ServiceFault: a service refused, and no result is stored; ServiceUnavailable where a retry may help.
    """
    identity = result_id(created.source, dependencies.reader.identity.digest)
    # S3 sends some events twice: this check costs a thousandth of reading the image again.
    if retrier.call("Look", lambda: dependencies.results.exists(identity)):
        return None
    result = _read(created, dependencies, retrier, report)
    return result if retrier.call("Store", lambda: dependencies.results.write(result)) else None


def is_of_erased_patient(
    created: ObjectCreated, dependencies: ClassificationDependencies, retrier: Retrier = NO_RETRIES
) -> bool:
    """Return whether an image is of a patient who was erased: whatever is stored of it would bring the patient back.

    It has to be asked before anything is read, also of an image that is gone: its rejection would be stored.
    """
    try:
        examination = parse_key(created.source.key).examination
    except UploadRefused:
        return False
    return retrier.call("Erased", lambda: dependencies.contents.is_erased(examination))


def _read(
    created: ObjectCreated, dependencies: ClassificationDependencies, retrier: Retrier, report: Callable[[str], None]
) -> Result:
    source, uploaded_at, taken_at, edge = created.source, created.created_at, None, None
    upload: Upload | None = None
    artifacts, custody = Artifacts(), Custody()
    answer: Answer
    try:
        upload = parse_key(source.key)
        image = retrier.call("Fetch", lambda: dependencies.images.fetch(source, dependencies.limit_bytes))
        uploaded_at = image.uploaded_at
        taken_at = read_declared_time(image.metadata, uploaded_at)
        edge = _edge_of(image, report)
        custody = _take_custody(image, upload, dependencies, retrier)
        declared, is_unusable = _declared(image)
        reading = retrier.call("Read", lambda: dependencies.reader.read_bytes(image.data, declared))
        answer = _add_caution(reading.answer, Caution.DECLARED_UNUSABLE) if is_unusable else reading.answer
        artifacts = _store_artifacts(reading, source, upload, dependencies, retrier)
    except UploadRefused as refusal:
        answer = Rejection.from_refusal(refusal, dependencies.reader.identity)
    answered_at, expires_at = dependencies.clock(), dependencies.retention.expiry_of(uploaded_at)
    return Result(source, upload, answer, artifacts, uploaded_at, answered_at, taken_at, custody, expires_at, edge)


def _take_custody(
    image: FetchedImage, upload: Upload, dependencies: ClassificationDependencies, retrier: Retrier
) -> Custody:
    """Return what the examination needs to know, and record whose image has these bytes.

    That is recorded before the result: a result without it could not be held back from a wrong patient.
    """
    sha256, own = hashlib.sha256(image.data).hexdigest(), upload.examination
    # All empty files are alike: an upload that failed says nothing about whose image it is.
    first = retrier.call("Claim", lambda: dependencies.contents.claim(own, sha256)) if image.data else own
    return Custody(
        sha256=sha256,
        declared=read_declared_examination(image.metadata),
        same_as=None if first.patient == own.patient else str(first),
        constants=dependencies.reader.examination,
    )


def _declared(image: FetchedImage) -> tuple[PixelSize | None, bool]:
    """Return the pixel size declared with an image, and whether what was declared is unusable."""
    try:
        return read_declared(image.metadata), False
    except ValueError:
        return None, True


def _edge_of(image: FetchedImage, report: Callable[[str], None]) -> EdgeVerdict | None:
    """Return the verdict declared with an image; None also where it is not usable."""
    try:
        return read_edge_verdict(image.metadata)
    except ValueError as fault:
        report(f"the declared verdict is left out: {fault}")
        return None


def _add_caution(answer: Answer, caution: Caution) -> Answer:
    """Return an answer with a caution; unchanged where nothing was read of the field."""
    if answer.field is None:
        return answer
    return replace(answer, field=replace(answer.field, cautions=(*answer.field.cautions, caution)))


def _store_artifacts(
    reading: Reading, source: ObjectVersion, upload: Upload, dependencies: ClassificationDependencies, retrier: Retrier
) -> Artifacts:
    if not isinstance(reading.answer, Prediction):
        return Artifacts()
    digest = reading.answer.model.digest[:_DIGEST_LENGTH]
    folder = f"artifacts/{upload.path}/{version_part(source)}/{digest}"
    artifacts = retrier.call("Draw", lambda: encode_artifacts(reading))
    keys = {name: f"{folder}/{name}.{_KINDS[name][0]}" for name in artifacts}
    retrier.call("Keep", lambda: _put_artifacts(artifacts, keys, source.bucket, dependencies.images))
    return Artifacts(**keys)


def _put_artifacts(artifacts: Mapping[str, bytes], keys: Mapping[str, str], bucket: str, images: ImageStore) -> None:
    for name, data in artifacts.items():
        images.put_artifact(bucket, keys[name], data, _KINDS[name][1])


def encode_artifacts(reading: Reading) -> dict[str, bytes]:
    """Return the PNG images and the file of cells to store with an answer, by names of `Artifacts`."""
    image, mask, field, artifacts = reading.image, reading.mask, reading.answer.field, {}
    # Each is encoded before the next is drawn: at 50 megapixels, all of them do not fit into memory beside the model.
    if image is not None and mask is not None:
        artifacts["segmented"] = encode_picture(black_out(image, mask))
        cells = reading.cells
        artifacts["overlay"] = encode_picture(draw_cells(image, cells) if cells else draw_outlines(image, mask))
    if image is not None and reading.heat is not None:
        artifacts["heat"] = encode_picture(draw_heat(image, reading.heat))
    if image is not None and field is not None:
        size = image.shape[1], image.shape[0]
        artifacts["cells"] = encode_cells(field, reading.answer.model, size, reading.windows, reading.cells)
    return artifacts

"""One new object version becomes one stored answer: what the classify function is for."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from blastlens.cloud.images import ImageStore
from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.errors import UploadRefused
from blastlens.domain.prediction import Answer, ModelIdentity, Prediction, Rejection
from blastlens.domain.result import Artifacts, Result, result_id, version_part
from blastlens.domain.upload import MAX_BYTES, ObjectVersion, Upload, parse_key
from blastlens.functions.retries import AT_ONCE, Steps
from blastlens.functions.s3_events import ObjectCreated
from blastlens.imaging.overlay import draw_heat, draw_outlines, encode_png
from blastlens.imaging.segmentation import black_out

_DIGEST_LENGTH = 12


class Reading(Protocol):
    """An answer, with the image (H, W, 3) uint8 RGB and the blast mask (H, W) bool it was read from."""

    @property
    def answer(self) -> Answer:
        """Prediction or rejection."""

    @property
    def image(self) -> NDArray[np.uint8] | None:
        """None where the file could not be decoded."""

    @property
    def mask(self) -> NDArray[np.bool_] | None:
        """None likewise."""

    @property
    def heat(self) -> NDArray[np.float32] | None:
        """(H, W) float32, 0 to 1, what speaks for the predicted class; None where there is no prediction."""


class Reader(Protocol):
    """Reads image files; `inference.classifier.Classifier` is one."""

    @property
    def identity(self) -> ModelIdentity:
        """The model that answers."""

    def read_bytes(self, data: bytes) -> Reading:
        """Answer for an image file; what cannot be read is rejected, not raised."""


@dataclass(frozen=True)
class AnsweringParts:
    """What answering needs.

    Attributes:
        images: where uploads lie and pictures go.
        results: where answers go.
        reader: the model.
        clock: tells the time (UTC).
        limit_bytes: larger uploads are refused without being downloaded.
        sleep: waits for services that are busy.
    """

    images: ImageStore
    results: ResultsTable
    reader: Reader
    clock: Callable[[], datetime]
    limit_bytes: int = MAX_BYTES
    sleep: Callable[[float], None] = time.sleep


def answer_object(created: ObjectCreated, parts: AnsweringParts, steps: Steps = AT_ONCE) -> Result | None:
    """Read an object version and store the answer with one write, last of all, after its pictures.

    Args:
        created: the object version.
        parts: what is needed.
        steps: how the steps are taken; each does no harm when it is done twice.

    Returns:
        What was stored; None where this model has answered for this version before.

    Raises:
        ServiceFault: a service refused, and nothing is stored; ServiceUnavailable where trying again may help.
    """
    identity = result_id(created.source, parts.reader.identity.digest)
    # S3 tells of some uploads twice: looking costs a thousandth of reading the image again.
    if steps.take("Look", lambda: parts.results.exists(identity)):
        return None
    result = _read(created, parts, steps)
    return result if steps.take("Store", lambda: parts.results.write(result)) else None


def _read(created: ObjectCreated, parts: AnsweringParts, steps: Steps) -> Result:
    source, uploaded_at = created.source, created.created_at
    upload: Upload | None = None
    artifacts = Artifacts()
    answer: Answer
    try:
        upload = parse_key(source.key)
        image = steps.take("Fetch", lambda: parts.images.fetch(source, parts.limit_bytes))
        uploaded_at = image.uploaded_at
        reading = steps.take("Read", lambda: parts.reader.read_bytes(image.data))
        answer, artifacts = reading.answer, _store_pictures(reading, source, upload, parts, steps)
    except UploadRefused as refusal:
        answer = Rejection.from_refusal(refusal, parts.reader.identity)
    return Result(source, upload, answer, artifacts, uploaded_at, parts.clock())


def _store_pictures(
    reading: Reading, source: ObjectVersion, upload: Upload, parts: AnsweringParts, steps: Steps
) -> Artifacts:
    if not isinstance(reading.answer, Prediction):
        return Artifacts()
    digest = reading.answer.model.digest[:_DIGEST_LENGTH]
    who = f"{upload.clinic_id}/{upload.patient_id}/{upload.upload_id}"
    folder = f"artifacts/{who}/{version_part(source)}/{digest}"
    pictures = steps.take("Draw", lambda: encode_pictures(reading))
    keys = {name: f"{folder}/{name}.png" for name in pictures}
    steps.take("Keep", lambda: _put_pictures(pictures, keys, source.bucket, parts.images))
    return Artifacts(**keys)


def _put_pictures(pictures: Mapping[str, bytes], keys: Mapping[str, str], bucket: str, images: ImageStore) -> None:
    for name, picture in pictures.items():
        images.put_artifact(bucket, keys[name], picture, "image/png")


def encode_pictures(reading: Reading) -> dict[str, bytes]:
    """Return the pictures that are stored with an answer, as PNG, by their names in `Artifacts`."""
    image, mask, pictures = reading.image, reading.mask, {}
    # Each is encoded before the next is drawn: of 50 megapixels, all at once would not fit beside the model.
    if image is not None and mask is not None:
        pictures["segmented"] = encode_png(black_out(image, mask))
        pictures["overlay"] = encode_png(draw_outlines(image, mask))
    if image is not None and reading.heat is not None:
        pictures["heat"] = encode_png(draw_heat(image, reading.heat))
    return pictures

"""Demo with images: uploads them and collects answer and notices of each."""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.declared_time import make_time_metadata, to_file_time
from blastlens.domain.labels import LABELS, WORDS, Label
from blastlens.domain.prediction import Answer, Prediction
from blastlens.domain.result import Artifacts
from blastlens.domain.upload import EXTENSIONS, Upload
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.demo.sent_notices import SentNotice, pushed_notices, sent_notices
from blastlens.local.stack.phones import give_phone

CLINIC_ID = "demo-clinic"

DRAWN_SEEDS = {Label.BENIGN: 28, Label.EARLY_PRE_B: 10, Label.PRE_B: 4, Label.PRO_B: 1}
"""Seeds of the drawn smears. The shipped package classifies each as what it is drawn like, with certainty.

Other seeds were tried and left out: most drawings like benign smears are classified as something else.
"""

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class DemoImage:
    """An image to upload.

    Attributes:
        title: its name in the table.
        extension: extension of its object key.
        data: the file's bytes.
        is_given: whether the user gave it.
        taken_at: when it was taken (UTC); None where that is not known.
    """

    title: str
    extension: str
    data: bytes
    is_given: bool = False
    taken_at: datetime | None = None


@dataclass(frozen=True)
class ImageOutcome:
    """Answer and notices of an image so far.

    Attributes:
        image: the image.
        upload: its upload.
        answer: the stored answer; None while there is none.
        artifacts: object keys of its pictures.
        clinic: the clinic's notice.
        patient: the patient's notice.
        seconds: from the upload until all of them arrived.
    """

    image: DemoImage
    upload: Upload
    answer: Answer | None = None
    artifacts: Artifacts = field(default_factory=Artifacts)
    clinic: SentNotice | None = None
    patient: SentNotice | None = None
    seconds: float = 0.0

    @property
    def title(self) -> str:
        """The image's name in the table."""
        return self.image.title

    @property
    def missing(self) -> tuple[str, ...]:
        """What is expected and has not arrived.

        A rejected image has no notice for the patient.
        """
        expected = {"a record": self.answer, "the clinic's notice": self.clinic}
        if isinstance(self.answer, Prediction):
            expected["the patient's notice"] = self.patient
        return tuple(name for name, there in expected.items() if there is None)


def drawn_images() -> Iterator[DemoImage]:
    """Yield a synthetic smear of each class, and two files to be rejected."""
    for label in LABELS:
        drawn = encode_png(draw_smear(DRAWN_SEEDS[label], label).image)
        yield DemoImage(f"drawn like {WORDS[label].title}", "png", drawn)
    yield DemoImage("drawn without blasts", "png", encode_png(draw_smear(1, blasts=0).image))
    whole = encode_png(draw_smear(1).image)
    yield DemoImage("cut off half-way", "png", whole[: len(whole) // 2])


def image_from(path: Path) -> DemoImage:
    """Read an image file; its content is not checked here. It counts as taken when it was last changed.

    Raises:
        OSError: the file cannot be read.
    """
    suffix = path.suffix.lower().lstrip(".")
    extension, taken_at = suffix if suffix in EXTENSIONS else "jpg", to_file_time(path.stat().st_mtime_ns)
    return DemoImage(path.name, extension, path.read_bytes(), is_given=True, taken_at=taken_at)


def choose_example(outcomes: Sequence[ImageOutcome]) -> ImageOutcome | None:
    """Return the outcome to show in full: of a given image if there are any, of a certain one if possible."""
    shown = [one for one in outcomes if one.clinic is not None]
    given = [one for one in shown if one.image.is_given]
    return max(given or shown, key=_clarity, default=None)


def _clarity(outcome: ImageOutcome) -> tuple[bool, bool]:
    answer = outcome.answer
    return isinstance(answer, Prediction), isinstance(answer, Prediction) and answer.is_certain


def upload_image(cloud: EmbeddedCloud, image: DemoImage) -> ImageOutcome:
    """Upload an image with random ids, for a patient with a phone."""
    upload = Upload(CLINIC_ID, f"patient-{secrets.token_hex(4)}", secrets.token_hex(8), image.extension)
    give_phone(cloud.clients, cloud.deployment, upload.clinic_id, upload.patient_id)
    bucket = cloud.stack.resources["UploadBucket"]
    metadata = make_time_metadata(image.taken_at)
    cloud.clients.client("s3").put_object(Bucket=bucket, Key=upload.key, Body=image.data, Metadata=metadata)
    return ImageOutcome(image, upload)


def run_demo(
    cloud: EmbeddedCloud, images: Sequence[DemoImage], limit_seconds: float, progress: Callable[[int], None]
) -> list[ImageOutcome]:
    """Upload images and wait until answers and notices have arrived.

    Args:
        cloud: a running cloud.
        images: the images to upload.
        limit_seconds: total time limit.
        progress: called repeatedly with the number of finished images.

    Returns:
        An outcome for each image, in their order; `missing` lists what did not arrive in time.
    """
    started: list[float] = []
    outcomes: list[ImageOutcome] = []
    for image in images:
        started.append(time.monotonic())
        outcomes.append(upload_image(cloud, image))
    deadline = time.monotonic() + limit_seconds
    while any(outcome.missing for outcome in outcomes) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        clinic, patient = _by_upload(sent_notices(cloud.stack.resources["ClinicTopic"])), _by_upload(pushed_notices())
        for place, outcome in enumerate(outcomes):
            if outcome.missing:
                upload_id = outcome.upload.upload_id
                found = replace(outcome, clinic=clinic.get(upload_id), patient=patient.get(upload_id))
                outcomes[place] = replace(_with_answer(cloud, found), seconds=time.monotonic() - started[place])
        progress(sum(not outcome.missing for outcome in outcomes))
    return outcomes


def _with_answer(cloud: EmbeddedCloud, outcome: ImageOutcome) -> ImageOutcome:
    if outcome.answer is not None:
        return outcome
    table = ResultsTable(cloud.clients.client("dynamodb"), cloud.stack.resources["ResultsTable"])
    records = table.readings(outcome.upload)
    if not records:
        return outcome
    return replace(outcome, answer=records[0].result.answer, artifacts=records[0].result.artifacts)


def _by_upload(notices: Iterable[SentNotice]) -> dict[str, SentNotice]:
    return {notice.attributes.get("upload_id", ""): notice for notice in notices}

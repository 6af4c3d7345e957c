"""Answers to images of other laboratories, and their counts."""

import csv
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from blastlens.domain.errors import InvalidData
from blastlens.domain.folder_filter import FolderFilter
from blastlens.domain.labels import WORDS
from blastlens.domain.prediction import Answer, ModelIdentity, Prediction
from blastlens.training.audit.answer_counts import count_answers, is_benign_alone
from blastlens.training.evaluation.intervals import bootstrap, resample
from blastlens.training.evaluation.metrics import area_under_curve
from blastlens.training.progress import NamedTrack
from blastlens.training.threads import in_threads

ReadFile = Callable[[bytes], Answer]
"""Answers the contents of an image file as the service does."""

ILL, WELL = "acute_lymphoblastic_leukemia", "myeloma"
"""Truths of a laboratory that the area under the curve compares."""

LEUKEMIAS = (ILL, "acute_myeloid_leukemia_blast")
NO_SMEAR = "no smear"
FOLDERS: Mapping[str, str] = {"other-smears": "no leukemia", "not-smears": NO_SMEAR}
"""Truth of every image of a folder beside labs/."""


@dataclass(frozen=True)
class LaboratoryImage:
    """An image of another laboratory.

    Attributes:
        path: the file.
        name: as labs/index.csv has it, or folder and file name.
        laboratory: name.
        truth: what the image shows, in words of the index.
    """

    path: Path
    name: str
    laboratory: str
    truth: str


@dataclass(frozen=True)
class LaboratoryAnswer:
    """The answer to one image, as a line of a CSV file.

    Attributes:
        file: name of the image.
        laboratory: that it is of.
        truth: what it shows.
        reason: of a rejection, else empty.
        prediction_set: labels separated by spaces, most probable first; empty for a rejection.
        leukemia: probability of all leukemias, 0 to 1; None for a rejection.
        white_cells: number that was read; None where the answer does not state it.
        pixel_size_um: that it was read at; None likewise.
        cautions: separated by spaces.
    """

    file: str
    laboratory: str
    truth: str
    reason: str
    prediction_set: str
    leukemia: float | None
    white_cells: int | None
    pixel_size_um: float | None
    cautions: str


def find_laboratory_images(data: Path) -> tuple[LaboratoryImage, ...]:
    """List the images of other laboratories in a data folder.

    Args:
        data: holds labs/index.csv with the columns `file`, `laboratory` and `truth`, and other folders; each may be
            missing.

    Raises:
        InvalidData: the index has other columns.
    """
    return (
        *_indexed(data / "labs"),
        *(
            LaboratoryImage(path, f"{folder}/{path.name}", folder, truth)
            for folder, truth in FOLDERS.items()
            if (data / folder).is_dir()
            for path in FolderFilter().list_images(data / folder)
        ),
    )


def sample_images(images: Sequence[LaboratoryImage], most: int | None) -> tuple[LaboratoryImage, ...]:
    """Return at most `most` images of each laboratory and truth, spread evenly over their order; None for all."""
    if most is None:
        return tuple(images)
    kinds = dict.fromkeys((image.laboratory, image.truth) for image in images)
    sampled: list[LaboratoryImage] = []
    for kind in kinds:
        members = [image for image in images if (image.laboratory, image.truth) == kind]
        count = min(most, len(members))
        sampled += [members[index] for index in np.linspace(0, len(members) - 1, count).round().astype(int)]
    return tuple(sampled)


def answer_images(
    images: Sequence[LaboratoryImage], read: ReadFile, track: NamedTrack
) -> list[tuple[LaboratoryImage, Answer]]:
    """Answer every image; `read` is called from several threads."""
    with closing(in_threads(partial(_answer, read), images)) as answers:
        return list(zip(track(images, "other laboratories"), answers, strict=True))


def summarise(answered: Sequence[tuple[LaboratoryImage, Answer]]) -> dict[str, dict[str, Any]]:
    """Return the counts of each laboratory, and of each truth of a laboratory that has several.

    Keys are "laboratory" or "laboratory: truth"; kinds of single cells without leukemia count as one truth. One
    with ill and well patients also has `ill_against_well`, the area under the curve of the probability of leukemia.
    """
    rows: dict[str, dict[str, Any]] = {}
    for laboratory in dict.fromkeys(image.laboratory for image, _ in answered):
        own = [pair for pair in answered if pair[0].laboratory == laboratory]
        groups = list(dict.fromkeys(_truth_group(image) for image, _ in own))
        rows[laboratory] = _row(own)
        if {ILL, WELL} <= set(groups):
            rows[laboratory]["ill_against_well"] = ill_against_well(own)
        for group in groups if len(groups) > 1 else ():
            rows[f"{laboratory}: {group}"] = _row([pair for pair in own if _truth_group(pair[0]) == group])
    return rows


def ill_against_well(answered: Sequence[tuple[LaboratoryImage, Answer]]) -> dict[str, Any]:
    """Return the area under the curve of the probability of leukemia with its interval, over the answered images."""
    pairs = [
        (image.truth == ILL, _leukemia(answer), image.name)
        for image, answer in answered
        if image.truth in (ILL, WELL) and isinstance(answer, Prediction)
    ]
    ill, scores = (np.array([pair[index] for pair in pairs]) for index in (0, 1))
    drawn = resample(np.array([name for _, _, name in pairs], np.str_), seed=0)
    estimate = bootstrap(lambda weights: area_under_curve(ill.astype(bool), scores.astype(float), weights), drawn)
    return {**estimate.plain(), "ill": int(ill.sum()), "well": int(len(ill) - ill.sum())}


def describe_answer(image: LaboratoryImage, answer: Answer) -> LaboratoryAnswer:
    """Return the answer as a line of a CSV file."""
    field = answer.field
    return LaboratoryAnswer(
        file=image.name,
        laboratory=image.laboratory,
        truth=image.truth,
        reason="" if isinstance(answer, Prediction) else str(answer.reason),
        prediction_set=" ".join(answer.prediction_set) if isinstance(answer, Prediction) else "",
        leukemia=_leukemia(answer) if isinstance(answer, Prediction) else None,
        white_cells=None if field is None else field.white_cells,
        pixel_size_um=None if field is None else field.pixel_size.um,
        cautions="" if field is None else " ".join(field.cautions),
    )


def write_answers(answered: Sequence[tuple[LaboratoryImage, Answer]], file: Path) -> None:
    """Write one line for each image as CSV."""
    lines = [asdict(describe_answer(image, answer)) for image, answer in answered]
    with file.open("w", newline="", encoding="utf-8") as text:
        writer = csv.DictWriter(text, list(LaboratoryAnswer.__dataclass_fields__), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)


def to_results(
    package: ModelIdentity, answered: Sequence[tuple[LaboratoryImage, Answer]], left_out: Collection[str]
) -> dict[str, Any]:
    """Return what `benchmarks/other_laboratories.py --json` prints.

    Args:
        package: that was measured.
        answered: images with their answers.
        left_out: laboratories that no training of the package saw.
    """
    return {"package": asdict(package), "left_out": sorted(left_out), "laboratories": summarise(answered)}


def _indexed(folder: Path) -> Iterable[LaboratoryImage]:
    index = folder / "index.csv"
    if not index.is_file():
        return
    with index.open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        if not {"file", "laboratory", "truth"} <= set(reader.fieldnames or ()):
            raise InvalidData(f"{index} must have the columns file, laboratory and truth, not {reader.fieldnames}.")
        for row in reader:
            yield LaboratoryImage(folder / row["file"], row["file"], row["laboratory"], row["truth"])


def _answer(read: ReadFile, image: LaboratoryImage) -> Answer:
    return read(image.path.read_bytes())


def _truth_group(image: LaboratoryImage) -> str:
    return "other cells" if image.truth.startswith("cell_") else image.truth


def _row(answered: Sequence[tuple[LaboratoryImage, Answer]]) -> dict[str, Any]:
    """Return counts, and how many images with acute leukemia came back as benign alone."""
    leukemic = [answer for image, answer in answered if image.truth in LEUKEMIAS]
    return {
        **count_answers([answer for _, answer in answered]).plain(),
        "leukemias": len(leukemic),
        "leukemia_as_benign_alone": sum(map(is_benign_alone, leukemic)),
    }


def _leukemia(answer: Prediction) -> float:
    return sum(value for label, value in answer.probabilities.items() if WORDS[label].malignant)

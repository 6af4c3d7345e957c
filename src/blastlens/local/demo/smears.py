"""Smears that the demo sends: three that are drawn, and one of the user's images."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blastlens.domain.declared_time import to_file_time
from blastlens.domain.labels import Label
from blastlens.domain.upload import EXTENSIONS
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear

CLEAR_SEEDS = (4, 5, 6, 10, 16, 17, 19, 20)
"""Seeds of fields drawn like Pre-B ALL. The shipped package classifies each as that, with certainty."""

LEUKEMIA_SEEDS, BENIGN_SEED = (22, 24, 26, 28, 31, 33, 35), 28
"""Likewise of seven other such fields, and of one drawn like a benign smear."""

FEW_CELLS_SEEDS = range(6)
"""Seeds of fields drawn with one white cell each."""


@dataclass(frozen=True)
class DemoField:
    """A field to upload.

    Attributes:
        extension: extension of its object key.
        data: the file's bytes.
        taken_at: when it was taken (UTC); None where that is not known.
    """

    extension: str
    data: bytes
    taken_at: datetime | None = None


@dataclass(frozen=True)
class DemoSmear:
    """An examination to upload, of one patient.

    Attributes:
        title: its name in the table.
        fields: its fields, all of them distinct.
        is_given: whether the user gave them.
    """

    title: str
    fields: tuple[DemoField, ...]
    is_given: bool = False


def drawn_smears() -> Iterator[DemoSmear]:
    """Yield three smears of eight fields each: a clear one, one that contradicts itself, and one with too few cells."""
    clear = [_draw(seed, Label.PRE_B) for seed in CLEAR_SEEDS]
    yield DemoSmear("drawn like Pre-B ALL", tuple(clear))
    leukemia = [_draw(seed, Label.PRE_B) for seed in LEUKEMIA_SEEDS]
    yield DemoSmear("drawn like Pre-B ALL, one field like benign", (*leukemia, _draw(BENIGN_SEED, Label.BENIGN)))
    few = [_draw(seed, Label.PRE_B, blasts=1) for seed in FEW_CELLS_SEEDS]
    whole = _draw(len(few), Label.PRE_B).data
    cut = DemoField("png", whole[: len(whole) // 2])
    yield DemoSmear("drawn with few white cells, one file cut off", (*few, _draw(0, Label.PRE_B, blasts=0), cut))


def smear_of(paths: Sequence[Path]) -> DemoSmear:
    """Return the smear of image files; their contents are not checked here.

    Raises:
        OSError: a file cannot be read.
    """
    title = paths[0].name if len(paths) == 1 else f"your {len(paths)} images"
    return DemoSmear(title, tuple(map(_read, paths)), is_given=True)


def _read(path: Path) -> DemoField:
    """Read an image file, which counts as taken when it was last changed."""
    suffix = path.suffix.lower().lstrip(".")
    extension = suffix if suffix in EXTENSIONS else "jpg"
    return DemoField(extension, path.read_bytes(), to_file_time(path.stat().st_mtime_ns))


def _draw(seed: int, label: Label, blasts: int | None = None) -> DemoField:
    return DemoField("png", encode_png(draw_smear(seed, label, blasts=blasts).image))

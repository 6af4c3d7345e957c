"""Small data folders of drawn smears, for tests of training."""

from functools import cache
from pathlib import Path

from blastlens.domain.labels import LABELS, WORDS, Label
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear


def draw_data(folder: Path, images: int) -> Path:
    """Write `images` drawn smears a class, in the folders that training expects."""
    for position, label in enumerate(LABELS):
        (folder / WORDS[label].folder).mkdir(parents=True)
        for index in range(images):
            (folder / WORDS[label].folder / f"{index:03d}.png").write_bytes(_drawn(1000 * position + index, label))
    return folder


@cache
def _drawn(seed: int, label: Label) -> bytes:
    """Return a smear as a PNG file; many tests use the same ones."""
    return encode_png(draw_smear(seed, label, (96, 96)).image)

"""Small data folders of drawn smears, for tests of training."""

from pathlib import Path

from blastlens.domain.labels import LABELS, WORDS
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear


def draw_data(folder: Path, images: int) -> Path:
    """Write `images` drawn smears a class, in the folders that training expects."""
    for position, label in enumerate(LABELS):
        (folder / WORDS[label].folder).mkdir(parents=True)
        for index in range(images):
            smear = draw_smear(1000 * position + index, label, (96, 96))
            (folder / WORDS[label].folder / f"{index:03d}.png").write_bytes(encode_png(smear.image))
    return folder

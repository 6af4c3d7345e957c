"""Batches of crops: drawn by laboratory and class, and augmented."""

from collections.abc import Iterator, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.cell_crops import BACKGROUND, CROP_SIDE
from blastlens.inference.cells import CELL_CLASSES, NOT_WHITE, OTHER_WHITE
from blastlens.training.cells.crop_set import CropSet
from blastlens.training.cells.recipe import CellRecipe
from blastlens.training.cells.sources import HOME
from blastlens.training.cells.targets import soften_targets

SHARES: Mapping[tuple[str, str], float] = {
    (HOME, "benign"): 3.5,
    (HOME, "early_pre_b"): 2.0,
    (HOME, "pre_b"): 2.0,
    (HOME, "pro_b"): 2.0,
    (HOME, NOT_WHITE): 1.2,
    ("raabin", OTHER_WHITE): 1.3,
    ("raabin", NOT_WHITE): 1.0,
    ("other-smears", OTHER_WHITE): 0.4,
    ("other-smears", NOT_WHITE): 0.4,
    ("lmu", OTHER_WHITE): 1.2,
    ("jtsc", OTHER_WHITE): 0.6,
    ("snam", "leukemia"): 0.8,
    ("snam", OTHER_WHITE): 1.2,
    ("chula", NOT_WHITE): 3.0,
}
"""Share of each laboratory and answer in an epoch, before they are made to sum to 1."""

_LEUKEMIA = "leukemia"  # of an unknown subtype
_GAINS = (0.4, 2.5)
_JITTER = 0.12  # deviation of the logarithm of a channel's gain
_SHIFT = 2


def answer_of(target: NDArray[np.float32]) -> str:
    """Return the answer that a target (6,) stands for, or "leukemia" where several are right."""
    right = np.flatnonzero(target == 1.0)
    names = [CELL_CLASSES[index] for index in right]
    return _LEUKEMIA if len(names) == 3 else names[0]


def list_strata(crops: CropSet) -> dict[tuple[str, str], NDArray[np.intp]]:
    """Return the positions of the crops of each laboratory and answer that is drawn."""
    answers = {row.tobytes(): answer_of(row) for row in np.unique(crops.targets, axis=0) if row.any()}
    keys = [
        (str(lab), answers.get(row.tobytes(), "")) for lab, row in zip(crops.laboratories, crops.targets, strict=True)
    ]
    found: dict[tuple[str, str], list[int]] = {}
    for index, key in enumerate(keys):
        if key in SHARES:
            found.setdefault(key, []).append(index)
    return {key: np.array(found[key]) for key in SHARES if key in found}


def draw_epoch(
    strata: Mapping[tuple[str, str], NDArray[np.intp]], count: int, generator: np.random.Generator
) -> NDArray[np.intp]:
    """Return about `count` positions, each stratum by its share, in random order."""
    total = sum(SHARES[key] for key in strata)
    drawn = [
        generator.choice(positions, round(count * SHARES[key] / total), replace=True)
        for key, positions in strata.items()
    ]
    return generator.permutation(np.concatenate(drawn))


def make_batches(
    crops: CropSet, order: NDArray[np.intp], recipe: CellRecipe, generator: np.random.Generator
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Yield augmented crops (B, 48, 48, 4) float32, 0 to 255, and their targets (B, 6)."""
    for start in range(0, len(order) - recipe.batch + 1, recipe.batch):
        chosen = order[start : start + recipe.batch]
        images = np.stack([_move(crops.crops[index], generator) for index in chosen]).astype(np.float32)
        targets = crops.targets[chosen]
        mixed = mix_colours(images, np.asarray(targets[:, :-1].any(axis=1)), recipe.mixing, generator)
        yield _cut_out(mixed, recipe.cut_out, generator), soften_targets(targets, recipe)


def mix_colours(
    images: NDArray[np.float32], white: NDArray[np.bool_], mixing: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Give crops, with probability `mixing`, the stain of another crop of the batch to a random degree.

    The darkness of each channel is multiplied so that its mean inside the cell moves towards that of the other crop.
    So the stain does not tell the laboratory. White cells mix with white cells, others with others: a red cell as dark
    as a nucleus looks like one.

    Args:
        images: (B, 48, 48, 4) float32, 0 to 255; changed in place.
        white: (B,), which of them are white cells.
        mixing: probability.
        generator: of every draw.
    """
    darkness = 255.0 - images[..., :3]
    mask = images[..., 3:] / 255.0
    stain = (darkness * mask).sum(axis=(1, 2)) / np.maximum(mask.sum(axis=(1, 2)), 1.0) + 8.0
    other = stain.copy()
    for group in (np.flatnonzero(white), np.flatnonzero(~white)):
        other[group] = stain[generator.permutation(group)]
    degree = generator.random((len(images), 1)) * (generator.random((len(images), 1)) < mixing)
    jitter = np.exp(generator.normal(0, _JITTER, stain.shape) * (degree > 0))
    gains = np.clip((other / stain) ** degree * jitter, *_GAINS).astype(np.float32)
    images[..., :3] = np.clip(255.0 - darkness * gains[:, None, None, :], 0, 255)
    return images


def _move(crop: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    """Shift, mirror and turn a stored crop."""
    top, left = generator.integers(0, 2 * _SHIFT + 1, 2)
    part = crop[top : top + CROP_SIDE, left : left + CROP_SIDE]
    part = np.rot90(part, int(generator.integers(4)))
    return part[:, ::-1] if generator.random() < 0.5 else part


def _cut_out(images: NDArray[np.float32], share: float, generator: np.random.Generator) -> NDArray[np.float32]:
    """Paint the surroundings of some cells white, or of a random part of the crop."""
    for image in images:
        draw = generator.random()
        if draw < share:
            image[image[..., 3] == 0, :3] = BACKGROUND
        elif draw < 1.5 * share:  # a disc of random size remains
            radius = int(generator.integers(10, CROP_SIDE // 2))
            disc = np.zeros(image.shape[:2], np.uint8)
            cv2.circle(disc, (CROP_SIDE // 2, CROP_SIDE // 2), radius, 1, cv2.FILLED)
            image[(disc == 0) & (image[..., 3] == 0), :3] = BACKGROUND
    return images

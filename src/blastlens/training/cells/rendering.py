"""Renderings of an image: crops in a random colour, zoom and focus."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.cell_crops import CROP_SIDE, cut_crops
from blastlens.imaging.decode import decode
from blastlens.imaging.stain import prepare_colour
from blastlens.imaging.white_cells import CellBox, Proposal, ProposalSettings, draw_regions, propose
from blastlens.inference.cells import NOT_WHITE
from blastlens.training.audit.perturbations import background_colour
from blastlens.training.cells.recipe import CellRecipe
from blastlens.training.cells.sources import HOME, CellSource, working_factor
from blastlens.training.cells.targets import Targets, one_class, targets_of
from blastlens.training.data.augmentation import augment
from blastlens.training.data.transforms import compress
from blastlens.training.recipes.recipe import Augmentation

STORED_SIDE = CROP_SIDE + 4
"""Side of a stored crop: training shifts crops by up to two pixels."""

_AMOUNTS = Augmentation(brightness=0.07, exposure=0.09, contrast=0.1, hue=7.0, saturation=0.2, stain=0.08, shading=0.08)
_BAR = Augmentation(no_bar=0.6, bar=0.2, corner=0.1)
_RESIZINGS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST)
_CHANGED = 0.75  # of the renderings have another colour
_BLURRED, _MOST_BLUR = 0.5, 1.3  # px of the working scale
_COMPRESSED, _LOWEST_QUALITY = 0.5, 35
_NOISY, _MOST_NOISE = 0.3, 6.0  # levels
ALONE = 0.3  # of the renderings show the cells alone
_RIM = 3  # px, odd: surroundings begin half of it beyond a region
BOXED = 3  # red cells and platelets of each rendering with boxes
_ELSEWHERE = 2  # places off every region of each rendering of the data folder
_CLEAR = 14.0  # px from every region
_DISCS = (4, 13)  # px, radius of the region that is claimed there


@dataclass(frozen=True)
class Rendering:
    """Crops (N, S, S, 4) uint8 of one rendering, and their targets (N, 6)."""

    crops: NDArray[np.uint8]
    targets: Targets


def render(
    image: NDArray[np.uint8], source: CellSource, recipe: CellRecipe, generator: np.random.Generator
) -> Rendering:
    """Return the crops of one random rendering, at most `recipe.crops_per_image`.

    Args:
        image: (H, W, 3) uint8 RGB, as taken.
        source: what is known of it.
        recipe: amounts.
        generator: of every draw.
    """
    varied = _vary(image, source, recipe, generator)
    ready = prepare_colour(varied, "standardised")
    proposals = propose(ready, ProposalSettings())
    if proposals and generator.random() < ALONE:
        ready = prepare_colour(paint_surroundings(varied, proposals), "standardised")
        proposals = propose(ready, ProposalSettings())
    targets = targets_of(source, ready, proposals)
    chosen = _choose(targets, recipe.crops_per_image, generator)
    crops = cut_crops(ready, None, [proposals[index] for index in chosen], STORED_SIDE)
    more = (
        _places_off(ready, proposals, generator) if source.laboratory == HOME else _red_cells(ready, source, generator)
    )
    off = cut_crops(ready, None, more, STORED_SIDE)
    return Rendering(
        np.concatenate([crops, off]), np.concatenate([targets[chosen], *([one_class(NOT_WHITE)[None]] * len(more))])
    )


def paint_surroundings(image: NDArray[np.uint8], proposals: tuple[Proposal, ...]) -> NDArray[np.uint8]:
    """Paint everything but the regions in the colour of the background."""
    mask = draw_regions(proposals, *image.shape[:2]).astype(np.uint8)
    wide = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_RIM, _RIM)))
    return np.where(wide[..., None] > 0, image, background_colour(image)).astype(np.uint8)


def read_source(path: Path) -> NDArray[np.uint8]:
    """Decode an image file."""
    return decode(path.read_bytes())


def _vary(
    image: NDArray[np.uint8], source: CellSource, recipe: CellRecipe, generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Resize to about the working scale, and change colour, focus and compression."""
    zoom = working_factor(source, *image.shape[:2]) * np.exp(generator.uniform(-1, 1) * np.log1p(recipe.zoom))
    stretch = 1.0
    if generator.random() >= recipe.as_shaped:  # round cells, then stretched: the shape does not tell the laboratory
        stretch = np.sqrt(source.squeezed) * np.exp(generator.uniform(-0.5, 0.5) * np.log1p(recipe.stretch))
    how = int(generator.choice(_RESIZINGS))
    if how == cv2.INTER_NEAREST and zoom < 0.5:  # without averaging: about what the data folder went through
        image = resize(image, (2 * zoom, 2 * zoom), cv2.INTER_AREA)
        zoom = 0.5
    image = resize(image, (zoom * stretch, zoom / stretch), how)
    if source.laboratory == HOME:
        image = augment(image, _BAR, generator)
    if generator.random() < _CHANGED:
        image = augment(image, _AMOUNTS, generator)
    return _blur_and_compress(image, generator)


def _blur_and_compress(image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    if generator.random() < _BLURRED:
        image = cv2.GaussianBlur(image, (0, 0), generator.uniform(0.2, _MOST_BLUR)).astype(np.uint8, copy=False)
    if generator.random() < _NOISY:
        noise = generator.normal(0, generator.uniform(0, _MOST_NOISE), image.shape)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    return compress(image, _LOWEST_QUALITY, generator) if generator.random() < _COMPRESSED else image


def resize(image: NDArray[np.uint8], factors: tuple[float, float], how: int = cv2.INTER_AREA) -> NDArray[np.uint8]:
    """Resize an image (H, W, 3) by factors (across, down)."""
    if factors == (1.0, 1.0):
        return image
    size = (max(8, round(image.shape[1] * factors[0])), max(8, round(image.shape[0] * factors[1])))
    return cv2.resize(image, size, interpolation=how).astype(np.uint8, copy=False)


def _choose(targets: Targets, most: int, generator: np.random.Generator) -> NDArray[np.intp]:
    """Return which proposals to keep: those that are known, white cells first."""
    known = np.flatnonzero(targets.any(axis=1))
    order = known[generator.permutation(len(known))]
    is_white = targets[order, :-1].any(axis=1)
    white, rest = order[is_white], order[~is_white]
    kept = white[: most - min(len(rest), most // 4)]
    return np.concatenate([kept, rest[: most - len(kept)]])


def _places_off(
    image: NDArray[np.uint8], proposals: tuple[Proposal, ...], generator: np.random.Generator
) -> list[Proposal]:
    """Claim discs on red cells and background, far from every region."""
    height, width = image.shape[:2]
    places = []
    for _ in range(_ELSEWHERE):
        x, y = float(generator.uniform(0, width)), float(generator.uniform(0, height))
        if all(np.hypot(each.centre[0] - x, each.centre[1] - y) > _CLEAR + each.diameter / 2 for each in proposals):
            radius = int(generator.integers(*_DISCS))
            places.append(_ellipse(x, y, radius, radius))
    return places


def _red_cells(image: NDArray[np.uint8], source: CellSource, generator: np.random.Generator) -> list[Proposal]:
    """Claim some of the red cells and platelets that have boxes."""
    if source.boxes is None:
        return []
    boxes = generator.permutation(source.boxes[source.boxes[:, 0] > 0])[:BOXED]
    height, width = image.shape[:2]
    sizes = boxes[:, 3:5] * (width, height) / 2 * generator.uniform(0.7, 1.0, (len(boxes), 1))
    return [
        _ellipse(x * width, y * height, round(across), round(down))
        for (x, y), (across, down) in zip(boxes[:, 1:3], sizes, strict=True)
    ]


def _ellipse(x: float, y: float, across: int, down: int) -> Proposal:
    """Return a region of two half axes in pixels."""
    outline = np.array(cv2.ellipse2Poly((round(x), round(y)), (across, down), 0, 0, 360, 20), np.int32)
    box = CellBox(round(x) - across, round(y) - down, 2 * across, 2 * down)
    return Proposal((x, y), box, outline, 2.0 * float(np.sqrt(across * down)))

"""Stored crops of all images, with their targets."""

import hashlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.white_cells import ProposalSettings
from blastlens.training.cells.recipe import CellRecipe
from blastlens.training.cells.rendering import ALONE, BOXED, STORED_SIDE, Rendering, read_source, render
from blastlens.training.cells.sources import HOME, CellSource
from blastlens.training.cells.targets import Targets
from blastlens.training.progress import NamedTrack
from blastlens.training.threads import in_threads

_MOST_RENDERINGS = 12


@dataclass(frozen=True)
class CropSet:
    """N crops of several laboratories.

    Attributes:
        crops: (N, S, S, 4) uint8: RGB and the mask of the cell.
        targets: (N, 6) float32.
        sources: (N,) position of the image among the sources.
        laboratories: (N,) of each crop.
    """

    crops: NDArray[np.uint8]
    targets: Targets
    sources: NDArray[np.int32]
    laboratories: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.crops)

    def select(self, keep: NDArray[np.bool_]) -> "CropSet":
        """Return the crops where `keep` (N,) is True."""
        return CropSet(self.crops[keep], self.targets[keep], self.sources[keep], self.laboratories[keep])


def make_crop_set(
    sources: Sequence[CellSource], recipe: CellRecipe, seed: int, cache: Path, track: NamedTrack
) -> CropSet:
    """Render every image several times, or read the crops of an earlier call from the cache.

    Args:
        sources: the images.
        recipe: number and amounts of the renderings.
        seed: of every draw.
        cache: folder for the arrays.
        track: shows progress.
    """
    folder = cache / _identity(sources, recipe, seed)
    if not (folder / "laboratories.npy").is_file():
        _write(folder, sources, recipe, seed, track)
    arrays = [np.load(folder / f"{name}.npy") for name in ("crops", "targets", "sources", "laboratories")]
    return CropSet(*arrays)


def _write(folder: Path, sources: Sequence[CellSource], recipe: CellRecipe, seed: int, track: NamedTrack) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with closing(in_threads(partial(_render_all, sources, recipe, seed), range(len(sources)))) as results:
        rendered = [each for _, each in zip(track(sources, "crops of cells"), results, strict=True)]
    counts = [len(each.targets) for each in rendered]
    np.save(folder / "crops.npy", np.concatenate([each.crops for each in rendered]))
    np.save(folder / "targets.npy", np.concatenate([each.targets for each in rendered]))
    np.save(folder / "sources.npy", np.repeat(np.arange(len(sources), dtype=np.int32), counts))
    np.save(folder / "laboratories.npy", np.repeat([source.laboratory for source in sources], counts))


def _render_all(sources: Sequence[CellSource], recipe: CellRecipe, seed: int, index: int) -> Rendering:
    source = sources[index]
    image = read_source(source.path)
    count = _count_renderings(source.laboratory, sources, recipe)
    made = [render(image, source, recipe, np.random.default_rng([seed, index, number])) for number in range(count)]
    return Rendering(np.concatenate([each.crops for each in made]), np.concatenate([each.targets for each in made]))


def _count_renderings(laboratory: str, sources: Sequence[CellSource], recipe: CellRecipe) -> int:
    """Return how often each image of a laboratory is rendered: more often where there are few."""
    if laboratory == HOME:
        return recipe.renderings
    images = sum(source.laboratory == laboratory for source in sources)
    return int(np.clip(round(recipe.renderings_elsewhere / images), 2, _MOST_RENDERINGS))


def _identity(sources: Sequence[CellSource], recipe: CellRecipe, seed: int) -> str:
    shown = [(source.laboratory, source.truth, source.path.name) for source in sources]
    values = (recipe.renderings, recipe.renderings_elsewhere, recipe.crops_per_image)
    more = (recipe.zoom, recipe.stretch, recipe.as_shaped, STORED_SIDE, ALONE, BOXED, ProposalSettings())
    return hashlib.sha256(repr((shown, values, more, seed)).encode()).hexdigest()[:16]

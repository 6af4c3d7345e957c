"""Crops of images as they are, for evaluation."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.cell_crops import CROP_SIDE, cut_crops
from blastlens.imaging.decode import decode
from blastlens.imaging.stain import prepare_colour
from blastlens.imaging.white_cells import ProposalSettings, propose
from blastlens.training.cells.rendering import paint_surroundings, resize
from blastlens.training.cells.sources import CellSource, working_factor
from blastlens.training.progress import NamedTrack
from blastlens.training.threads import in_threads


@dataclass(frozen=True)
class PlainCrops:
    """All proposals of several images.

    Attributes:
        crops: (N, 48, 48, 4) uint8.
        images: (N,) position of each proposal's image among the sources.
        centres: (N, 2) x and y as shares of the image.
        diameters: (N,) in pixels of the working scale.
    """

    crops: NDArray[np.uint8]
    images: NDArray[np.int32]
    centres: NDArray[np.float64]
    diameters: NDArray[np.float64]


def cut_plain_crops(sources: Sequence[CellSource], track: NamedTrack, alone: bool = False) -> PlainCrops:
    """Return the crops of all proposals of images.

    Args:
        sources: the images.
        track: shows progress.
        alone: whether everything but the regions is painted in the colour of the background before.
    """
    with closing(in_threads(partial(_cut, alone), sources)) as results:
        parts = [part for _, part in zip(track(sources, "images as they are"), results, strict=True)]
    counts = [len(part.images) for part in parts]
    return PlainCrops(
        np.concatenate([part.crops for part in parts]),
        np.repeat(np.arange(len(parts), dtype=np.int32), counts),
        np.concatenate([part.centres for part in parts]),
        np.concatenate([part.diameters for part in parts]),
    )


def _cut(alone: bool, source: CellSource) -> PlainCrops:
    taken = decode(source.path.read_bytes())
    factor = working_factor(source, *taken.shape[:2])
    image = resize(taken, (factor, factor))
    ready = prepare_colour(image, "standardised")
    proposals = propose(ready, ProposalSettings())
    if alone and proposals:
        ready = prepare_colour(paint_surroundings(image, proposals), "standardised")
        proposals = propose(ready, ProposalSettings())
    size = (ready.shape[1], ready.shape[0])
    return PlainCrops(
        cut_crops(ready, None, proposals, CROP_SIDE),
        np.zeros(len(proposals), np.int32),
        np.array([each.centre for each in proposals]).reshape(-1, 2) / size,
        np.array([each.diameter for each in proposals]),
    )

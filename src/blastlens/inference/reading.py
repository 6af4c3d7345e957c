"""Reading: an answer with the image, mask and cells that it was made from."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.field import Box, Cell
from blastlens.domain.prediction import Answer


@dataclass(frozen=True)
class Reading:
    """An answer with the image and mask that it was made from.

    Attributes:
        answer: prediction or rejection.
        image: (H, W, 3) uint8 RGB, as taken; None where the file could not be decoded.
        mask: (H, W) bool, the blasts; None likewise.
        explain: computes the heat map; None without a prediction.
        cells: the white cells that were read; empty for a package that reads images as a whole.
        windows: left, top, width and height of the windows that were read, in pixels of the image; empty likewise.
    """

    answer: Answer
    image: NDArray[np.uint8] | None = None
    mask: NDArray[np.bool_] | None = None
    explain: Callable[[], NDArray[np.float32]] | None = None
    cells: tuple[Cell, ...] = ()
    windows: tuple[Box, ...] = ()

    @cached_property
    def heat(self) -> NDArray[np.float32] | None:
        """Heat map of the evidence for the predicted class, (H, W) float32, 0 to 1.

        Computed on first access.
        """
        return None if self.explain is None else self.explain()

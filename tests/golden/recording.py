"""Recorder of the values that Python computes at each step of a field's reading."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from blastlens.inference import field as field_module
from blastlens.inference.cell_reader import CellReader, WhiteCells
from blastlens.inference.field import FieldReader
from blastlens.inference.field_windows import FieldWindows

ARRAYS = (
    "thumbnail",
    "usable_area",
    "working",
    "normalised",
    "white_cells",
    "cell_probabilities",
    "window_probabilities",
    "distance",
)
"""Steps whose value is one array, in their order. `mask` has one for each window."""


@dataclass
class Steps:
    """Values of the steps that one reading reached.

    Attributes:
        arrays: step -> uint8 (H, W) or (H, W, 3), or float64 (N,) or (N, M).
        masks: (h, w) uint8 of 0 and 1, one for each window.
        pixel_size: um, source and relative_error; None where the reading ended before.
    """

    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    masks: list[NDArray[np.uint8]] = field(default_factory=list)
    pixel_size: dict[str, Any] | None = None


@contextmanager
def record_steps() -> Iterator[Steps]:
    """Record the steps of the one field that is read within the block."""
    steps = Steps()
    with ExitStack() as stack:

        def watch(owner: object, name: str, note: Callable[..., None]) -> None:
            original = getattr(owner, name)

            def watched(*arguments: Any) -> Any:
                found = original(*arguments)
                note(found, *arguments)
                return found

            stack.enter_context(patch.object(owner, name, watched))

        arrays = steps.arrays
        watch(field_module, "make_thumbnail", lambda found, *_: arrays.update(thumbnail=found))
        watch(
            field_module, "find_usable_area", lambda found, *_: arrays.update(usable_area=found.mask.astype(np.uint8))
        )
        watch(FieldReader, "_measure_scale", lambda found, *_: _note_scale(steps, found.pixel_size))
        watch(field_module, "make_working_field", lambda found, *_: arrays.update(working=found.image))
        watch(field_module, "prepare_colour", lambda found, image, _: _note_colour(steps, found, image))
        watch(CellReader, "read", lambda found, *_: _note_cells(steps, found))
        watch(field_module, "read_windows", lambda found, *_: _note_windows(steps, found))
        yield steps


def _note_scale(steps: Steps, size: Any) -> None:
    error = size.relative_error if np.isfinite(size.relative_error) else None
    steps.pixel_size = {"um": size.um, "source": str(size.source), "relative_error": error}


def _note_colour(steps: Steps, found: NDArray[np.uint8], image: NDArray[np.uint8]) -> None:
    """Note the working field in normalised colour; a thumbnail may be normalised before, for its nuclei."""
    if image is steps.arrays.get("working"):
        steps.arrays["normalised"] = found


def _note_cells(steps: Steps, found: WhiteCells) -> None:
    boxes = np.array([proposal.box for proposal in found.proposals], np.float64).reshape(-1, 4)
    steps.arrays.update(white_cells=boxes, cell_probabilities=found.probabilities)


def _note_windows(steps: Steps, found: FieldWindows) -> None:
    steps.masks = [mask.astype(np.uint8) for mask in found.masks]
    steps.arrays.update(window_probabilities=found.probabilities, distance=found.distances)

"""Reader of white cells: proposals, verified by the cell model."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import DamagedPackage
from blastlens.domain.field import UNCERTAIN, Cell, CellKind
from blastlens.imaging.cell_crops import cut_crops
from blastlens.imaging.white_cells import MOST_CELLS, Proposal, ProposalSettings, propose
from blastlens.imaging.working_field import WorkingField, resample
from blastlens.inference.aggregation import measure_blast_probability
from blastlens.inference.cells import CellModel, choose_white_cells

_KINDS = tuple(CellKind)


@dataclass(frozen=True, eq=False)
class WhiteCells:
    """White cells of a working field.

    Attributes:
        proposals: the N white cells, in pixels of 0.5 micrometres.
        probabilities: (N, 6) float64 of the cell model.
        zoom: pixels of 0.5 micrometres in a pixel of the working field.
        is_part: whether there are more proposals than are read.
    """

    proposals: tuple[Proposal, ...]
    probabilities: NDArray[np.float64]
    zoom: float
    is_part: bool

    @property
    def centres(self) -> NDArray[np.float64]:
        """Centres (N, 2), x then y in pixels of the working field."""
        return np.array([proposal.centre for proposal in self.proposals]).reshape(-1, 2) / self.zoom

    @property
    def kinds(self) -> tuple[CellKind, ...]:
        """Likeliest kind of each."""
        return tuple(_KINDS[index] for index in self.probabilities[:, : len(_KINDS)].argmax(axis=1))

    @property
    def uncertain(self) -> int:
        """Number of cells that a person has to look at."""
        low, high = UNCERTAIN
        blasts = measure_blast_probability(self.probabilities)
        return int(((low < blasts) & (blasts < high)).sum())

    def describe(self, working: WorkingField, um: float) -> tuple[Cell, ...]:
        """Return the cells with their places in pixels of the upload, which are `um` micrometres wide."""
        scale = um * working.width / working.image.shape[1] / self.zoom
        blasts = measure_blast_probability(self.probabilities)
        return tuple(
            self._describe(proposal, working, proposal.diameter * scale, float(blast), kind)
            for proposal, blast, kind in zip(self.proposals, blasts, self.kinds, strict=True)
        )

    def _describe(
        self, proposal: Proposal, working: WorkingField, nucleus_um: float, blast: float, kind: CellKind
    ) -> Cell:
        left, top, width, height = proposal.box
        corners = np.array([(left, top), (left + width, top + height), *proposal.outline], np.float64)
        places = np.rint(working.to_upload(corners, self.zoom)).astype(int).tolist()
        (left, top), (right, bottom), *outline = places
        return Cell(
            box=(left, top, max(1, right - left), max(1, bottom - top)),
            outline=tuple((x, y) for x, y in outline),
            nucleus_um=nucleus_um,
            blast_probability=blast,
            kind=kind,
        )


class CellReader:
    """Finds and classifies white cells. Thread-safe.

    Args:
        graph: LiteRT flatbuffer of the cell model.
        constants: of the same graph; its `proposals` are the settings that it was trained with.
        threads: number of threads of one call.

    Raises:
        DamagedPackage: the graph cannot be run, or the settings are invalid.
    """

    def __init__(self, graph: Path, constants: Mapping[str, Any], threads: int) -> None:
        self._model = CellModel(graph, threads)
        try:
            self._settings = ProposalSettings(**constants.get("proposals", {}))
        except (TypeError, ValueError) as error:
            raise DamagedPackage(f"the settings of proposals for {graph} are invalid: {error}") from error

    def read(self, normalised: NDArray[np.uint8], working: WorkingField) -> WhiteCells:
        """Return the white cells of a working field, given the field (h, w, 3) uint8 RGB in standardised colour."""
        image, zoom = resample(normalised, working.um)
        usable = _resize_mask(working.usable, image)
        proposals = _keep_usable(propose(image, self._settings), usable)
        crops = cut_crops(image, usable, proposals)
        probabilities = self._model.run(crops)
        white = choose_white_cells(proposals, probabilities)
        chosen = tuple(proposals[index] for index in white)
        return WhiteCells(chosen, probabilities[white], zoom, len(proposals) >= MOST_CELLS)


def _keep_usable(proposals: tuple[Proposal, ...], usable: NDArray[np.bool_] | None) -> tuple[Proposal, ...]:
    """Return the proposals whose centre lies in the usable area (h, w)."""
    if usable is None:
        return proposals
    height, width = usable.shape
    return tuple(
        proposal
        for proposal in proposals
        if usable[min(round(proposal.centre[1]), height - 1), min(round(proposal.centre[0]), width - 1)]
    )


def _resize_mask(usable: NDArray[np.bool_] | None, image: NDArray[np.uint8]) -> NDArray[np.bool_] | None:
    if usable is None or usable.shape == image.shape[:2]:
        return usable
    resized = cv2.resize(usable.view(np.uint8), image.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return resized.astype(np.uint8, copy=False).view(np.bool_)

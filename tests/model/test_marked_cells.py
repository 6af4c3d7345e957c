"""Recall of proposals on white cells that were marked manually."""

import json
from pathlib import Path

import numpy as np

from blastlens.imaging.decode import decode
from blastlens.imaging.stain import prepare_colour
from blastlens.imaging.white_cells import ProposalSettings, propose

MARKS = Path(__file__).parent / "marked_cells.json"
REACH = 8.0  # px, 4 um: a proposal this near to a mark is that cell


def count_found(marks: list[list[int]], centres: list[tuple[float, float]]) -> int:
    """Count the marks with a proposal of their own, nearest pairs first."""
    pairs = sorted(
        (float(np.hypot(x - u, y - v)), i, j) for i, (x, y) in enumerate(marks) for j, (u, v) in enumerate(centres)
    )
    found: set[int] = set()
    used: set[int] = set()
    for distance, mark, centre in pairs:
        if distance < REACH and mark not in found and centre not in used:
            found.add(mark)
            used.add(centre)
    return len(found)


def test_nearly_all_marked_cells_are_proposed(data_folder: Path) -> None:
    images = json.loads(MARKS.read_text())["images"]
    found = total = 0
    for name, marks in images.items():
        image = prepare_colour(decode((data_folder / "taleqani-all" / name).read_bytes()), "standardised")
        proposals = propose(image, ProposalSettings())
        found += count_found(marks["cells"], [proposal.centre for proposal in proposals])
        total += len(marks["cells"])
    assert total == 433
    assert found / total >= 0.96

"""Proposals of white cells on drawn nuclei."""

from collections.abc import Sequence
from time import perf_counter

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from blastlens.imaging.cell_crops import CROP_SIDE, cut_crops
from blastlens.imaging.white_cells import MOST_CELLS, Proposal, ProposalSettings, draw_regions, propose

NUCLEUS, RED_CELL = (105, 85, 200), (170, 185, 200)
Disc = tuple[int, int, int]


def drawn(discs: Sequence[Disc], height: int = 224, width: int = 224) -> NDArray[np.uint8]:
    """Return a white field with nuclei at (x, y, radius)."""
    image = np.full((height, width, 3), 255, np.uint8)
    for x, y, radius in discs:
        cv2.circle(image, (x, y), radius, NUCLEUS, cv2.FILLED)
    return image


def found(discs: Sequence[Disc], height: int = 224, width: int = 224) -> tuple[Proposal, ...]:
    """Return the proposals in such a field."""
    return propose(drawn(discs, height, width), ProposalSettings())


def test_a_nucleus_is_found_where_it_lies_and_as_large_as_it_is():
    (proposal,) = found([(60, 90, 11)])
    assert proposal.centre == pytest.approx((60, 90), abs=0.6)
    assert proposal.diameter == pytest.approx(22, abs=1.5)
    assert proposal.box == pytest.approx((50, 80, 21, 21), abs=1)
    assert np.hypot(*(proposal.outline - (60, 90)).T) == pytest.approx(11, abs=1.5)


def test_nuclei_that_touch_are_split():
    proposals = found([(60, 90, 11), (82, 90, 11), (82, 111, 10)])
    assert sorted(proposal.centre[1] for proposal in proposals) == pytest.approx([90, 90, 111], abs=2)


def test_the_lobes_of_one_nucleus_stay_together():
    assert len(found([(60, 90, 5), (67, 93, 5), (61, 98, 5)])) == 1


def test_red_cells_and_platelets_are_not_proposed():
    image = drawn([(60, 90, 3), (100, 90, 2)])
    cv2.circle(image, (150, 150), 7, RED_CELL, cv2.FILLED)
    assert propose(image, ProposalSettings()) == ()


def test_an_empty_field_has_no_proposals():
    assert found([]) == ()


def test_a_field_of_nothing_but_one_nucleus_is_answered():
    proposals = found([(112, 112, 400)])
    assert all(proposal.box.width <= 224 for proposal in proposals)


def test_of_ten_thousand_cells_the_largest_of_every_tile_remain():
    discs = [(12 + 20 * column, 12 + 20 * row, 5 + (row + column) % 3) for row in range(100) for column in range(100)]
    started = perf_counter()
    proposals = found(discs, 2024, 2024)
    assert perf_counter() - started < 5
    assert len(proposals) == MOST_CELLS
    tiles = {(int(x * 8 / 2024), int(y * 8 / 2024)) for x, y in (proposal.centre for proposal in proposals)}
    assert len(tiles) == 64
    assert min(proposal.diameter for proposal in proposals) > 13


def test_the_mask_covers_the_regions():
    image = drawn([(60, 90, 11), (150, 40, 9)])
    mask = draw_regions(propose(image, ProposalSettings()), 224, 224)
    assert (mask ^ (image[..., 0] < 255)).sum() < 60


def test_impossible_settings_are_refused():
    with pytest.raises(ValueError, match="out of range"):
        ProposalSettings(hue_low=170)


def test_a_crop_shows_the_nucleus_in_its_middle_and_its_own_region_only():
    image = drawn([(60, 90, 11), (81, 90, 11)])
    crops = cut_crops(image, None, propose(image, ProposalSettings()))
    assert crops.shape == (2, CROP_SIDE, CROP_SIDE, 4)
    assert (crops[:, 24, 24, :3] == NUCLEUS).all()
    assert (crops[:, 24, 24, 3] == 255).all()
    assert (crops[0, ..., 3] > 0).sum() < 600


def test_beyond_the_image_and_the_usable_area_a_crop_is_background():
    image = drawn([(5, 5, 10)])
    usable = np.ones((224, 224), bool)
    usable[10:] = False
    (crop,) = cut_crops(image, usable, propose(image, ProposalSettings()))
    assert (crop[0, :, :3] == 255).all()
    assert (crop[-1, :, :3] == 255).all()
    assert cut_crops(image, None, ()).shape == (0, CROP_SIDE, CROP_SIDE, 4)

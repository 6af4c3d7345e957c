"""Tests of colours, blast masks and white cells that the page finds in fields."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blastlens.imaging import cell_crops, model_input, stain, white_cells
from blastlens.imaging.illumination import normalise_illumination
from blastlens.imaging.kmeans_segmentation import LabSettings, split_levels
from blastlens.imaging.segmentation import BlastSettings, SegmentationSettings, segment
from blastlens.imaging.thumbnail import make_thumbnail
from blastlens.imaging.white_cells import Proposal, ProposalSettings, propose
from tests.web.reading.fields import LEAST_EQUAL, Image, assert_same_image, draw_fields
from tests.web.reading.node_calls import Call, call_node

FIELDS = draw_fields()
SETTINGS: tuple[BlastSettings, ...] = (SegmentationSettings(), LabSettings())


def test_colours_of_fields_are_those_of_python(tmp_path: Path) -> None:
    functions: dict[str, dict[str, Callable[[Image], Image]]] = {
        "imaging/illumination.js": {"normaliseIllumination": normalise_illumination},
        "imaging/stain.js": {
            "normaliseColour": stain.normalise_colour,
            "standardiseColour": stain.standardise_colour,
        },
        "imaging/thumbnail.js": {"makeThumbnail": make_thumbnail},
    }
    cases = [
        (module, name, function, field)
        for module, named in functions.items()
        for name, function in named.items()
        for field in FIELDS
    ]

    found = call_node(
        tmp_path, [Call(module, f"module.{name}(given)", FIELDS[field]) for module, name, _, field in cases]
    )

    for (_, _, function, field), image in zip(cases, found, strict=True):
        assert_same_image(image, function(FIELDS[field]))


def test_hues_turn_by_the_same_table(tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (300, 400, 3)).astype(np.uint8)
    turns = (-30.0, -0.35, 0.0, 12.3)

    found = call_node(
        tmp_path, [Call("imaging/stain.js", f"module.rotateHue(given, {turn})", colours) for turn in turns]
    )

    for turn, image in zip(turns, found, strict=True):
        assert_same_image(image, stain.rotate_hue(colours, turn))


def test_blast_masks_are_those_of_python(tmp_path: Path) -> None:
    cases = [(name, settings) for name in FIELDS for settings in SETTINGS]
    calls = [
        Call("imaging/segmentation.js", "module.segment(...given)", [FIELDS[name], dataclasses.asdict(settings)])
        for name, settings in cases
    ]

    masks = call_node(tmp_path, calls)

    for (name, settings), mask in zip(cases, masks, strict=True):
        assert (mask == segment(FIELDS[name], settings)).mean() >= LEAST_EQUAL, (name, settings)
    assert sum(mask.any() for mask in masks) > len(cases) / 2


def test_levels_are_split_into_the_same_clusters(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    histograms = [
        np.bincount(generator.normal(130, width, 5000).clip(0, 255).astype(int), minlength=256) for width in (3, 40)
    ]
    cases = [(counts.astype(np.float64), clusters) for counts in (*histograms, np.zeros(256)) for clusters in (2, 3, 8)]

    found = call_node(
        tmp_path, [Call("imaging/kmeans_segmentation.js", "module.splitLevels(...given)", case) for case in cases]
    )

    assert [tuple(levels) for levels in found] == [split_levels(*case) for case in cases]


def _describe(proposals: tuple[Proposal, ...]) -> list[dict[str, Any]]:
    return [
        {"centre": each.centre, "box": each.box, "outline": each.outline.ravel(), "diameter": each.diameter}
        for each in proposals
    ]


def test_white_cells_and_their_crops_are_those_of_python(tmp_path: Path) -> None:
    images = {name: stain.standardise_colour(image) for name, image in FIELDS.items()}
    usable = {name: np.arange(image.shape[1]) > 30 + np.zeros((len(image), 1)) for name, image in images.items()}
    proposed = {name: propose(image, ProposalSettings()) for name, image in images.items()}
    calls = [
        Call("imaging/white_cells.js", "module.propose(...given)", [image, dataclasses.asdict(ProposalSettings())])
        for image in images.values()
    ] + [
        Call("imaging/cell_crops.js", "module.cutCrops(...given)", [image, usable[name], _describe(proposed[name])])
        for name, image in images.items()
    ]

    found = call_node(tmp_path, calls)

    for name, cells, crops in zip(images, found[: len(images)], found[len(images) :], strict=True):
        assert len(cells) == len(proposed[name]), name
        for cell, expected in zip(cells, _describe(proposed[name]), strict=True):
            assert tuple(cell["box"]) == expected["box"]
            assert cell["outline"].tolist() == expected["outline"].tolist()
            assert (cell["diameter"], *cell["centre"]) == pytest.approx((expected["diameter"], *expected["centre"]))
        expected_crops = cell_crops.cut_crops(images[name], usable[name], proposed[name])
        assert crops.size == expected_crops.size
        assert not crops.size or (crops == expected_crops.ravel()).mean() >= LEAST_EQUAL, name
    assert len(proposed["wide"]) > len(proposed["red cells"])


def test_of_too_many_white_cells_the_largest_of_every_tile_are_kept(tmp_path: Path) -> None:
    generator = np.random.default_rng(2)
    image = np.full((440, 560, 3), 250, np.uint8)
    for row in range(3, 430, 16):
        for column in range(3, 550, 16):
            side = int(generator.integers(8, 12))
            image[row : row + side, column : column + side] = (110, 70, 190)

    (cells,) = call_node(
        tmp_path,
        [Call("imaging/white_cells.js", "module.propose(given, module.PROPOSAL_SETTINGS).map(({box}) => box)", image)],
    )

    expected = propose(image, ProposalSettings())
    assert len(expected) == white_cells.MOST_CELLS
    assert [tuple(box) for box in cells] == [cell.box for cell in expected]


def test_the_models_see_the_same_pixels(tmp_path: Path) -> None:
    image, mask = FIELDS["wide"], segment(FIELDS["wide"], SegmentationSettings())
    expression = (
        "(({ original, maskShare }) => [original, maskShare, module.segmentedInput(original, maskShare)])"
        "(module.shrink(...given))"
    )

    ((original, share, segmented),) = call_node(
        tmp_path, [Call("imaging/model_input.js", expression, [image, mask, 128])]
    )

    expected, expected_share = model_input.shrink(image, mask, 128)
    assert_same_image(original, expected)
    assert_same_image(share, expected_share)
    assert_same_image(segmented, model_input.segmented_input(expected, expected_share))

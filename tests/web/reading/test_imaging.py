"""Tests that the page finds in fields what Python finds: colour, masks, white cells, windows and quality."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blastlens.domain.errors import UploadRefused
from blastlens.domain.field import UNKNOWN_PIXEL_SIZE, PixelSize, PixelSizeSource
from blastlens.domain.prediction import Quality
from blastlens.imaging import cell_crops, model_input, nucleus_scale, pixel_size, stain, white_cells, windows
from blastlens.imaging.illumination import normalise_illumination
from blastlens.imaging.kmeans_segmentation import LabSettings, split_levels
from blastlens.imaging.quality import check_exposure, check_quality, measure_quality, measure_white_share
from blastlens.imaging.segmentation import BlastSettings, SegmentationSettings, segment
from blastlens.imaging.sharpness import count_home_fields, measure_sharpness
from blastlens.imaging.thumbnail import make_thumbnail
from blastlens.imaging.white_cells import Proposal, ProposalSettings, propose
from tests.web.reading.fields import LEAST_EQUAL, assert_same_image, draw_fields
from tests.web.reading.node_calls import Call, call_node

LARGEST_STEP = 2  # grey levels, where hues were turned twice
RELATIVE = 1e-5

FIELDS = draw_fields()
SETTINGS: tuple[BlastSettings, ...] = (SegmentationSettings(), LabSettings())


def test_colours_of_fields_are_those_of_python(tmp_path: Path) -> None:
    functions = {
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
        assert_same_image(image, function(FIELDS[field]), LARGEST_STEP)


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


def test_quality_is_measured_as_in_python(tmp_path: Path) -> None:
    cases: list[tuple[str, float | None, bool]] = [
        (name, um, part) for name in FIELDS for um, part in ((None, False), (0.25, True), (1.9, False))
    ]
    masks = {name: segment(image, SegmentationSettings()) for name, image in FIELDS.items()}
    usable = np.zeros((60, 80), np.bool_)
    usable[10:, 15:] = True
    calls = [
        Call(
            "imaging/quality.js",
            "module.measureQuality(...given)",
            [FIELDS[name], masks[name], usable if part else None, um],
        )
        for name, um, part in cases
    ]

    found = call_node(tmp_path, calls)

    for (name, um, part), quality in zip(cases, found, strict=True):
        expected = measure_quality(FIELDS[name], masks[name], usable if part else None, um)
        assert quality == pytest.approx(dataclasses.asdict(expected), rel=1e-3, abs=RELATIVE), (name, um, part)


def test_sharpness_white_and_scale_of_nuclei_are_those_of_python(tmp_path: Path) -> None:
    masks = {name: segment(image, SegmentationSettings()) for name, image in FIELDS.items()}
    calls = [
        call
        for name, image in FIELDS.items()
        for call in (
            Call("imaging/sharpness.js", "module.measureSharpness(given, null, 0.8)", image),
            Call("imaging/quality.js", "module.measureWhiteShare(given)", image),
            Call("imaging/nucleus_scale.js", "module.estimateByNuclei(given, 900, 1200)", masks[name]),
        )
    ]

    found = iter(call_node(tmp_path, calls))

    for name, image in FIELDS.items():
        sharpness, white, size = next(found), next(found), next(found)
        assert tuple(sharpness.values()) == pytest.approx(measure_sharpness(image, None, 0.8), rel=1e-3)
        assert white == pytest.approx(measure_white_share(image))
        assert _to_size(size) == _approximate(nucleus_scale.estimate_by_nuclei(masks[name], 900, 1200))


def _to_size(found: dict[str, Any]) -> tuple[Any, ...]:
    return found["um"], found["source"], found["relativeError"]


def _approximate(size: PixelSize) -> tuple[Any, ...]:
    return None if size.um is None else pytest.approx(size.um, rel=RELATIVE), str(size.source), size.relative_error


def test_unreadable_images_are_refused_for_the_same_reason_in_the_same_words(tmp_path: Path) -> None:
    good = Quality(20.0, 0.8, 0.1, 0.1, 0.6, 0.0)
    changes: list[dict[str, float]] = [
        {},
        *({name: value} for name in dataclasses.asdict(good) for value in (0.0, 0.0032, 0.999)),
        {"brightness": 0.98, "stained_fraction": 0.0},
        {"brightness": 0.98, "contrast": 0.0},
    ]
    cases = [
        (function, dataclasses.replace(good, **change))
        for function in (check_exposure, check_quality)
        for change in changes
    ]
    refusal = (
        "(() => { try { module.%s(given) } catch ({ reason, message }) { return [reason, message] } return null })()"
    )
    names = {check_exposure: "checkExposure", check_quality: "checkQuality"}

    found = call_node(
        tmp_path,
        [
            Call("imaging/quality.js", refusal % names[function], dataclasses.asdict(quality))
            for function, quality in cases
        ],
    )

    for (function, quality), answer in zip(cases, found, strict=True):
        try:
            function(quality)
            assert answer is None, quality
        except UploadRefused as refused:
            assert answer == [str(refused.reason), refused.message]


def test_windows_are_those_of_python(tmp_path: Path) -> None:
    sizes = [(224, 224), (768, 1024), (3000, 4000), (90, 900), (1, 5000), (431, 767), (2249, 2251)]
    cases = [(height, width, um) for height, width in sizes for um in (0.1, 0.25, 0.4999, 0.5, 1.3)]
    planned = [windows.plan_windows(*case) for case in cases]
    centres = np.random.default_rng(3).uniform(0, 1, (300, 2))
    expression = (
        "((planned, centres) => ({ planned, filled: module.countFilled(planned, centres),"
        " chosen: module.chooseWindows(planned, centres, 20), smaller: planned.map((window) => window.scale(0.37)) }))"
        "(module.planWindows(given[0], given[1], given[2]), given[3])"
    )
    points = [centres * (width, height) for height, width, _ in cases]

    found = call_node(
        tmp_path,
        [
            Call("imaging/windows.js", expression, [*case, places.tolist()])
            for case, places in zip(cases, points, strict=True)
        ],
    )

    for answer, expected, places in zip(found, planned, points, strict=True):
        assert answer["planned"] == [dataclasses.asdict(window) for window in expected]
        assert answer["filled"] == windows.count_filled(expected, places)
        assert answer["chosen"] == [
            dataclasses.asdict(window) for window in windows.choose_windows(expected, places, 20)
        ]
        assert answer["smaller"] == [dataclasses.asdict(window.scale(0.37)) for window in expected]


def test_declared_and_estimated_pixel_sizes_are_reconciled_as_in_python(tmp_path: Path) -> None:
    declared = [None, UNKNOWN_PIXEL_SIZE, PixelSize(0.5, PixelSizeSource.METADATA, 0.05)]
    estimated = [UNKNOWN_PIXEL_SIZE, *(PixelSize(um, PixelSizeSource.LEARNED, 0.2) for um in (0.38, 0.39, 0.65, 0.66))]
    cases = [(one, other) for one in declared for other in estimated]

    found = call_node(
        tmp_path, [Call("imaging/pixel_size.js", "module.reconcile(...given)", [*map(_plain, case)]) for case in cases]
    )

    for case, answer in zip(cases, found, strict=True):
        size, caution = pixel_size.reconcile(*case)
        assert _to_size(answer["size"]) == _approximate(size)
        assert answer["caution"] == (None if caution is None else str(caution))


def _plain(size: PixelSize | None) -> dict[str, Any] | None:
    if size is None:
        return None
    return {"um": size.um, "source": str(size.source), "relativeError": size.relative_error}


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


def test_quantiles_fields_and_rounding_are_those_of_numpy(tmp_path: Path) -> None:
    generator = np.random.default_rng(4)
    arrays = [
        generator.uniform(0, 9, size).astype(kind) for size in (1, 2, 7, 500) for kind in (np.float32, np.float64)
    ]
    halves = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999999999999994])

    *found, rounded, fields = call_node(
        tmp_path,
        [
            *(
                Call("imaging/numbers.js", "[0, 0.3, 0.85, 1].map((share) => module.quantile(given, share))", array)
                for array in arrays
            ),
            Call("imaging/numbers.js", "Array.from(given, module.roundHalfEven)", halves),
            Call("imaging/sharpness.js", "module.countHomeFields(600, 800, 0.31)"),
        ],
    )

    for array, values in zip(arrays, found, strict=True):
        assert values == [float(np.quantile(array, share)) for share in (0, 0.3, 0.85, 1)]
    assert rounded == [round(value) for value in halves]
    assert fields == pytest.approx(count_home_fields(600, 800, 0.31))

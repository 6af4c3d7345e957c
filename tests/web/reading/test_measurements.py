"""Tests of quality, windows and pixel sizes that the page measures in fields."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from blastlens.domain.errors import UploadRefused
from blastlens.domain.field import UNKNOWN_PIXEL_SIZE, PixelSize, PixelSizeSource
from blastlens.domain.prediction import Quality
from blastlens.imaging import nucleus_scale, pixel_size, windows
from blastlens.imaging.quality import check_exposure, check_quality, measure_quality, measure_white_share
from blastlens.imaging.segmentation import SegmentationSettings, segment
from blastlens.imaging.sharpness import count_home_fields, measure_sharpness
from tests.web.reading.fields import draw_fields
from tests.web.reading.node_calls import Call, call_node

RELATIVE = 1e-5

FIELDS = draw_fields()


def test_quality_is_measured_as_in_python(tmp_path: Path) -> None:
    cases: list[tuple[str, float | None, bool]] = [
        (name, um, part) for name in FIELDS for um, part in ((None, False), (0.25, True), (0.4, False), (1.9, False))
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


def test_quantiles_fields_and_rounding_are_those_of_numpy(tmp_path: Path) -> None:
    generator = np.random.default_rng(4)
    arrays: list[NDArray[np.float32] | NDArray[np.float64]] = [generator.uniform(0, 9, size) for size in (1, 2, 7, 500)]
    arrays += [generator.uniform(0, 9, size).astype(np.float32) for size in (1, 2, 7, 500)]
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


def test_logarithm_and_exponential_in_single_precision_are_those_of_numpy(tmp_path: Path) -> None:
    levels = np.arange(1, 256, dtype=np.float32)
    powers = np.random.default_rng(5).uniform(-1, 6, 5000).astype(np.float32)

    logarithms, exponentials = call_node(
        tmp_path,
        [
            Call("imaging/single_precision.js", "given.map(module.logSingle)", levels),
            Call("imaging/single_precision.js", "given.map(module.expSingle)", powers),
        ],
    )

    # To the last bit on x86-64; other machines have other libraries.
    np.testing.assert_allclose(logarithms, np.log(levels), rtol=5e-7)
    np.testing.assert_allclose(exponentials, np.exp(powers), rtol=5e-7)

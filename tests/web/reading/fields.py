"""Drawn fields on which the reading engine in the page is compared with Python."""

import functools

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import Label
from blastlens.imaging.synthetic import draw_smear, draw_wide_field

Image = NDArray[np.uint8]

LEAST_EQUAL = 0.9999
"""Share of the values of an image: sums and logarithms in single precision differ in the last digit."""


@functools.cache
def draw_fields() -> dict[str, Image]:
    """Return fields of every staining, of odd sizes, and with faults of light and colour, by their names."""
    purple = draw_smear(3, Label.PRE_B, (301, 409), um=0.5).image
    return {
        "benign": draw_smear(1, Label.BENIGN).image,
        "early": draw_smear(2, Label.EARLY_PRE_B, (160, 190)).image,
        "crowded": purple,
        "pale": draw_smear(4, Label.PRO_B, (260, 250)).image,
        "red cells": draw_smear(5, Label.PRE_B, blasts=0).image,
        "wide": draw_wide_field(6, Label.PRE_B, (2, 2)).image,
        "yellow light": _scale(purple, (1.0, 0.97, 0.8)),
        "dark": _scale(purple, (0.4, 0.4, 0.4)),
        "pink": np.ascontiguousarray(purple[..., [0, 2, 1]]),
        "white": np.full((96, 120, 3), 255, np.uint8),
        "even": np.full((91, 59, 3), 13, np.uint8),
    }


def _scale(image: Image, factors: tuple[float, float, float]) -> Image:
    return np.asarray(image * np.array(factors), dtype=np.uint8)


def assert_same_image(found: Image, expected: Image) -> None:
    """Check that two images are equal but for one in 10,000 values, which may differ by a grey level."""
    assert found.shape == expected.shape
    steps = np.abs(found.astype(int) - expected)
    assert steps.max() <= 1
    assert (steps == 0).mean() >= LEAST_EQUAL

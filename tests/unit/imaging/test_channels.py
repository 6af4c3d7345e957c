"""Least and greatest channel of each pixel."""

import numpy as np
import pytest

from blastlens.imaging.channels import greatest_channel, least_channel

IMAGE = np.random.default_rng(0).integers(0, 256, (37, 53, 3), np.uint8)


@pytest.mark.parametrize("image", [IMAGE, IMAGE[::8, 3::5], IMAGE[:1, :1]], ids=["whole", "every eighth", "one pixel"])
def test_each_pixel_has_its_own_least_and_greatest_channel(image):
    np.testing.assert_array_equal(least_channel(image), image.min(axis=2))
    np.testing.assert_array_equal(greatest_channel(image), image.max(axis=2))

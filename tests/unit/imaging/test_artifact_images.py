"""Pictures are stored as they are up to 12 megapixels, and scaled down above."""

import cv2
import numpy as np
import pytest

from blastlens.imaging.artifact_images import MAX_PIXELS, encode_picture, fit_pixels


def decoded(data: bytes) -> np.ndarray:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def test_a_picture_of_usual_size_is_stored_without_loss():
    picture = np.random.default_rng(1).integers(0, 256, (300, 400, 3), np.uint8)
    assert np.array_equal(decoded(encode_picture(picture)), picture)


@pytest.mark.parametrize("shape", [(3000, 4000), (1, 12_000_000)])
def test_a_picture_at_the_limit_is_not_scaled(shape: tuple[int, int]):
    assert fit_pixels(np.zeros((*shape, 3), np.uint8)).shape[:2] == shape


@pytest.mark.parametrize("shape", [(3000, 4001), (7071, 7071), (1000, 50_000), (1, 60_000), (60_000, 1), (3, 7)])
@pytest.mark.parametrize("limit", [MAX_PIXELS, 10_000, 6])
def test_a_larger_picture_is_scaled_down_to_the_limit_in_its_proportions(shape: tuple[int, int], limit: int):
    height, width = fit_pixels(np.zeros((*shape, 3), np.uint8), limit).shape[:2]
    assert 1 <= height * width <= limit
    if min(height, width) > 20:
        assert width / height == pytest.approx(shape[1] / shape[0], rel=0.05)


def test_a_thin_line_becomes_fainter_and_does_not_vanish():
    picture = np.full((200, 200, 3), 255, np.uint8)
    picture[:, 100] = 0
    scaled = fit_pixels(picture, 10_000)
    assert scaled.shape == (100, 100, 3) and scaled.min() < 200


def test_a_large_picture_is_stored_with_12_megapixels():
    data = encode_picture(np.zeros((4000, 4000, 3), np.uint8))
    assert decoded(data).shape == (3464, 3464, 3)

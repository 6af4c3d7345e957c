import cv2
import numpy as np
import pytest

from blastlens.domain.field import UNKNOWN_PIXEL_SIZE, PixelSizeSource
from blastlens.imaging.nucleus_scale import estimate_by_nuclei


def test_the_pixel_size_follows_from_the_width_of_stained_cells():
    mask = np.zeros((224, 224), np.uint8)
    for place in ((50, 60), (150, 90), (120, 180)):
        cv2.circle(mask, place, 10, 1, cv2.FILLED)
    found = estimate_by_nuclei(mask.view(np.bool_), 224, 224)
    assert found.um == pytest.approx(0.5, rel=0.2)
    assert (found.source, found.relative_error) == (PixelSizeSource.NUCLEI, 0.5)
    larger = estimate_by_nuclei(mask.view(np.bool_), 448, 448)
    assert found.um is not None and larger.um == pytest.approx(found.um / 2)


def test_without_stained_cells_it_is_unknown():
    assert estimate_by_nuclei(np.zeros((50, 50), np.bool_), 50, 50) == UNKNOWN_PIXEL_SIZE

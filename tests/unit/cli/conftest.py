"""Small model and six smears, for fast commands on many images."""

import pytest

from blastlens.domain.labels import LABELS
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from tests.tiny_screening import write_tiny_screening


@pytest.fixture
def package(tmp_path):
    write_tiny_screening(tmp_path / "package")
    return tmp_path / "package"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "smears"
    folder.mkdir()
    picture = encode_png(draw_smear(1, LABELS[2]).image)
    for number in range(6):
        (folder / f"{number}.png").write_bytes(picture)
    return folder

"""Screening of a microscope's images by the package that ships with blastlens."""

from dataclasses import replace
from pathlib import Path

import pytest

from blastlens.cli.device_screening import make_screener
from blastlens.devices.configuration import DeviceConfiguration
from blastlens.domain.declared_pixel_size import declare_pixel_size
from blastlens.domain.errors import DamagedPackage
from blastlens.domain.field import PixelSizeSource
from blastlens.domain.labels import Label
from blastlens.domain.prediction import Prediction
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import SCREENING, load_package

_TEXTS = ("microscope-1", "clinic-7", "eu-central-1", "smears", "https://credentials.example", "role")
CONFIGURATION = DeviceConfiguration(*_TEXTS, Path("a.pem"), Path("a.key"), Path("spool"), screening_package="screening")


@pytest.mark.parametrize("um", [None, 0.5])
def test_the_verdict_is_the_answer_of_the_package_to_the_same_file(um: float | None):
    data = encode_png(draw_smear(7, Label.PRE_B, size=(224, 224), blasts=22).image)
    screener = make_screener(replace(CONFIGURATION, pixel_size_um=um))
    declared = None if um is None else declare_pixel_size(um, PixelSizeSource.DEVICE)
    answer = Classifier(load_package(SCREENING), 1).read_bytes(data, declared).answer
    assert isinstance(answer, Prediction)
    verdict = screener.screen(data)
    assert verdict is not None and verdict.digest == answer.model.digest
    assert (verdict.probabilities, verdict.prediction_set) == (answer.probabilities, answer.prediction_set)


def test_a_file_that_is_no_smear_has_no_verdict():
    assert make_screener(CONFIGURATION).screen(b"no image") is None


def test_a_folder_that_is_no_package_is_refused(tmp_path):
    with pytest.raises(DamagedPackage, match="is not a model package"):
        make_screener(replace(CONFIGURATION, screening_package=str(tmp_path)))

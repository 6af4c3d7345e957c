"""Contract tests of readers: the shipped classifier and the tests' fake."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from blastlens.domain.prediction import ModelIdentity, Prediction, Rejection
from blastlens.functions.classification import Reader
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import SHIPPED, load_package
from tests.answers import FakeReader


@dataclass(frozen=True)
class Case:
    """A reader, and the bytes of an image that it classifies."""

    reader: Reader
    smear: bytes


def shipped() -> Case:
    if not (SHIPPED / "manifest.json").is_file():
        pytest.skip(f"no model package in {SHIPPED.name}")
    return Case(Classifier(load_package(SHIPPED), threads=1), encode_png(draw_smear(seed=1).image))


def fake() -> Case:
    return Case(FakeReader(), b"smear")


@pytest.fixture(scope="module", params=[shipped, fake], ids=["classifier", "fake"])
def case(request: pytest.FixtureRequest) -> Case:
    make: Callable[[], Case] = request.param
    return make()


def test_a_reader_knows_its_model_by_name_version_and_sha256(case: Case):
    identity = case.reader.identity
    assert isinstance(identity, ModelIdentity)
    assert identity.name and identity.version
    assert len(identity.digest) == 64


def test_a_smear_is_predicted_by_that_model_with_image_and_mask_of_one_size(case: Case):
    reading = case.reader.read_bytes(case.smear)
    assert isinstance(reading.answer, Prediction)
    assert reading.answer.model == case.reader.identity
    assert reading.image is not None and reading.mask is not None
    assert reading.image.shape == (*reading.mask.shape, 3)
    assert (str(reading.image.dtype), str(reading.mask.dtype)) == ("uint8", "bool")
    assert reading.heat is not None and reading.heat.shape == reading.mask.shape
    assert reading.heat.min() >= 0 and reading.heat.max() <= 1


@pytest.mark.parametrize("data", [b"", b"no image", b"\x89PNG\r\n\x1a\n"], ids=["nothing", "text", "half an image"])
def test_what_is_no_image_is_rejected_and_not_raised(case: Case, data: bytes):
    reading = case.reader.read_bytes(data)
    assert isinstance(reading.answer, Rejection)
    assert reading.answer.message
    assert reading.answer.model == case.reader.identity
    assert reading.mask is None


def test_the_same_bytes_have_the_same_answer(case: Case):
    assert case.reader.read_bytes(case.smear).answer == case.reader.read_bytes(case.smear).answer

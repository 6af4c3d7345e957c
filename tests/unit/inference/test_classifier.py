import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from blastlens.domain.errors import Reason
from blastlens.domain.labels import LABELS
from blastlens.domain.prediction import Prediction, Rejection
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import SHIPPED, load_package


@pytest.fixture(scope="module")
def classifier():
    return Classifier(load_package(SHIPPED), threads=1)


def test_a_drawn_smear_gets_all_four_probabilities(classifier):
    answer = classifier.classify(draw_smear(1, LABELS[2]).image)
    assert isinstance(answer, Prediction)
    assert set(answer.probabilities) == set(LABELS)
    assert sum(answer.probabilities.values()) == pytest.approx(1.0)
    assert answer.label == answer.prediction_set[0]
    assert answer.model == load_package(SHIPPED).identity


def test_a_frame_without_cells_is_rejected_with_what_was_measured(classifier):
    answer = classifier.classify(np.full((224, 224, 3), 240, np.uint8))
    assert isinstance(answer, Rejection)
    assert answer.quality is not None


def test_a_file_that_cannot_be_decoded_is_an_answer_too(classifier):
    reading = classifier.read_bytes(b"not an image")
    assert isinstance(reading.answer, Rejection)
    assert reading.answer.reason == Reason.UNKNOWN_FORMAT
    assert reading.mask is None


def test_a_reading_carries_the_mask_it_was_made_from(classifier):
    smear = draw_smear(2, LABELS[1], (200, 260))
    reading = classifier.read_bytes(encode_png(smear.image))
    assert reading.mask is not None
    assert reading.mask.shape == (200, 260)


def test_the_same_image_gets_the_same_answer_from_many_threads(classifier):
    image = draw_smear(3, LABELS[3]).image
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: classifier.classify(image), range(8)))
    assert len({tuple(answer.probabilities.values()) for answer in answers}) == 1


def test_classifying_imports_no_tensorflow():
    code = (
        "import sys; from blastlens.inference.classifier import Classifier; import blastlens.cli.classify;"
        "sys.exit(any(name.split('.')[0] in ('tensorflow', 'keras', 'pandas') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

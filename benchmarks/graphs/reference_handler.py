"""Classify function with tensorflow-cpu: reference of the cold-start benchmark.

Decoding, segmentation, calibration, record and pictures are unchanged. benchmarks/cold_start.py runs this module under
Lambda's runtime client. SAVED_MODEL is the folder of the graph.
"""

import os
from datetime import UTC, datetime
from typing import Any

import tensorflow as tf

from blastlens.cloud.clients import dynamodb_client, s3_client, sqs_client
from blastlens.cloud.images import ImageStore
from blastlens.cloud.tables.contents import ContentsTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.cloud.upload_queue import UploadQueue
from blastlens.functions.classification import ClassificationDependencies
from blastlens.functions.classify import make_handler
from blastlens.functions.settings import ClassifySettings
from blastlens.inference.classifier import Classifier
from blastlens.inference.engine import Outputs
from blastlens.inference.package import SHIPPED, load_package


class _TensorflowEngine:
    """Replaces `inference.engine.Engine`."""

    def __init__(self, branches: int, threads: int) -> None:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        self._model = tf.saved_model.load(os.environ["SAVED_MODEL"])
        self._serve = self._model.signatures["serve"]
        self._maps = [f"map_{position}" for position in range(branches)]

    def run(self, original: Any, segmented: Any) -> Outputs:
        """As `Engine.run`."""
        images = {"original": original, "segmented": segmented}
        names = self._serve.structured_input_signature[1]
        tensors = self._serve(**{name: tf.constant(images[name][None], tf.float32) for name in names})
        outputs = {name: tensor.numpy()[0] for name, tensor in tensors.items()}
        maps = tuple(outputs[name] for name in self._maps)
        return Outputs(outputs["probabilities"].astype("float64"), outputs["features"], maps)


def _reader(settings: ClassifySettings) -> Classifier:
    package = load_package(SHIPPED)
    classifier = Classifier(package, settings.threads)
    classifier._windows._engine = _TensorflowEngine(len(package.manifest.branches), settings.threads)  # type: ignore[assignment]
    return classifier


_settings = ClassifySettings.from_environment()

handler = make_handler(
    ClassificationDependencies(
        images=ImageStore(s3_client()),
        results=ResultsTable(dynamodb_client(), _settings.results_table),
        contents=ContentsTable(dynamodb_client(), _settings.contents_table),
        reader=_reader(_settings),
        clock=lambda: datetime.now(UTC),
    ),
    UploadQueue(sqs_client(), _settings.queue_url, _settings.dead_letter_url),
    _settings.max_receives,
)

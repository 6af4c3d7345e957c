"""Lambda's way into the classify function: the parts are made once, when the container starts."""

from datetime import UTC, datetime

from blastlens.cloud.clients import dynamodb_client, s3_client, sqs_client
from blastlens.cloud.images import ImageStore
from blastlens.cloud.results import ResultsTable
from blastlens.cloud.upload_queue import UploadQueue
from blastlens.functions.answering import AnsweringParts
from blastlens.functions.classify import make_handler
from blastlens.functions.settings import ClassifySettings
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import SHIPPED, load_package

_settings = ClassifySettings.from_environment()

handler = make_handler(
    AnsweringParts(
        images=ImageStore(s3_client()),
        results=ResultsTable(dynamodb_client(), _settings.results_table),
        reader=Classifier(load_package(_settings.model_package or SHIPPED), _settings.threads),
        clock=lambda: datetime.now(UTC),
    ),
    UploadQueue(sqs_client(), _settings.queue_url, _settings.dead_letter_url),
    _settings.most_receives,
)

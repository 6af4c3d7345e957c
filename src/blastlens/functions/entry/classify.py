"""Lambda entry point of the classify function, with SnapStart."""

from datetime import UTC, datetime

from blastlens.cloud.clients import dynamodb_client, new_session, s3_client, sqs_client
from blastlens.cloud.images import ImageStore
from blastlens.cloud.tables.contents import ContentsTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.cloud.upload_queue import UploadQueue
from blastlens.functions.classification import ClassificationDependencies
from blastlens.functions.classify import make_handler
from blastlens.functions.settings import ClassifySettings
from blastlens.functions.snapshots import make_snapshot_handler
from blastlens.functions.telemetry import Handler
from blastlens.imaging.opencv_threads import limit_opencv_threads
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import SHIPPED, check_reads_fields, load_package, shipped_digests

_settings = ClassifySettings.from_environment()
limit_opencv_threads(_settings.threads)
_reader = Classifier(check_reads_fields(load_package(_settings.model_package or SHIPPED)), _settings.threads)
_packages = shipped_digests()


def _make() -> Handler:
    session = new_session()
    dynamodb = dynamodb_client(session)
    return make_handler(
        ClassificationDependencies(
            images=ImageStore(s3_client(session)),
            results=ResultsTable(dynamodb, _settings.results_table),
            contents=ContentsTable(dynamodb, _settings.contents_table),
            reader=_reader,
            clock=lambda: datetime.now(UTC),
            retention=_settings.retention,
        ),
        UploadQueue(sqs_client(session), _settings.queue_url, _settings.dead_letter_url),
        _settings.max_receives,
        packages=_packages,
    )


handler = make_snapshot_handler(_make, _reader)

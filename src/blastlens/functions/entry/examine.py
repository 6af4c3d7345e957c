"""Lambda entry point of the examine function."""

from datetime import UTC, datetime

from blastlens.cloud.clients import dynamodb_client, sqs_client
from blastlens.functions.examine import ExamineDependencies, make_handler
from blastlens.functions.settings import ExamineSettings

handler = make_handler(
    ExamineDependencies.of_clients(
        ExamineSettings.from_environment(), dynamodb_client(), sqs_client(), lambda: datetime.now(UTC)
    )
)

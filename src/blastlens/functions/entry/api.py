"""Lambda's way into the api function: the parts are made once, when the environment starts."""

from datetime import UTC, datetime

from blastlens.cloud.clients import dynamodb_client, s3_signing_client
from blastlens.cloud.images import ImageStore
from blastlens.cloud.tables.results import ResultsTable
from blastlens.functions.api import ApiParts, make_handler
from blastlens.functions.settings import ApiSettings

_settings = ApiSettings.from_environment()

handler = make_handler(
    ApiParts(
        images=ImageStore(s3_signing_client()),
        results=ResultsTable(dynamodb_client(), _settings.results_table),
        bucket=_settings.upload_bucket,
        clock=lambda: datetime.now(UTC),
    )
)

"""Lambda's way into the notify function: the parts are made once, when the environment starts."""

from datetime import UTC, datetime

from blastlens.cloud.clients import dynamodb_client, sns_client
from blastlens.cloud.notices import NoticeTopics
from blastlens.cloud.results import ResultsTable
from blastlens.functions.notify import NotifyParts, make_handler
from blastlens.functions.settings import NotifySettings

_settings = NotifySettings.from_environment()

handler = make_handler(
    NotifyParts(
        results=ResultsTable(dynamodb_client(), _settings.results_table),
        topics=NoticeTopics(sns_client(), _settings.clinic_topic_arn, _settings.patient_topic_arn),
        page_url=_settings.result_page_url,
        clock=lambda: datetime.now(UTC),
    )
)

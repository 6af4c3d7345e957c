"""Puts the notify function's parts together, for Lambda and for the embedded cloud alike."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from blastlens.cloud.notifications.endpoints import Endpoints
from blastlens.cloud.notifications.notices import ClinicTopics
from blastlens.cloud.tables.clinics import ClinicsTable
from blastlens.cloud.tables.phones import PhonesTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.functions.notify import NotifyParts
from blastlens.functions.patient_notifications import TellingPatients
from blastlens.functions.settings import NotifySettings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient


def make_parts(
    settings: NotifySettings, dynamodb: "DynamoDBClient", sns: "SNSClient", clock: Callable[[], datetime]
) -> NotifyParts:
    """Return the parts, made of two clients."""
    results = ResultsTable(dynamodb, settings.results_table)
    topics = ClinicTopics(sns, settings.clinic_topic_arn)
    phones = PhonesTable(dynamodb, settings.clinics_table)
    return NotifyParts(
        results=results,
        clinics=ClinicsTable(dynamodb, settings.clinics_table),
        topics=topics,
        patients=TellingPatients(results, phones, Endpoints(sns), topics, settings.patients),
        page_url=settings.result_page_url,
        language=settings.language,
        clock=clock,
    )

"""Lambda entry point of the patient function."""

from datetime import UTC, datetime

from blastlens.cloud.clients import dynamodb_client, kms_client, logs_client
from blastlens.functions.patient_page.dependencies import PatientPageDependencies
from blastlens.functions.patient_page.handler import make_handler
from blastlens.functions.patient_page.settings import PatientPageSettings

handler = make_handler(
    PatientPageDependencies.of_clients(
        PatientPageSettings.from_environment(),
        dynamodb_client(),
        logs_client(),
        kms_client(),
        lambda: datetime.now(UTC),
    )
)

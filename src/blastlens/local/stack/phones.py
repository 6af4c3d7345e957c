"""Platform applications of the embedded cloud, and generated phones for patients."""

import secrets
from typing import Any

from blastlens.cloud.notifications.endpoints import Endpoints
from blastlens.cloud.operations.deployment import Deployment
from blastlens.cloud.operations.registration import Registration
from blastlens.cloud.tables.phones import PhonesTable
from blastlens.domain.clinic import Phone, Platform
from blastlens.local.clients import LocalClients

_TOKEN_BYTES = 32


def make_applications(sns: Any, deployment: Deployment) -> None:
    """Create a platform application for each platform.

    Nothing is sent to Google or Apple.
    """
    for platform in (Platform.GCM, Platform.APNS):
        sns.create_platform_application(
            Name=deployment.phones_name, Platform=str(platform).upper(), Attributes={"PlatformCredential": "none"}
        )


def give_phone(
    clients: LocalClients, deployment: Deployment, clinic_id: str, patient_id: str, platform: Platform = Platform.GCM
) -> Phone:
    """Register a generated phone, as `blastlens patient device add` does."""
    phones = PhonesTable(clients.client("dynamodb"), deployment.clinics_table)
    registration = Registration(phones, Endpoints(clients.client("sns")), deployment.application)
    return registration.add(Phone("", clinic_id, patient_id, platform, ""), secrets.token_hex(_TOKEN_BYTES))

"""Clinics of the embedded cloud, added as `blastlens clinic add` does."""

from blastlens.cloud.notifications.endpoints import Endpoints
from blastlens.cloud.notifications.subscriptions import Subscriptions
from blastlens.cloud.operations.deployment import Deployment
from blastlens.cloud.operations.onboarding import Onboarding
from blastlens.cloud.tables.clinics import ClinicsTable
from blastlens.cloud.tables.phones import PhonesTable
from blastlens.domain.clinic import Clinic
from blastlens.domain.text_catalogue import Language
from blastlens.local.clients import LocalClients


def add_clinic(clients: LocalClients, deployment: Deployment, clinic_id: str) -> Clinic:
    """Add a clinic of a given id; one that is there stays as it is."""
    dynamodb, sns, table = clients.client("dynamodb"), clients.client("sns"), deployment.clinics_table
    onboarding = Onboarding(
        ClinicsTable(dynamodb, table),
        PhonesTable(dynamodb, table),
        Subscriptions(sns),
        Endpoints(sns),
        deployment,
        new_id=lambda: clinic_id,
    )
    return onboarding.add(clinic_id, f"{clinic_id}@example.org", Language.ENGLISH)

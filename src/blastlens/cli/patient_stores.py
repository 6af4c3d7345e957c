"""Access of patient commands to the bucket and tables; checks of ids."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from blastlens.domain.errors import InvalidSettings, ServiceFault
from blastlens.domain.patient import PatientId
from blastlens.domain.upload import is_valid_id

if TYPE_CHECKING:
    from blastlens.cloud.operations.data_stores import DataStores
    from blastlens.cloud.operations.erasure import Erasure


def valid_id(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Return the value of an argument that is a clinic's, patient's or phone's id.

    Raises:
        click.BadParameter: it is no id.
    """
    if value is not None and not is_valid_id(value):
        raise click.BadParameter("an id has 1 to 64 letters, digits, '-' or '_'; it is never a name.")
    return value


def load_stores(stack: str) -> "DataStores":
    """Return bucket, tables and retention of a stack.

    Raises:
        InvalidSettings: there is no such stack, or it was deployed from an older template.
    """
    from blastlens.cloud.clients import cloudformation_client
    from blastlens.cloud.operations.data_stores import DataStores

    return DataStores.of_stack(cloudformation_client(), stack)


def load_erasure(stores: "DataStores") -> "Erasure":
    """Return what finds and erases a patient's data in a deployment."""
    from blastlens.cloud.clients import dynamodb_client, s3_client, sns_client
    from blastlens.cloud.notifications.endpoints import Endpoints
    from blastlens.cloud.object_versions import ObjectVersions
    from blastlens.cloud.operations.erasure import Erasure
    from blastlens.cloud.tables.patient_access import PatientAccessTable
    from blastlens.cloud.tables.patient_items import PatientItems
    from blastlens.cloud.tables.phones import PhonesTable
    from blastlens.cloud.tables.tombstones import Tombstones

    dynamodb = dynamodb_client()
    return Erasure(
        objects=ObjectVersions(s3_client(), stores.bucket),
        items=PatientItems(dynamodb, stores.results, stores.examinations, stores.contents, stores.reviews),
        tombstones=Tombstones(dynamodb, stores.examinations, stores.contents),
        phones=PhonesTable(dynamodb, stores.clinics),
        endpoints=Endpoints(sns_client()),
        clock=lambda: datetime.now(UTC),
        access=PatientAccessTable(dynamodb, stores.access),
    )


def refuse_erased(stack: str, patient: PatientId) -> None:
    """Refuse to store something of a patient who was erased.

    Raises:
        InvalidSettings: the patient was erased.
    """
    from blastlens.cloud.clients import dynamodb_client
    from blastlens.cloud.tables.tombstones import Tombstones

    stores = load_stores(stack)
    if Tombstones(dynamodb_client(), stores.examinations, stores.contents).covers(patient):
        raise InvalidSettings(
            f"Patient {patient.patient_id} of clinic {patient.clinic_id} was erased. If the patient came back, run "
            f"`blastlens patient readmit {patient.clinic_id} {patient.patient_id}` first."
        )


def read_audit_trail(stores: "DataStores", patient: PatientId) -> tuple[list[dict[str, Any]], str]:
    """Return the accesses to a patient's results as JSON values, and a sentence where they cannot be read, else ""."""
    from blastlens.cloud.audit_trail import AuditTrail
    from blastlens.cloud.clients import logs_client
    from blastlens.domain.access import Subject

    trail = AuditTrail(logs_client(), stores.audit_log_group)
    try:
        accesses = list(trail.read(Subject(patient.clinic_id, patient.patient_id)))
    except ServiceFault as fault:
        return (
            [],
            f"Who looked at the results is not in this folder, because the audit trail was not readable: {fault}.",
        )
    return [one.to_plain() for one in accesses], ""


def record_access(stores: "DataStores", patient: PatientId, action: str) -> None:
    """Write into the audit trail who did something with everything of a patient.

    Raises:
        ServiceFault: it could not be recorded, so that it must not be done; ServiceUnavailable where a retry may help.
    """
    from blastlens.cloud.audit_trail import AuditTrail
    from blastlens.cloud.clients import logs_client, sts_client
    from blastlens.cloud.operations.caller import prove_caller
    from blastlens.domain.access import Access, Subject

    caller, subject = prove_caller(sts_client()), Subject(patient.clinic_id, patient.patient_id)
    access = Access(caller.now, caller.arn, "command", action, 200, caller.request_id, subject)
    AuditTrail(logs_client(), stores.audit_log_group).write([access])

"""Examinations of drawn smears, sent through the whole service."""

import secrets
from collections.abc import Sequence
from itertools import count

from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.domain.declared_edge_verdict import EdgeVerdict, make_edge_metadata
from blastlens.domain.declared_examination import make_examination_metadata
from blastlens.domain.examination import SETTLED, Examination
from blastlens.domain.labels import Label
from blastlens.domain.upload import ExaminationId, Upload
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.demo.examination_demo import CLINIC_ID
from blastlens.local.stack.phones import give_phone
from tests.functional.waiting import wait_for

FIELDS, BLASTS = 4, 22
"""Fields of a drawn smear and blasts in each: enough white cells for an answer."""

READ_SECONDS = 60

# The same image of another patient would be held: every field has a seed of its own.
_SEEDS = count(50_000)


def draw_field(blasts: int | None = BLASTS, label: Label = Label.PRE_B, size: tuple[int, int] = (224, 224)) -> bytes:
    """Return a PNG file that no other call returns."""
    return encode_png(draw_smear(next(_SEEDS), label, size=size, blasts=blasts).image)


def send_smear(
    cloud: EmbeddedCloud,
    fields: Sequence[bytes] | None = None,
    patient: str = "",
    smear: str = "",
    edge: EdgeVerdict | None = None,
) -> ExaminationId:
    """Upload the fields of a smear, drawn ones by default, for a patient with a phone; and do not wait.

    Each has the verdict of a screening, if there is one.
    """
    patient_id = patient or f"patient-{secrets.token_hex(3)}"
    smear_id = smear or f"smear-{secrets.token_hex(3)}"
    give_phone(cloud.clients, cloud.deployment, CLINIC_ID, patient_id)
    files = fields or [draw_field() for _ in range(FIELDS)]
    for place, data in enumerate(files, 1):
        upload = Upload(CLINIC_ID, patient_id, secrets.token_hex(8), "png", smear_id)
        metadata = make_examination_metadata(place) if place == len(files) else {}
        metadata |= {} if edge is None else make_edge_metadata(edge)
        s3, bucket = cloud.clients.client("s3"), cloud.stack.resources["UploadBucket"]
        s3.put_object(Bucket=bucket, Key=upload.key, Body=data, Metadata=metadata)
    return ExaminationId(CLINIC_ID, patient_id, smear_id)


def read(cloud: EmbeddedCloud, identity: ExaminationId) -> Examination | None:
    """Return an examination as it is stored now."""
    return ExaminationsTable(cloud.clients.client("dynamodb"), cloud.stack.resources["ExaminationsTable"]).get(identity)


def wait_until_settled(cloud: EmbeddedCloud, identity: ExaminationId) -> Examination:
    """Wait until an examination has its answer."""

    def settled() -> Examination | None:
        one = read(cloud, identity)
        return one if one is not None and one.status in SETTLED else None

    found: Examination = wait_for(settled, READ_SECONDS)
    return found


def route_of(identity: ExaminationId) -> str:
    """Return the address of an examination's view."""
    return f"#/patients/{identity.patient_id}/examinations/{identity.examination_id}"

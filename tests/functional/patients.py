"""Patients of tests in the embedded cloud: uploads, tables and commands."""

import secrets
from typing import Any

import numpy as np
from click.testing import CliRunner, Result

from blastlens.cli.main import cli
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.declared_examination import make_examination_metadata
from blastlens.domain.examination import SETTLED, Examination
from blastlens.domain.upload import Upload
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.local.stack.deployment import STACK_NAME
from tests.functional.waiting import wait_for

SMEAR = draw_smear(1, size=(96, 96)).image


def invoke(*given: str, typed: str | None = None) -> Result:
    """Run a command for the stack of the embedded cloud."""
    return CliRunner().invoke(cli, [*given, "--stack", STACK_NAME], input=typed, catch_exceptions=False)


def run(*given: str, typed: str | None = None) -> str:
    """Run a command that succeeds; return its output."""
    done = invoke(*given, typed=typed)
    assert done.exit_code == 0, done.output
    return done.output


def add_clinic() -> str:
    """Add a clinic; return its id."""
    name = secrets.token_hex(4)
    return run("clinic", "add", f"Haus {name}", "--email", f"{name}@clinic.example").split()[0]


def image() -> bytes:
    """An image with bytes of its own: the same bytes under two patients are held."""
    changed = SMEAR.copy()
    changed[0, :8] = np.frombuffer(secrets.token_bytes(24), np.uint8).reshape(8, 3)
    return encode_png(changed)


def put(cloud: Any, clinic: str, patient: str, examination: str | None = None, fields: int | None = None) -> Upload:
    """Upload an image, as the only field of an examination where none is named."""
    sent = Upload(clinic, patient, secrets.token_hex(8), "png", examination)
    metadata = {} if fields is None else make_examination_metadata(fields)
    bucket = cloud.stack.resources["UploadBucket"]
    cloud.clients.client("s3").put_object(Bucket=bucket, Key=sent.key, Body=image(), Metadata=metadata)
    return sent


def tables(cloud: Any) -> tuple[ResultsTable, ExaminationsTable]:
    """The tables of field records and of examinations."""
    client, names = cloud.clients.client("dynamodb"), cloud.stack.resources
    return ResultsTable(client, names["ResultsTable"]), ExaminationsTable(client, names["ExaminationsTable"])


def settled(cloud: Any, sent: Upload) -> Examination:
    """Wait until the examination of an upload has settled; return it."""

    def look() -> Examination | None:
        found = tables(cloud)[1].get(sent.examination)
        return found if found and found.status in SETTLED else None

    found: Examination = wait_for(look, seconds=30)
    return found


def everything(cloud: Any) -> str:
    """Every key with its versions, and every item of the tables, as text."""
    s3, dynamodb = cloud.clients.client("s3"), cloud.clients.client("dynamodb")
    listed = s3.list_object_versions(Bucket=cloud.stack.resources["UploadBucket"])
    keys = [one["Key"] for kind in ("Versions", "DeleteMarkers") for one in listed.get(kind, [])]
    items = [dynamodb.scan(TableName=name)["Items"] for name in dynamodb.list_tables()["TableNames"]]
    return f"{keys} {items}"

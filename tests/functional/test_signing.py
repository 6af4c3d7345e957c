"""Signatures of examinations in the embedded cloud, by API and command."""

import json
import secrets
import urllib.error
import urllib.request
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner

from blastlens.cli.main import cli
from blastlens.cloud.tables.patient_access import PatientAccessTable
from blastlens.domain.declared_examination import make_examination_metadata
from blastlens.domain.patient import PatientId
from blastlens.domain.patient_access import make_code
from blastlens.domain.signing import SigningRefused
from blastlens.domain.upload import Upload
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.local.clients import REGION
from blastlens.local.stack.deployment import STACK_NAME
from tests.functional.waiting import wait_for
from tests.pdf_files import PdfFile


def ask(cloud, path: str, body: Any = None) -> tuple[int, Any]:
    """Send a request to the API; return its status and its JSON."""
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(f"{cloud.api_address}{path}", data, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(asked, timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def upload(cloud, patient: str, examination: str, seed: int, fields: int) -> None:
    sent = Upload("clinic", patient, secrets.token_hex(8), "png", examination)
    cloud.clients.client("s3").put_object(
        Bucket=cloud.stack.resources["UploadBucket"],
        Key=sent.key,
        Body=encode_png(draw_smear(seed).image),
        Metadata=make_examination_metadata(fields),
    )


def settled(cloud, path: str) -> Any:
    """Wait until an examination has settled, and return it."""

    def look() -> Any:
        status, shown = ask(cloud, path)
        return shown if status == 200 and shown["status"] != "OPEN" else None

    return wait_for(look)


@pytest.fixture
def run(cloud, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    return lambda *given: CliRunner().invoke(cli, ["sign", *given, "--stack", STACK_NAME], input="y\n")


def test_an_examination_is_signed_corrected_and_retracted_by_api_and_command(cloud, run):
    for seed in (1, 2):
        upload(cloud, "p-1", "e-1", seed, fields=2)
    place = "/clinics/clinic/patients/p-1/examinations/e-1"
    seen = settled(cloud, place)
    assert seen["fields"]["read"] == 2
    assert len(ask(cloud, f"{place}/fields")[1]["fields"]) == 2
    word = {"kind": "correct", "conclusion": "pro_b", "signed_by": "Dr. Vogel", "basis": seen["basis"], "signatures": 0}
    status, signed = ask(cloud, f"{place}/sign", word)
    assert (status, signed["status"], signed["finding"]) == (200, "SIGNED", "leukemia")
    assert ask(cloud, f"{place}/sign", word)[1]["signatures"] == 1
    refused = run("correct", "clinic/p-1/e-1", "--conclusion", "benign", "--signed-by", "Dr. Amsel")
    assert isinstance(refused.exception, SigningRefused)
    run("amend", "clinic/p-1/e-1", "--conclusion", "no_leukemia", "--reason", "second look", "--signed-by", "Dr. Amsel")
    run("retract", "clinic/p-1/e-1", "--reason", "smears were swapped", "--signed-by", "Dr. Amsel")
    shown = ask(cloud, place)[1]
    assert shown["status"] == "RETRACTED"
    assert [one["kind"] for one in shown["history"]] == ["correct", "amend", "retract"]
    assert "clinic/p-1/e-1  RETRACTED" in run("list", "clinic").stdout


def test_an_image_of_two_patients_is_held_until_it_is_released(cloud, run):
    upload(cloud, "p-2", "e-2", 7, fields=1)
    settled(cloud, "/clinics/clinic/patients/p-2/examinations/e-2")
    upload(cloud, "p-3", "e-3", 7, fields=1)
    place = "/clinics/clinic/patients/p-3/examinations/e-3"
    held = wait_for(lambda: (shown := ask(cloud, place)[1]).get("held") and shown)
    (field,) = ask(cloud, f"{place}/fields")[1]["fields"]
    assert (held["status"], field["same_as"]) == ("OPEN", "clinic/p-2/e-2")
    done = run("release", "clinic/p-3/e-3", "--signed-by", "Dr. Vogel")
    assert done.exit_code == 0, done.output
    released = ask(cloud, place)[1]
    assert not released["held"] and released["status"] in ("READY", "INSUFFICIENT")
    accepted = run("correct", "clinic/p-3/e-3", "--conclusion", "not_assessable", "--signed-by", "Dr. Vogel")
    assert "Stored: SIGNED" in accepted.output


def fetch(cloud, path: str, token: str) -> tuple[int, str, bytes]:
    """Send a request with a token; return status, content type and body."""
    asked = urllib.request.Request(f"{cloud.api_address}{path}", headers={"authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(asked, timeout=30) as response:
            return response.status, response.headers["content-type"], response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["content-type"], error.read()


def test_reports_reach_a_clinician_of_the_clinic_and_after_a_signature_the_patient(cloud):
    upload(cloud, "p-9", "e-9", seed=9, fields=1)
    seen = settled(cloud, "/clinics/clinic/patients/p-9/examinations/e-9")
    own, other = (
        cloud.accounts.tokens_of(cloud.accounts.add_ready_users(one)[0])["IdToken"] for one in ("clinic", "elsewhere")
    )
    clinicians, patients = "/v1/patients/p-9/examinations/e-9/report.pdf", "/p/v1/examinations/e-9/report.pdf"
    new = make_code(PatientId("clinic", "p-9"), "user/test", datetime.now(UTC))
    table = PatientAccessTable(cloud.clients.client("dynamodb"), cloud.stack.resources["PatientAccessTable"])
    table.add(new.stored)
    opened = table.open_session(new.stored, datetime.now(UTC))
    assert opened is not None

    status, content_type, body = fetch(cloud, f"{clinicians}?language=en", own)
    assert (status, content_type) == (200, "application/pdf") and "DRAFT" in PdfFile(body).text
    assert [fetch(cloud, clinicians, token)[0] for token in (other, "none")] == [404, 401]
    assert fetch(cloud, patients, opened[0])[:2] == (404, "application/problem+json")

    word = {"kind": "correct", "conclusion": "no_leukemia", "signed_by": "Dr. Vogel", "basis": seen["basis"]}
    assert ask(cloud, "/clinics/clinic/patients/p-9/examinations/e-9/sign", word | {"signatures": 0})[0] == 200
    status, _, body = fetch(cloud, patients, opened[0])
    assert status == 200 and "Dr. Vogel" in PdfFile(body).text and PdfFile(body).pages == 1
    assert fetch(cloud, patients, own)[0] == fetch(cloud, clinicians, opened[0])[0] == 401

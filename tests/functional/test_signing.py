"""Signatures of examinations in the embedded cloud, by API and command."""

import json
import secrets
import urllib.error
import urllib.request
from typing import Any

import pytest
from click.testing import CliRunner

from blastlens.cli.main import cli
from blastlens.domain.declared_examination import make_examination_metadata
from blastlens.domain.signing import SigningRefused
from blastlens.domain.upload import Upload
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.local.clients import REGION
from blastlens.local.stack.deployment import STACK_NAME
from tests.functional.waiting import wait_for


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

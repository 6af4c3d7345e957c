"""The demo: what is sent in, what is waited for, what is shown, and how it fails."""

import hashlib
import json
import re
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import click
import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from blastlens.cli import demo as demo_command
from blastlens.cli import local as local_command
from blastlens.cli.demo import demo
from blastlens.cli.demo_view import CAVEAT, show_messages, show_outcomes
from blastlens.cli.embedded_cloud import LOCAL_PARAMETERS
from blastlens.cli.main import cli
from blastlens.domain.errors import ServiceFault
from blastlens.domain.examination import ExaminationStatus
from blastlens.domain.labels import Label
from blastlens.domain.signature import SignatureKind
from blastlens.imaging.decode import decode
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.demo.examination_demo import SIGNER, ExaminationOutcome, choose_example, run_demo
from blastlens.local.demo.smears import DemoField, DemoSmear, drawn_smears, smear_of
from blastlens.local.handlers import functions_maker
from blastlens.local.stack.template import find_template
from tests.examinations import examination, examination_answer, totals


@pytest.fixture(scope="module")
def cloud(reader):
    """A cloud with the template's own release: patients are told after a signature."""
    makes = functions_maker(reader, "CRITICAL")
    with EmbeddedCloud(find_template(), makes, retry_seconds=0, parameters=LOCAL_PARAMETERS) as cloud:
        yield cloud


SEEDS = count(1000, 10)
"""Seeds of the smears of one run after another: the same image of another patient would be held."""


@pytest.fixture
def command(cloud, monkeypatch):
    """Run `blastlens demo` on the cloud that is there, with small smears that it has not had yet."""

    @contextmanager
    def ours(*_, **__):
        yield cloud

    monkeypatch.setattr(demo_command, "run_embedded_cloud", ours)
    monkeypatch.setattr("blastlens.local.demo.smears.drawn_smears", lambda: small_smears(next(SEEDS)))
    return lambda *arguments: CliRunner().invoke(demo, arguments)


def small_smears(seed):
    """Yield three smears of two fields each."""
    for first in (seed, seed + 2, seed + 4):
        fields = (DemoField("png", encode_png(draw_smear(number).image)) for number in (first, first + 1))
        yield DemoSmear(f"drawn from {first}", tuple(fields))


@pytest.fixture(scope="module")
def demonstration(cloud):
    """What became of the drawn smears, and how many fields were done with at each step."""
    steps: list[int] = []
    return run_demo(cloud, list(drawn_smears()), 60, steps.append), steps


def test_three_smears_of_eight_distinct_fields_are_drawn():
    smears = list(drawn_smears())
    assert [len(smear.fields) for smear in smears] == [8, 8, 8]
    assert len({hashlib.sha256(field.data).digest() for smear in smears for field in smear.fields}) == 24


def test_each_examination_has_one_e_mail_and_the_signed_one_a_message_to_its_patient(demonstration):
    outcomes, steps = demonstration
    assert [outcome.missing for outcome in outcomes] == [()] * 3
    assert [len(outcome.clinic) for outcome in outcomes] == [1, 1, 1]
    assert [outcome.patient is not None for outcome in outcomes] == [True, False, False]
    assert steps[-1] == 24
    signed = outcomes[0].examination
    assert signed is not None and signed.status is ExaminationStatus.SIGNED
    assert (signed.history[0].kind, signed.history[0].signed_by) == (SignatureKind.ACCEPT, SIGNER)
    for outcome in outcomes:
        assert outcome.examination is not None and outcome.examination.totals.fields == 8
        assert outcome.seconds > 0


def shown(outcomes):
    paper = StringIO()
    console = Console(file=paper, width=160)
    show_outcomes(console, outcomes)
    show_messages(console, outcomes)
    return paper.getvalue()


def test_the_table_shows_answer_bars_fields_notices_and_seconds(demonstration):
    outcomes, _ = demonstration
    text = shown(outcomes)
    for expected in (
        "drawn like Pre-B ALL",
        "SIGNED",
        "█",
        "8 of 8 fields read",
        "look like blasts",
        "Clinic: 1 e-mail",
    ):
        assert expected in text
    assert "1 rejected: truncated" in text
    assert "nothing before a signature" in text and "1 message after the signature" in text


def test_every_e_mail_and_the_patients_message_after_the_signature_are_printed(demonstration):
    text = shown(demonstration[0])
    assert text.count("Subject:") == 3
    assert "24 fields of 3 smears: 3 e-mails to the clinic." in text
    assert f"was signed as Pre-B ALL by {SIGNER}" in text
    assert "On the lock screen" in text and "Inside the app" in text
    assert CAVEAT.split(":")[0] in text


def test_a_smear_that_contradicts_itself_and_one_with_too_few_cells_say_so(demonstration):
    first = demonstration[0][0]
    contradiction = replace(examination_answer(Label.PRE_B, Label.BENIGN), contradicts=True)
    few = examination_answer(Label.PRE_B, missing_cells=60)
    ready = [replace(first, examination=examination(counted=totals(answer))) for answer in (contradiction, few)]
    text = " ".join(shown(ready).split())
    assert "Uncertain: have it read first" in text
    assert "contradict" in text and "about 60 more" in text


def test_the_picture_is_of_the_users_image_where_there_is_one(demonstration, tmp_path):
    outcomes, _ = demonstration
    drawn = choose_example(outcomes)
    assert drawn is not None and drawn[0] in outcomes[0].smear.fields
    path = tmp_path / "mine.png"
    path.write_bytes(b"mine")
    mine = smear_of([path])
    given = ExaminationOutcome(mine, outcomes[0].id, outcomes[0].uploads[:1], records=outcomes[0].records)
    example = choose_example([*outcomes, given])
    assert example is not None and example[0] is mine.fields[0]
    assert choose_example([]) is None


def test_the_demo_ends_with_a_picture_of_the_users_image_and_the_page_with_a_user_to_sign_in(command, cloud, tmp_path):
    mine = tmp_path / "mine.png"
    mine.write_bytes(encode_png(draw_smear(7).image))
    result = command("--picture", str(tmp_path / "picture.png"), str(mine))
    assert result.exit_code == 0, result.exception
    assert "about 'mine.png'" in result.stdout
    lines = result.stdout.splitlines()
    assert f"Picture with image, outlines and heat: {tmp_path / 'picture.png'}" in lines
    assert f"Page: {cloud.api_address}/" in lines
    assert f"Screening by a camera, without a network too: {cloud.api_address}/screening/" in lines
    (line,) = [line for line in lines if line.startswith("Sign in as ")]
    _, email, password = re.split(r": |, password ", line.partition(". The sign-in page")[0])
    assert cloud.accounts.sign_in(email, password, cloud.accounts.ready[email].codes.current()) is not None
    assert "demo --stay` keeps it" in lines[-1]
    picture = decode((tmp_path / "picture.png").read_bytes())
    width = (picture.shape[1] - 2 * 8) // 3
    own = cv2.resize(decode(mine.read_bytes()), (width, picture.shape[0]), interpolation=cv2.INTER_CUBIC)
    panels = [picture[:, place * (width + 8) :][:, :width] for place in range(3)]
    assert np.array_equal(panels[0], own)
    assert not np.array_equal(panels[1], own) and not np.array_equal(panels[2], own)


@pytest.mark.parametrize("option", ["--stay", "--open"])
def test_the_demo_with_microscopes_ends_by_itself(option):
    refused = CliRunner().invoke(demo, ["--devices", "1", option])
    assert refused.exit_code == 2 and "omit --stay and --open" in refused.stderr


def test_given_files_are_sent_whatever_they_are_called(tmp_path):
    path = tmp_path / "Jane Doe.weird"
    path.write_bytes(b"no image")
    smear = smear_of([path, path])
    assert (smear.title, len(smear.fields)) == ("your 2 images", 2)
    field = smear.fields[0]
    assert (field.extension, field.data) == ("jpg", b"no image")
    assert field.taken_at is not None and abs(field.taken_at.timestamp() - path.stat().st_mtime) < 0.001


def test_json_has_one_object_an_examination_and_the_page_stays_until_it_is_stopped(
    command, cloud, tmp_path, monkeypatch
):
    path = tmp_path / "note.txt"
    opened: list[str] = []
    seen: list[Any] = []

    def open_browser(address: str) -> bool:
        opened.append(address)
        return False  # as where there is no browser

    path.write_bytes(b"no image")
    monkeypatch.setattr("blastlens.cli.demo.webbrowser.open", open_browser)
    monkeypatch.setattr(demo_command, "wait_until_stopped", lambda: seen.append(urlopen(f"{opened[0]}config.json")))
    result = command("--json", "--open", str(path))
    assert [one.status for one in seen] == [200] and opened == [f"{cloud.api_address}/"]
    assert "Ctrl-C ends it" in result.stderr and "No browser could be opened here" in result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0, result.exception
    assert "Left out" not in result.stderr  # but with --verbose
    assert [line["fields"] for line in lines] == [2, 2, 2, 1]
    assert (lines[-1]["examination"], lines[-1]["status"]) == ("note.txt", "INSUFFICIENT")
    assert lines[-1]["fields_rejected"] == {"unknown_format": 1}
    assert [line["signed"] for line in lines] == [True, False, False, False]
    assert len(lines[0]["clinic"]) == 1 and lines[0]["clinic"][0]["subject"]
    assert lines[0]["patient"]["push"] and lines[1]["patient"] is None
    assert abs(sum(lines[0]["probabilities"].values()) - 1) < 1e-6
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("Picture with")]
    picture = Path(line.partition(": ")[2])
    try:
        assert picture.is_file()
        assert picture.parent.stat().st_mode & 0o077 == 0
    finally:
        picture.unlink()
        picture.parent.rmdir()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_the_demo_ends_without_a_traceback_in_every_encoding(command, encoding):
    shown = CliRunner(charset=encoding).invoke(cli, ["demo", "--verbose"])
    assert shown.exit_code == 0, shown.exception
    assert "Left out, not needed" in shown.stderr
    text = shown.stdout_bytes.decode(encoding)
    assert "Pre    ########" in text and "On the lock screen" in text


@pytest.mark.parametrize("option", ["--port", "--api-port"])
@pytest.mark.parametrize("port", ["99999", "-1"])
def test_a_port_that_cannot_be_one_is_wrong_usage(option, port):
    refused = CliRunner().invoke(cli, ["local", option, port])
    assert refused.exit_code == 2
    assert f"{port} is not in the range 0<=x<=65535" in refused.stderr


def test_a_missing_answer_is_an_error_with_a_message(command, reader):
    reader.failures = 10_000
    try:
        result = command("--seconds", "1")
    finally:
        reader.failures = 0
    assert isinstance(result.exception, ServiceFault)
    assert "After 1 seconds the following is missing: an answer and the clinic's notice of" in str(result.exception)


def test_the_commands_are_named_as_typed():
    assert isinstance(demo, click.Command)
    assert demo.name == "demo"


def test_local_prints_omissions_upload_commands_and_missing_checks(cloud, monkeypatch):
    @contextmanager
    def ours(*_, **__):
        yield cloud

    monkeypatch.setattr(local_command, "run_embedded_cloud", ours)
    monkeypatch.setattr(local_command, "wait_until_stopped", lambda: None)
    shown = CliRunner().invoke(local_command.local, ["--host", "0.0.0.0", "--outbox-port", "0", "--verbose"]).output
    assert cloud.stack.left_out in shown
    assert f"--endpoint-url {cloud.endpoint}" in shown
    assert cloud.stack.resources["UploadBucket"] in shown
    assert "Signatures of requests are not checked here" in shown
    assert f"Page: {cloud.api_address}/" in shown
    assert "Listening on 0.0.0.0: anybody who can reach this machine" in shown

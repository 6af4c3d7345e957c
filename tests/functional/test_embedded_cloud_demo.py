"""The demo: what is sent in, what is waited for, what is shown, and how it fails."""

import json
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path

import click
import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from blastlens.cli import demo as demo_command
from blastlens.cli import local as local_command
from blastlens.cli.demo import demo
from blastlens.cli.demo_view import CAVEAT, show_examples, show_outcomes
from blastlens.cli.main import cli
from blastlens.domain.errors import Reason, ServiceFault
from blastlens.domain.labels import Label
from blastlens.domain.prediction import ModelIdentity, Prediction, Rejection
from blastlens.domain.upload import parse_key
from blastlens.imaging.decode import decode
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.local.demo.image_demo import (
    DemoImage,
    ImageOutcome,
    choose_example,
    drawn_images,
    image_from,
    run_demo,
)
from blastlens.local.demo.sent_notices import SentNotice
from tests.answers import prediction
from tests.functional.quick_reader import PROBABILITIES, QUALITY

MODEL = ModelIdentity("quick", "1", "d" * 64)


@pytest.fixture
def command(cloud, monkeypatch):
    """Run `blastlens demo` on the cloud that is there."""

    @contextmanager
    def ours(*_, **__):
        yield cloud

    monkeypatch.setattr(demo_command, "run_embedded_cloud", ours)
    return lambda *arguments: CliRunner().invoke(demo, arguments)


@pytest.fixture(scope="module")
def demonstration(cloud):
    """What became of the drawn images, and how many were done with at each step."""
    steps: list[int] = []
    return run_demo(cloud, list(drawn_images()), 8, steps.append), steps


def test_everything_owed_arrives(demonstration):
    outcomes, steps = demonstration
    assert [outcome.missing for outcome in outcomes] == [()] * len(outcomes)
    assert any(isinstance(outcome.answer, Prediction) for outcome in outcomes)
    assert isinstance(outcomes[-1].answer, Rejection)
    assert outcomes[-1].patient is None
    assert steps[-1] == len(outcomes)
    for outcome in outcomes:
        assert parse_key(outcome.upload.key) == outcome.upload
        assert outcome.seconds > 0


def test_the_table_shows_image_class_bars_notices_and_seconds(demonstration):
    outcomes, _ = demonstration
    paper = StringIO()
    console = Console(file=paper, width=140)
    show_outcomes(console, outcomes)
    show_examples(console, outcomes)
    shown = paper.getvalue()
    for expected in ("drawn like Pro-B ALL", "Pre-B ALL", "█", "95%", "rejected", "Class: Pre-B ALL", "Subject:"):
        assert expected in shown
    assert "On the lock screen" in shown and "Inside the app" in shown
    assert CAVEAT.split(":")[0] in shown


def outcome(title, answer, is_given):
    upload = parse_key(f"uploads/c/p/{title}.png")
    return ImageOutcome(DemoImage(title, "png", b"", is_given), upload, answer, clinic=SentNotice("s", {}, {}))


def test_the_example_is_one_of_the_users_images_where_there_are_any():
    certain = Prediction(Label.PRE_B, PROBABILITIES, (Label.PRE_B,), QUALITY, MODEL)
    uncertain = Prediction(Label.PRE_B, PROBABILITIES, (Label.PRE_B, Label.PRO_B), QUALITY, MODEL)
    rejection = Rejection(Reason.TOO_DARK, "Too dark.", MODEL)
    drawn = [outcome("drawn", certain, False)]
    assert choose_example(drawn) is drawn[0]
    rejected = outcome("mine", rejection, True)
    assert choose_example([*drawn, rejected]) is rejected
    mine = [outcome("a", rejection, True), outcome("b", uncertain, True), outcome("c", certain, True)]
    assert choose_example([*drawn, *mine]) is mine[-1]
    assert choose_example([]) is None


def test_the_demo_ends_with_the_path_of_a_picture_of_the_users_image(command, tmp_path):
    mine = tmp_path / "mine.png"
    mine.write_bytes(encode_png(draw_smear(7).image))
    result = command("--picture", str(tmp_path / "picture.png"), str(mine))
    assert result.exit_code == 0
    assert "about 'mine.png'" in result.stdout
    assert result.stdout.splitlines()[-1] == f"Picture with image, outlines and heat: {tmp_path / 'picture.png'}"
    picture = decode((tmp_path / "picture.png").read_bytes())
    width = (picture.shape[1] - 2 * 8) // 3
    own = cv2.resize(decode(mine.read_bytes()), (width, picture.shape[0]), interpolation=cv2.INTER_CUBIC)
    panels = [picture[:, place * (width + 8) :][:, :width] for place in range(3)]
    assert np.array_equal(panels[0], own)
    assert not np.array_equal(panels[1], own) and not np.array_equal(panels[2], own)


def test_the_picture_lies_where_only_the_user_can_read_it(command):
    result = command("--json")
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("Picture with")]
    path = Path(line.partition(": ")[2])
    try:
        assert path.is_file()
        assert path.parent.stat().st_mode & 0o077 == 0
    finally:
        path.unlink()
        path.parent.rmdir()


def test_given_files_are_sent_whatever_they_are_called(tmp_path):
    path = tmp_path / "Jane Doe.weird"
    path.write_bytes(b"no image")
    image = image_from(path)
    assert (image.title, image.extension, image.data) == ("Jane Doe.weird", "jpg", b"no image")
    assert image.taken_at is not None and abs(image.taken_at.timestamp() - path.stat().st_mtime) < 0.001


def test_json_has_one_object_an_image(command, tmp_path):
    path = tmp_path / "note.txt"
    path.write_bytes(b"no image")
    result = command("--json", str(path))
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert "Left out" not in result.stderr  # but with --verbose
    assert len(lines) == len(list(drawn_images())) + 1
    assert (lines[-1]["image"], lines[-1]["status"], lines[-1]["reason"]) == ("note.txt", "REJECTED", "unknown_format")
    assert lines[0]["clinic"]["subject"]
    assert lines[0]["patient"]["push"]
    assert abs(sum(lines[0]["probabilities"].values()) - 1) < 1e-6


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_the_demo_ends_without_a_traceback_in_every_encoding(command, encoding):
    shown = CliRunner(charset=encoding).invoke(cli, ["demo", "--verbose"])
    assert shown.exit_code == 0, shown.exception
    assert "Left out, not needed" in shown.stderr
    text = shown.stdout_bytes.decode(encoding)
    assert "Pre    ########  95%" in text and "On the lock screen" in text


def test_an_uncertain_image_is_headed_as_such_and_the_most_likely_label_follows(demonstration):
    outcomes, _ = demonstration
    paper = StringIO()
    unsure = replace(outcomes[0], answer=prediction(Label.PRO_B, (Label.PRE_B,)))
    show_outcomes(Console(file=paper, width=140), [unsure])
    cell = " ".join(line.split("│")[1].strip() for line in paper.getvalue().splitlines() if line.count("│") == 5)
    assert "Uncertain: have it read first most likely Pro-B ALL" in cell


@pytest.mark.parametrize("option", ["--port", "--api-port"])
@pytest.mark.parametrize("port", ["99999", "-1"])
def test_a_port_that_cannot_be_one_is_wrong_usage(option, port):
    refused = CliRunner().invoke(cli, ["local", option, port])
    assert refused.exit_code == 2
    assert f"{port} is not in the range 0<=x<=65535" in refused.stderr


def test_a_missing_notice_is_an_error_with_a_message(command, reader):
    reader.failures = 10_000
    try:
        result = command("--seconds", "1")
    finally:
        reader.failures = 0
    assert isinstance(result.exception, ServiceFault)
    assert "After 1 seconds the following is missing: a record and the clinic's notice of" in str(result.exception)


def test_the_commands_are_named_as_typed():
    assert isinstance(demo, click.Command)
    assert demo.name == "demo"


def test_local_prints_omissions_upload_commands_and_missing_checks(cloud, monkeypatch):
    @contextmanager
    def ours(*_, **__):
        yield cloud

    monkeypatch.setattr(local_command, "run_embedded_cloud", ours)
    monkeypatch.setattr(local_command, "_wait_until_stopped", lambda: None)
    shown = CliRunner().invoke(local_command.local, ["--host", "0.0.0.0", "--outbox-port", "0", "--verbose"]).output
    assert cloud.stack.left_out in shown
    assert f"--endpoint-url {cloud.endpoint}" in shown
    assert cloud.stack.resources["UploadBucket"] in shown
    assert "it has no authentication here" in shown
    assert "Listening on 0.0.0.0: anybody who can reach this machine" in shown

"""`blastlens local`: answers as lines, messages, and a microscope."""

import itertools
import re
import shlex
import shutil
import socket
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner

from blastlens.cli import local as local_command
from blastlens.cli.main import cli
from blastlens.cloud.tables.results import ResultsTable
from blastlens.devices.configuration import read_configuration
from blastlens.devices.spooled_file import State
from blastlens.devices.startup import open_agent
from blastlens.domain.declared_edge_verdict import make_edge_metadata
from blastlens.domain.declared_examination import make_examination_metadata
from blastlens.domain.declared_time import make_time_metadata, to_file_time
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.labels import Label
from blastlens.domain.upload import parse_key
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.local.demo.examination_demo import upload_smear
from blastlens.local.demo.smears import DemoField, DemoSmear
from blastlens.local.environment import isolated_from_user_settings
from blastlens.local.outbox.messages import Kind, Message
from blastlens.local.outbox.page import format_page
from tests.answers import verdict
from tests.functional.waiting import wait_for

SMEAR = encode_png(draw_smear(1).image)


@pytest.fixture
def command(cloud, monkeypatch):
    """Run `blastlens local` on the cloud that is there, and something while it runs."""

    @contextmanager
    def ours(*_, **__):
        with isolated_from_user_settings():
            yield cloud

    def run(*arguments, meanwhile=lambda: None):
        monkeypatch.setattr(local_command, "wait_until_stopped", meanwhile)
        result = CliRunner().invoke(local_command.local, ["--outbox-port", "0", *arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    monkeypatch.setattr(local_command, "run_embedded_cloud", ours)
    return run


def test_the_upload_command_that_is_shown_needs_no_client_of_aws(command, cloud, tmp_path):
    curl = shutil.which("curl") or pytest.skip("curl is not installed")
    (tmp_path / "smear.jpg").write_bytes(SMEAR)
    shown = command()
    _, *arguments = shlex.split(next(line for line in shown.splitlines() if line.startswith("  curl ")))
    subprocess.run([curl, "--silent", *arguments], cwd=tmp_path, check=True, timeout=20)
    bucket = cloud.stack.resources["UploadBucket"]
    stored = cloud.clients.client("s3").head_object(Bucket=bucket, Key=arguments[-1].partition(f"{bucket}/")[2])
    assert stored["ContentLength"] == len(SMEAR)


def upload(cloud, data):
    """Upload an image for a patient with a phone, and return the ids of the field and of its examination."""
    sent = upload_smear(cloud, DemoSmear("smear", (DemoField("png", data),)))
    return sent.uploads[0].upload_id, sent.id.examination_id


def test_each_field_and_each_settled_examination_is_one_readable_line(command, cloud, monkeypatch):
    ids: list[tuple[str, str]] = []
    lines: list[str] = []
    monkeypatch.setattr("blastlens.cli.local.click.echo", lambda text="", **_: lines.append(text))

    def meanwhile():
        ids.extend(upload(cloud, data) for data in (SMEAR, SMEAR[: len(SMEAR) // 2]))
        wait_for(lambda: all(any(line.startswith(one) for line in lines) for pair in ids for one in pair))

    command(meanwhile=meanwhile)
    shown = {line.partition(" ")[0]: line for line in lines}
    (field, smear), (refused, empty) = ids
    assert re.fullmatch(r"\w+  Pre-B ALL 95%  \d+\.\d s", shown[field])
    assert re.fullmatch(r"\w+  Rejected: truncated  \d+\.\d s", shown[refused])
    assert shown[smear] == f"{smear}  READY  1 of 1 fields read: Pre-B ALL, 24 white cells"
    assert shown[empty] == f"{empty}  INSUFFICIENT  0 of 1 fields read: no field could be read"


def test_messages_are_kept_in_a_folder_as_a_mail_program_opens_them(command, cloud, tmp_path):
    folder = tmp_path / "outbox"
    uploads = []

    def meanwhile():
        # Another image: the same one of another patient would be held, and this patient would not be told.
        uploads.append(upload(cloud, encode_png(draw_smear(2).image))[1])
        wait_for(lambda: {one.kind for one in ours(folder, uploads[0])} == {Kind.EMAIL, Kind.PUSH}, 20)

    shown = command("--outbox", str(folder), meanwhile=meanwhile)
    mail = next(one for one in ours(folder, uploads[0]) if one.kind is Kind.EMAIL)
    assert mail.subject
    assert uploads[0] in mail.text
    assert f"The messages are kept in {folder}." in shown


def ours(folder, upload_id):
    """Return the messages in a folder that concern an upload."""
    found = []
    for path in sorted(folder.glob("*.eml")):
        mail = message_from_bytes(path.read_bytes(), policy=default)
        kind, text = Kind(mail["X-Blastlens-Kind"]), mail.get_content()
        if upload_id in text:
            found.append(Message(0, kind, mail["To"], mail["Subject"], text, mail["Date"].datetime))
    return found


def test_a_folder_with_messages_of_an_earlier_run_is_refused(command, tmp_path):
    (tmp_path / "0001-e-mail.eml").write_text("Subject: before\n\n")
    with pytest.raises(InvalidSettings, match="earlier run"):
        command("--outbox", str(tmp_path))


def test_the_page_shows_messages_and_refuses_pages_of_other_machines(command, monkeypatch):
    addresses, seen = [], []
    original = local_command._print_addresses

    def remember(cloud, host, page):
        addresses.append(page)
        original(cloud, host, page)

    def meanwhile():
        seen.append(urlopen(addresses[0], timeout=10).read().decode())
        with pytest.raises(HTTPError, match="403"):
            urlopen(Request(addresses[0], headers={"Origin": "https://elsewhere.example"}), timeout=10)

    monkeypatch.setattr(local_command, "_print_addresses", remember)
    shown = command(meanwhile=meanwhile)
    assert "<h1>Messages</h1>" in seen[0]
    assert f"Read e-mails and push messages at {addresses[0]}." in shown


@pytest.mark.parametrize("option", ["--port", "--api-port", "--outbox-port"])
def test_a_port_that_cannot_be_is_refused_with_its_option(option):
    result = CliRunner().invoke(local_command.local, [option, "99999"])
    assert result.exit_code == 2
    assert f"Invalid value for '{option}'" in result.output


def test_a_port_of_the_page_that_is_in_use_is_a_sentence(command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InvalidSettings, match=f"Cannot listen on 127.0.0.1:{port}: "):
            command("--outbox-port", str(port))


def test_a_message_brings_no_markup_into_the_page():
    now = datetime.now(UTC)
    page = format_page([Message(1, Kind.EMAIL, "<b>", "<script>", "<script>alert(1)</script>", now)])
    assert "<script>" not in page and "<b>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


class BenignScreener:
    """A package that says benign of every image."""

    def screen(self, data: bytes):
        return verdict(Label.BENIGN)


def test_a_microscope_reaches_the_local_cloud_by_the_commands_that_are_shown(command, cloud, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    image = tmp_path / "IMAGES" / "patient-1" / "smear-1" / "field-1.png"
    image.parent.mkdir(parents=True)
    (image.parent / "COMPLETE").touch()
    image.write_bytes(SMEAR)
    shown: list[str] = []
    original = local_command._microscope_commands

    def remember(*given):
        shown.append(original(*given))
        return shown[0]

    monkeypatch.setattr(local_command, "_microscope_commands", remember)

    def meanwhile():
        request, enroll, watch = (shlex.split(line) for line in shown[0].replace("\\\n", " ").splitlines())
        run_as_typed(request)
        run_as_typed(enroll)
        settings = tmp_path / watch[5]
        text = settings.read_text("utf-8")
        for name in ("objective", "camera_pixel_um", "package"):
            text = text.replace(f"# {name}", name)
        settings.write_text(text, "utf-8")
        given, images = read_configuration(settings), tmp_path / watch[3]
        with open_agent(given, images, lambda text: None, lambda _: BenignScreener()) as agent:
            agent.folder.settle_seconds = 0.1
            wait_for(lambda: agent.step() is not None and agent.spool.counts()[State.ANSWERED] == 1, 30)
        s3, bucket = cloud.clients.client("s3"), cloud.stack.resources["UploadBucket"]
        (stored,) = s3.list_objects_v2(Bucket=bucket, Prefix="uploads/my-clinic/patient-1/smear-1/microscope-1_")[
            "Contents"
        ]
        metadata = s3.head_object(Bucket=bucket, Key=stored["Key"])["Metadata"]
        time = make_time_metadata(to_file_time(image.stat().st_mtime_ns))
        assert metadata == {
            "pixel-size-um": "0.034500",
            "pixel-size-from": "device",
            **time,
            **make_edge_metadata(verdict(Label.BENIGN)),
            **make_examination_metadata(1),
        }
        results = ResultsTable(cloud.clients.client("dynamodb"), cloud.stack.resources["ResultsTable"])
        (record,) = results.fields(parse_key(stored["Key"]).examination)
        assert record.result.edge == verdict(Label.BENIGN)

    command(meanwhile=meanwhile)


def run_as_typed(words):
    """Run a command line of `blastlens` with the variables before it."""
    variables = dict(itertools.takewhile(lambda pair: len(pair) == 2, (word.split("=", 1) for word in words)))
    program, *arguments = words[len(variables) :]
    assert Path(program).name == "blastlens"
    result = CliRunner().invoke(cli, arguments, env=variables, catch_exceptions=False)
    assert result.exit_code == 0, result.output

"""Commands for clinics and patients against the embedded cloud."""

import csv
import json
import secrets
from hashlib import sha256
from io import StringIO
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from blastlens.cli.main import cli
from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.upload import Upload
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.local.clients import REGION
from blastlens.local.demo.sent_notices import pushed_notices, sent_notices
from blastlens.local.stack.deployment import STACK_NAME
from tests.functional.waiting import wait_for


@pytest.fixture
def run(cloud, monkeypatch):
    """Run a command with AWS settings of the embedded cloud; return its output."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)

    def run(*arguments):
        result = CliRunner().invoke(cli, [*arguments, "--stack", STACK_NAME], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


@pytest.fixture
def clinic(run):
    name = secrets.token_hex(4)
    return run("clinic", "add", f"Haus {name}", "--email", f"{name}@clinic.example", "--language", "de").split()[0]


def upload(cloud, clinic, patient, data=None):
    sent = Upload(clinic, patient, secrets.token_hex(8), "png")
    bucket = cloud.stack.resources["UploadBucket"]
    body = encode_png(draw_smear(1).image) if data is None else data
    cloud.clients.client("s3").put_object(Bucket=bucket, Key=sent.key, Body=body)
    return sent


def told(cloud, sent):
    notices = sent_notices(cloud.stack.resources["ClinicTopic"])
    return [one for one in notices if one.attributes["upload_id"] == sent.upload_id]


def recorded(cloud, sent):
    table = ResultsTable(cloud.clients.client("dynamodb"), cloud.stack.resources["ResultsTable"])
    return table.readings(sent)


def test_a_clinic_is_added_listed_tested_and_removed(cloud, run, clinic):
    (line,) = [one for one in run("clinic", "list", "--json").splitlines() if clinic in one]
    assert json.loads(line)["language"] == "de" and json.loads(line)["state"] == "is told"
    assert "A test notice was sent" in run("clinic", "test", clinic)
    sent = sent_notices(cloud.stack.resources["ClinicTopic"])[-1]
    assert sent.attributes == {"clinic_id": clinic, "examination_id": "test", "upload_id": "test", "status": "TEST"}
    assert sent.subject == "blastlens: TEST, nichts zu tun"
    run("clinic", "remove", clinic, "--yes")
    assert clinic not in run("clinic", "list")


def test_who_saw_a_result_through_the_api_is_shown_by_the_audit_trail(cloud, run, clinic):
    sent = upload(cloud, clinic, "p-1")
    wait_for(lambda: recorded(cloud, sent))
    with urlopen(f"{cloud.api_address}/clinics/{clinic}/results") as response:
        assert response.status == 200
    lines = run("audit-trail", "--examination", str(sent.examination), "--json").splitlines()
    (access,) = [json.loads(line) for line in lines]
    assert access["action"] == "GET /clinics/{clinic_id}/results" and access["caller"].endswith(":user/local")
    assert (access["address"], access["status"], access["patient_id"]) == ("127.0.0.1", 200, "p-1")
    run("export", "--clinic", clinic, "--format", "csv")
    # A command's time is AWS's, in whole seconds: it may stand before an access of the same second.
    assert "  command  200  blastlens export  " in run("audit-trail", "--examination", str(sent.examination))
    assert run("audit-trail", "--patient", f"{clinic}/p-2") == "No access is recorded.\n"


def test_an_image_with_an_invalid_key_is_listed_renamed_and_then_classified(cloud, run, clinic):
    bucket, odd = cloud.stack.resources["UploadBucket"], f"uploads/{clinic}/Jane Doe/{secrets.token_hex(4)}.png"
    cloud.clients.client("s3").put_object(Bucket=bucket, Key=odd, Body=encode_png(draw_smear(7).image))
    digest = sha256(odd.encode()).hexdigest()
    wait_for(lambda: digest in run("quarantine"))
    assert run("quarantine", digest, "--show-key").strip() == odd
    renamed = Upload(clinic, "p-1", "u-1", "png", "e-1")
    assert "will be classified" in run("quarantine", digest[:12], "--rename", f"{renamed.path}.png")
    wait_for(lambda: recorded(cloud, renamed))
    assert digest not in run("quarantine") and digest in run("quarantine", "--all")


def test_the_link_of_the_mail_confirms_an_address(cloud, run, clinic):
    topic = cloud.stack.resources["ClinicTopic"]
    link = f"https://sns.{REGION}.amazonaws.com/confirmation.html?TopicArn={topic}&Token=abc&Endpoint=x@y.example"
    assert "is told" in run("clinic", "confirm", clinic, "--link", link)


def test_only_the_patients_phones_are_notified_in_the_clinics_language(cloud, run, clinic):
    add = ("patient", "device", "add", "--clinic", clinic, "--platform")
    android = run(*add, "gcm", "--patient", "p-1", "--token", secrets.token_hex(16)).strip()
    run(*add, "apns", "--patient", "p-1", "--token", secrets.token_hex(16), "--language", "en")
    run(*add, "gcm", "--patient", "p-2", "--token", secrets.token_hex(16))
    sent = upload(cloud, clinic, "p-1")
    mine = wait_for(lambda: len(found := pushes(sent)) == 2 and found)
    assert sorted(one.body("default").split()[0] for one in mine) == ["Es", "There"]
    (notice,) = told(cloud, sent)
    assert "Klasse: Prä-B-ALL" in notice.body("email")
    assert "Pre-B" not in notice.body("https") and "Prä-B" not in notice.body("https")
    rotated = secrets.token_hex(16)
    assert run(*add, "gcm", "--patient", "p-1", "--token", rotated, "--device", android).strip() == android
    assert len(run("patient", "device", "list", "--clinic", clinic, "--patient", "p-1").splitlines()) == 2
    run("patient", "device", "remove", "--clinic", clinic, "--patient", "p-1", "--device", android)
    assert android not in run("patient", "device", "list", "--clinic", clinic, "--patient", "p-1")


def pushes(sent):
    return [one for one in pushed_notices() if one.attributes.get("upload_id") == sent.upload_id]


def test_records_leave_as_csv_fhir_and_parquet(cloud, run, clinic, tmp_path):
    good, bad = upload(cloud, clinic, "p-1"), upload(cloud, clinic, "p-1", b"no image")
    wait_for(lambda: told(cloud, good) and told(cloud, bad))
    rows = list(csv.DictReader(StringIO(run("export", "--clinic", clinic, "--format", "csv"))))
    found = {row["upload_id"]: row for row in rows}
    assert found[good.upload_id]["label"] == "pre_b" and float(found[good.upload_id]["probability_pre_b"]) == 0.95
    assert found[bad.upload_id]["reason"] == "unknown_format" and found[bad.upload_id]["probability_pre_b"] == ""
    assert run("export", "--clinic", clinic, "--format", "csv", "--since", "2999-01-01").count("\n") == 1
    pytest.importorskip("fhir.resources", reason="needs fhir.resources: make install EXTRAS=export")
    reports = [json.loads(line) for line in run("export", "--clinic", clinic, "--format", "fhir").splitlines()]
    assert sorted(one["status"] for one in reports) == ["cancelled", "preliminary"]
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow: make install EXTRAS=export")
    run("export", "--clinic", clinic, "--format", "parquet", "--out", str(tmp_path / "records.parquet"))
    table = parquet.read_table(tmp_path / "records.parquet").to_pylist()
    assert {row["upload_id"] for row in table} == {good.upload_id, bad.upload_id}
    assert [path.name for path in tmp_path.iterdir()] == ["records.parquet"]


def test_a_missing_stack_is_refused_with_the_option_that_names_it(cloud, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    with pytest.raises(InvalidSettings, match="--stack"):
        CliRunner().invoke(cli, ["clinic", "list", "--stack", "elsewhere"], catch_exceptions=False)


def test_the_export_of_an_unknown_clinic_is_refused_and_the_file_stays(run, tmp_path):
    file = tmp_path / "records.csv"
    file.write_text("of last month")
    with pytest.raises(InvalidSettings, match=f"no clinic c-nowhere in {STACK_NAME}: see `blastlens clinic list"):
        run("export", "--clinic", "c-nowhere", "--format", "csv", "--out", str(file))
    assert file.read_text() == "of last month"


def test_an_export_says_how_many_records_went_where(cloud, run, clinic, tmp_path):
    file = tmp_path / "records.csv"
    export = ("export", "--clinic", clinic, "--format", "csv")
    assert run(*export, "--out", str(file)) == f"0 records of clinic {clinic} written to {file}.\n"
    sent = upload(cloud, clinic, "p-1")
    wait_for(lambda: recorded(cloud, sent))
    assert run(*export, "--out", str(file)) == f"1 record of clinic {clinic} written to {file}.\n"
    shown = CliRunner().invoke(cli, [*export, "--stack", STACK_NAME])
    assert shown.stderr == f"1 record of clinic {clinic} written to standard output.\n"
    assert len(list(csv.DictReader(StringIO(shown.stdout)))) == 1


def test_a_removed_clinic_is_exported_and_text_is_utf_8_whatever_the_terminal_is(cloud, run, clinic):
    sent = upload(cloud, clinic, "p-1")
    wait_for(lambda: told(cloud, sent))
    words = ("--conclusion", "pro_b", "--signed-by", "Dr. Müller-Łoś", "--stack", STACK_NAME)
    signed = CliRunner().invoke(cli, ["sign", "correct", str(sent.examination), *words], input="y\n")
    assert signed.exit_code == 0, signed.output
    run("clinic", "remove", clinic, "--yes")
    for encoding in ("ascii", "cp1252"):
        runner = CliRunner(charset=encoding)
        shown = runner.invoke(cli, ["export", "--clinic", clinic, "--format", "csv", "--stack", STACK_NAME])
        assert "Dr. Müller-Łoś" in shown.stdout_bytes.decode("utf-8")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_the_list_of_clinics_ends_without_a_traceback_in_every_encoding(run, encoding):
    name = f"Łódź {secrets.token_hex(4)}"
    run("clinic", "add", name, "--email", f"{secrets.token_hex(4)}@clinic.example")
    shown = CliRunner(charset=encoding).invoke(cli, ["clinic", "list", "--stack", STACK_NAME])
    assert shown.exit_code == 0
    # click writes UTF-8 where a terminal claims ASCII.
    assert any(name.encode(one, "replace") in shown.stdout_bytes for one in (encoding, "utf-8"))

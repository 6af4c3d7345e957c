"""Export of a patient's data from the embedded cloud."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from blastlens.cloud.tables.reviews import ReviewsTable
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.upload import ExaminationId
from blastlens.functions.reviewing import Reviewing
from blastlens.local.clients import REGION
from tests.functional.patients import add_clinic, invoke, put, run, settled, tables
from tests.reviews import review_event


@pytest.fixture(autouse=True)
def account(cloud, monkeypatch):
    """Point commands to the embedded cloud."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)


@pytest.fixture
def clinic(account) -> str:
    return add_clinic()


def comment(cloud, identity: ExaminationId) -> None:
    """Comment on an examination, as the page does."""
    client, names = cloud.clients.client("dynamodb"), cloud.stack.resources
    reviews, (results, examinations) = (
        ReviewsTable(client, names["ReviewsTable"], names["ExaminationsTable"]),
        tables(cloud),
    )
    Reviewing(examinations, reviews, results, timedelta(), lambda: datetime.now(UTC)).add(identity, review_event())


def test_an_export_holds_what_is_stored_byte_for_byte_and_item_for_item(cloud, clinic, tmp_path):
    for _ in range(2):
        first = put(cloud, clinic, "p-1", "e-1", fields=2)
    single = put(cloud, clinic, "p-1")
    other = put(cloud, clinic, "p-10")
    for sent in (first, single, other):
        settled(cloud, sent)
    comment(cloud, first.examination)
    run("patient", "device", "add", "--clinic", clinic, "--patient", "p-1", "--platform", "gcm", "--token", "t-1")
    folder = tmp_path / "copy"
    printed = run("patient", "export", clinic, "p-1", "--to", str(folder))
    assert "open its index.html" in printed and [one.name for one in tmp_path.iterdir()] == ["copy"]
    s3, bucket = cloud.clients.client("s3"), cloud.stack.resources["UploadBucket"]
    copied = {}
    for listed in folder.rglob("versions.json"):
        for one in json.loads(listed.read_text("utf-8")):
            copied[one["key"], one["version_id"]] = (folder / one["file"]).read_bytes()
    stored = s3.list_object_versions(Bucket=bucket)["Versions"]
    mine = [one for one in stored if one["Key"].startswith((f"uploads/{clinic}/p-1/", f"artifacts/{clinic}/p-1/"))]
    assert len(mine) > 3 and set(copied) == {(one["Key"], one["VersionId"]) for one in mine}
    for (key, version), data in copied.items():
        assert s3.get_object(Bucket=bucket, Key=key, VersionId=version)["Body"].read() == data
    results, examinations = tables(cloud)
    found = [json.loads(one.read_text("utf-8")) for one in folder.rglob("examination.json")]
    assert {one["examination"]: one["totals"]["basis"] for one in found} == {
        one.id.examination_id: one.totals.basis for one in examinations.of_patient(clinic, "p-1")
    }
    fields = [field for one in folder.rglob("fields.json") for field in json.loads(one.read_text("utf-8"))]
    assert sorted(one["reading"] for one in fields) == sorted(
        one.id.reading for sent in (first, single) for one in results.fields(sent.examination)
    )
    (review,) = [json.loads(one.read_text("utf-8")) for one in folder.rglob("review.json")]
    assert [(one["text"], one["by"]) for one in review] == [("look at field 3", "Dr. Vogel")]
    bundle = json.loads((folder / "fhir-bundle.json").read_text("utf-8"))
    assert [one["resource"]["resourceType"] for one in bundle["entry"]] == ["DiagnosticReport"] * 2
    assert len(json.loads((folder / "patient.json").read_text("utf-8"))["phones"]) == 1
    assert "p-10" not in "".join(one.read_text("utf-8") for one in folder.rglob("*.json"))
    for line in (folder / "SHA256SUMS").read_text("utf-8").splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    page = (folder / "index.html").read_text("utf-8")
    assert first.examination.examination_id in page and "not signed" in page
    assert folder.stat().st_mode & 0o077 == 0


def test_an_export_of_nobody_and_into_an_existing_folder_is_refused(clinic, tmp_path):
    with pytest.raises(InvalidSettings, match="Nothing is stored of patient p-1"):
        run("patient", "export", clinic, "p-1", "--to", str(tmp_path / "copy"))
    assert list(tmp_path.iterdir()) == []
    done = invoke("patient", "export", clinic, "p-1", "--to", str(tmp_path))
    assert done.exit_code == 2 and "exists" in done.output

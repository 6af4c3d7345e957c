"""Output and refusals of `audit-trail` and `quarantine`."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from blastlens.cli import audit_trail as audit_trail_command
from blastlens.cli import quarantine as quarantine_command
from blastlens.cli.main import cli
from blastlens.cloud.operations.quarantine import QuarantinedImage
from blastlens.domain.access import Access, Subject
from blastlens.domain.upload import Upload
from tests.answers import NOON

DOCTOR = "arn:aws:sts::123456789012:assumed-role/blastlens-prod-clinic-c/dr-vogel"
IMAGE = QuarantinedImage("ab" * 32, "smears", "v1", NOON, None, ("v1#5f",))


@dataclass
class FakeTrail:
    """Remembers what it was asked for."""

    accesses: list[Access]
    asked: list[tuple[Subject, datetime | None]] = field(default_factory=list)

    def read(self, subject: Subject, since: datetime | None) -> list[Access]:
        self.asked.append((subject, since))
        return self.accesses


@dataclass
class FakeQuarantine:
    """Holds images, and remembers what was renamed."""

    held: list[QuarantinedImage]
    renamed: list[str] = field(default_factory=list)

    def images(self) -> list[QuarantinedImage]:
        return self.held

    def find_key(self, image: QuarantinedImage) -> str:
        return "uploads/c/Jane Doe/smear.jpg"

    def rename(self, image: QuarantinedImage, upload: Upload) -> str:
        self.renamed.append(upload.key)
        return "uploads/c/Jane Doe/smear.jpg"


def access(at: datetime = NOON, status: int = 200) -> Access:
    subject = Subject("c", "p", "e")
    return Access(at, DOCTOR, "203.0.113.9", "GET /clinics/{clinic_id}/results", status, "r", subject)


@pytest.fixture
def trail(monkeypatch: pytest.MonkeyPatch) -> FakeTrail:
    fake = FakeTrail([access(NOON + timedelta(hours=1), 404), access(), access()])
    monkeypatch.setattr(audit_trail_command, "load_audit_trail", lambda stack: fake)
    return fake


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> FakeQuarantine:
    fake = FakeQuarantine([IMAGE])
    monkeypatch.setattr(quarantine_command, "load_quarantine", lambda stack: fake)
    return fake


def ask(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def test_accesses_are_printed_in_the_order_of_time_and_a_repeated_record_once(trail: FakeTrail):
    first, second = ask("audit-trail", "--examination", "c/p/e").stdout.splitlines()
    assert first == f"2026-11-22 12:00:00  {DOCTOR}  203.0.113.9  200  GET /clinics/{{clinic_id}}/results  c/p/e"
    assert second.startswith("2026-11-22 13:00:00") and "  404  " in second


@pytest.mark.parametrize(
    ("option", "ids"),
    [("--examination", ("c", "p", "e")), ("--patient", ("c", "p")), ("--clinic", ("c",))],
)
def test_an_examination_a_patient_or_a_clinic_is_asked_for_from_a_day_on(trail: FakeTrail, option: str, ids):
    ask("audit-trail", option, "/".join(ids), "--since", "2026-11-01")
    assert trail.asked == [(Subject(*ids), datetime(2026, 11, 1, tzinfo=UTC))]


def test_an_access_as_json_has_every_field(trail: FakeTrail):
    lines = ask("audit-trail", "--patient", "c/p", "--json").stdout.splitlines()
    assert [Access.from_plain(json.loads(line)) for line in lines] == sorted(
        set(trail.accesses), key=lambda one: one.at
    )


def test_no_access_is_said_to_be_none(trail: FakeTrail):
    trail.accesses = []
    assert ask("audit-trail", "--clinic", "c").stdout == "No access is recorded.\n"


def test_quarantined_images_are_listed_without_their_keys_and_with_what_to_do(held: FakeQuarantine):
    output = ask("quarantine", "--stack", "blastlens-b").stdout
    assert output.startswith(f"{'ab' * 32}  2026-11-22T12:00:00Z  smears  v1\n") and "Jane" not in output
    assert "quarantine abababababab --stack blastlens-b --rename CLINIC/PATIENT/EXAMINATION/UPLOAD.jpg\n" in output
    assert "aws s3api list-object-versions --bucket smears" in output and "VersionId=='v1'" in output


def test_renamed_images_are_listed_only_if_all_are_wanted(held: FakeQuarantine):
    held.held = [replace(IMAGE, renamed_to="c/p/e/u")]
    assert ask("quarantine").stdout == "No image is in quarantine.\n"
    assert ask("quarantine", "--all").stdout.endswith("  c/p/e/u\n")
    assert json.loads(ask("quarantine", "--all", "--json").stdout)["renamed_to"] == "c/p/e/u"


def test_an_image_is_renamed_by_the_beginning_of_its_hash_and_its_old_key_is_not_printed(held: FakeQuarantine):
    output = ask("quarantine", "abab", "--rename", "c/p/e/u.jpg").stdout
    assert held.renamed == ["uploads/c/p/e/u.jpg"] and "will be classified" in output and "Jane" not in output


def test_a_key_is_printed_to_whoever_asks_for_it(held: FakeQuarantine):
    assert ask("quarantine", "abab", "--show-key").stdout == "uploads/c/Jane Doe/smear.jpg\n"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("audit-trail",), "name one of"),
        (("audit-trail", "--patient", "c/p", "--clinic", "c"), "name one of"),
        (("audit-trail", "--examination", "c/p"), "CLINIC/PATIENT/EXAMINATION"),
        (("audit-trail", "--patient", "c/Jane Doe"), "opaque ids"),
        (("quarantine", "--show-key"), "name the image by its HASH"),
        (("quarantine", "ab", "--rename", "c/Jane Doe/u.jpg"), "not of the form"),
        (("quarantine", "ab", "--rename", "c/p/u.gif"), "not of the form"),
    ],
)
def test_wrong_usage_is_refused(trail: FakeTrail, held: FakeQuarantine, arguments: tuple[str, ...], why: str):
    refused = ask(*arguments)
    assert refused.exit_code == 2 and why in refused.output and not held.renamed

"""`blastlens report`: the file, who may read it, and the audit trail."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from blastlens.cli import audit_trail, patient_stores
from blastlens.cli.main import cli
from blastlens.cloud.operations.data_stores import DataStores
from blastlens.domain.access import Subject
from blastlens.domain.clinic import Clinic
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.examination import ExaminationStatus
from blastlens.domain.text_catalogue import Language
from tests.answers import BUCKET
from tests.aws import (
    AUDIT_LOG_GROUP,
    CLINICS_TABLE,
    CONTENTS_TABLE,
    EXAMINATIONS_TABLE,
    PATIENT_ACCESS_TABLE,
    REVIEWS_TABLE,
    TABLE,
    Services,
    services,
)
from tests.examinations import EXAMINATION, examination, signature
from tests.pdf_files import PdfFile

ID = str(EXAMINATION)


@pytest.fixture
def aws(monkeypatch) -> Iterator[Services]:
    with services() as made:
        stores = DataStores(
            bucket=BUCKET,
            results=TABLE,
            examinations=EXAMINATIONS_TABLE,
            contents=CONTENTS_TABLE,
            reviews=REVIEWS_TABLE,
            clinics=CLINICS_TABLE,
            access=PATIENT_ACCESS_TABLE,
            audit_log_group=AUDIT_LOG_GROUP,
            parameters={},
        )
        monkeypatch.setattr(patient_stores, "load_stores", lambda stack: stores)
        monkeypatch.setattr(audit_trail, "load_audit_trail", lambda stack: made.trail)
        clinic = Clinic("clinic-7", "Labor am See", "labor@see.example", Language.GERMAN, "")
        made.clinics.put(clinic)
        yield made


def ask(*arguments: str):
    return CliRunner().invoke(cli, ["report", *arguments])


def test_a_report_is_written_in_the_clinics_language_and_recorded(aws: Services, tmp_path: Path):
    assert aws.examinations.put(examination(ExaminationStatus.SIGNED, signature()), None)
    done = ask(ID, "--output", str(tmp_path / "report.pdf"))
    assert done.exit_code == 0, done.output
    pdf = PdfFile((tmp_path / "report.pdf").read_bytes())
    assert "Bericht einer Untersuchung" in pdf.text and list(pdf.attachments) == ["diagnostic-report.fhir.json"]
    (access,) = aws.trail.read(Subject("clinic-7", "patient-41", EXAMINATION.examination_id))
    assert access.action == "blastlens report"


def test_the_patients_report_is_written_of_signed_examinations_only(aws: Services, tmp_path: Path):
    given = (ID, "--output", str(tmp_path / "report.pdf"), "--for", "patient", "--language", "en")
    assert aws.examinations.put(examination(), None)
    refused = ask(*given)
    assert isinstance(refused.exception, InvalidSettings) and not (tmp_path / "report.pdf").exists()
    assert aws.examinations.put(examination(ExaminationStatus.SIGNED, signature(), revision=2), 1)
    assert ask(*given).exit_code == 0
    assert "Result of the images" in PdfFile((tmp_path / "report.pdf").read_bytes()).text


def test_an_examination_that_is_not_there_writes_nothing(aws: Services, tmp_path: Path):
    refused = ask(ID, "--output", str(tmp_path / "report.pdf"))
    assert isinstance(refused.exception, InvalidSettings) and list(tmp_path.iterdir()) == []


def test_without_the_extra_the_command_names_it(monkeypatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "typst", None)
    for name in [one for one in sys.modules if one.startswith("blastlens.functions.report")]:
        monkeypatch.delitem(sys.modules, name)
    refused = ask(ID, "--output", str(tmp_path / "report.pdf"))
    assert refused.exit_code == 2 and "local" in refused.output
